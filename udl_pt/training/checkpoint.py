"""A callback that writes checkpoints, from which a later ``fit`` resumes, and their files."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count, check_number
from udl_pt._support.exceptions import DataError
from udl_pt._support.storage import Forms, file_name, read_arrays, write_arrays
from udl_pt._support.warn import warn_user
from udl_pt._version import __version__
from udl_pt.symbolic._decoding import Decoder
from udl_pt.symbolic._encoding import Encoder
from udl_pt.training._resuming import current_session
from udl_pt.training.progress import Progress

__all__ = ["Checkpoint", "read_checkpoint"]

FORMAT = "udl_pt checkpoint 1"


class Checkpoint:
    """Write checkpoints of a training to a file; ``fit(…, resume=path)`` goes on from there.

    A resumed training returns the same model, bit for bit, as one that nothing interrupted::

        ae.fit(X, epochs=100, callbacks=[Checkpoint("ae.ckpt")], resume="ae.ckpt")

    This one command starts the training, and resumes it after a kill. A checkpoint holds the parameters, the
    optimiser's state, chains, records, the order of the rows, and the states of all generators and callbacks.
    In a network it holds all layers, and which of them are trained. The last checkpoint is that of the
    finished fit.

    The arguments count time, epochs and batches of the whole fit, pretraining included.

    Parameters
    ----------
    path : path-like
        The file. Whatever happens, it is an older or the new checkpoint, whole. Older ones get the endings
        ``.1``, ``.2`` and so on. Each fit needs a path of its own.
    every_seconds : float, optional
        Write one after this many seconds.
    every_epochs, every_batches : int, optional
        Write one after so many epochs or batches, too.
    keep : int
        The number of checkpoints to keep. ``fit`` resumes from an older one where the latest is damaged.

    Raises
    ------
    TypeError, ValueError
        For a number outside its limits, and for a path that can't be a file's name.

    Notes
    -----
    A callback's attributes are part of a checkpoint. Its class can exclude some, by their names in a tuple
    `not_saved`. What a function keeps elsewhere, such as in a closure or an open file, is not restored.

    A checkpoint that can't be written, as on a full disk, is a warning. The one before it stays.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import Checkpoint
    >>> def fitted(epochs):
    ...     saving = Checkpoint("ae.ckpt", every_epochs=1)
    ...     ae = AutoEncoder(2, random_state=0)
    ...     return ae.fit(np.eye(4), epochs=epochs, batch_sz=2, callbacks=[saving], resume="ae.ckpt")
    >>> fitted(3).costs == fitted(3).costs
    True
    """

    observes_only = True
    not_saved = (
        "path",
        "every_seconds",
        "every_epochs",
        "every_batches",
        "keep",
        "_latest",
        "_counts",
        "_place",
    )

    def __init__(
        self,
        path: Any,
        *,
        every_seconds: float | None = 600.0,
        every_epochs: int | None = None,
        every_batches: int | None = None,
        keep: int = 2,
    ) -> None:
        self.path = file_name(path)
        if every_seconds is not None:
            every_seconds = check_number(every_seconds, "every_seconds", at_least=0)
        self.every_seconds = every_seconds
        self.every_epochs = None if every_epochs is None else check_count(every_epochs, "every_epochs")
        self.every_batches = None if every_batches is None else check_count(every_batches, "every_batches")
        if every_seconds is every_epochs is every_batches is None:
            raise ValueError("every_seconds, every_epochs and every_batches are all None: set one of them")
        self.keep = check_count(keep, "keep")
        self._latest, self._counts, self._place = 0.0, {"epoch": 0, "batch": 0}, self.path

    def on_check(self, model: Any, *_: Any) -> None:
        """Raise an error for a model whose training can't be resumed.

        Parameters
        ----------
        model : model
            The model that will be trained.
        *_
            Not used.

        Raises
        ------
        TypeError
            For an eager twin.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import eager
        >>> from udl_pt.callbacks import Checkpoint
        >>> eager.RBM(2).fit(np.eye(4), batch_sz=2, callbacks=[Checkpoint("rbm.ckpt")])
        Traceback (most recent call last):
            ...
        TypeError: Checkpoint serves the models of udl_pt itself, and not udl_pt.eager.rbm.RBM: omit it
        """
        if current_session(model) is None:
            kind = type(model)
            raise TypeError(
                "Checkpoint serves the models of udl_pt itself, and not "
                f"{kind.__module__}.{kind.__qualname__}: omit it"
            )

    def __call__(self, progress: Progress) -> None:
        """Do nothing: the loop writes the checkpoint after all callbacks."""

    def _check_free(self, resumed: str | None) -> None:
        """Raise if a file is there that this fit would replace, unless it is of the fit that is resumed."""
        place = os.path.realpath(self.path)
        same = resumed is not None and os.path.realpath(resumed) == place
        if os.path.lexists(place) and not same:
            way = "pass" if resumed is None else f"resume is {resumed!r}: pass"
            raise FileExistsError(
                f"{self.path} is there already: {way} resume={self.path!r} to go on from it, or remove it"
            )
        older = [f"{place}.{number}" for number in range(1, self.keep)]
        for name in [*older, f"{place}.new"]:
            is_ours = name not in older or os.path.lexists(place)  # a kill leaves the new one
            if os.path.lexists(name) and not (is_ours and _is_checkpoint(name)):
                raise FileExistsError(
                    f"{name} is there already, which these checkpoints would replace: remove it, or choose "
                    "another path"
                )

    def _start(self, state: Mapping[str, Any]) -> None:
        """Check the file's place and the state, before a fit changes anything."""
        self._place = os.path.realpath(self.path)  # also after a callback changes the folder
        folder = os.path.dirname(self._place)
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"path is {self.path!r}, but there is no folder {folder!r}: create it")
        _encoded(state)
        self._latest, self._counts = time.monotonic(), {"epoch": 0, "batch": 0}

    def _is_due(self, moment: str) -> bool:
        """Count an epoch or a batch; return whether it is time for a checkpoint."""
        self._counts[moment] += 1
        every = {"epoch": self.every_epochs, "batch": self.every_batches}[moment]
        if every is not None and self._counts[moment] % every == 0:
            return True
        return self.every_seconds is not None and time.monotonic() - self._latest >= self.every_seconds

    def _write(self, state_of: Callable[[], Mapping[str, Any]]) -> None:
        try:
            arrays, facts = _encoded(state_of())
            write_arrays(f"{self._place}.new", arrays, facts)
            self._keep_older()
            os.replace(f"{self._place}.new", self._place)
        except (OSError, TypeError, ValueError) as error:
            warn_user(f"no checkpoint was written to {self.path} ({error}); the training goes on without it")
        self._latest = time.monotonic()

    def _keep_older(self) -> None:
        """Name the present file, and those before it, as older ones; `path` is there at any moment."""
        if self.keep == 1 or not os.path.exists(self._place):
            return
        for number in range(self.keep - 1, 1, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self._place}.{number - 1}", f"{self._place}.{number}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self._place}.1")
        try:
            os.link(self._place, f"{self._place}.1")
        except OSError:  # a file system without hard links
            shutil.copyfile(self._place, f"{self._place}.1")


def _is_checkpoint(name: str) -> bool:
    try:
        read_arrays(name, _check)
    except DataError:
        return False
    return True


def read_checkpoint(path: str) -> dict[str, Any] | None:
    """Read the latest checkpoint that is whole; None where there is none.

    Parameters
    ----------
    path : str
        The file. Where it is damaged, older ones with the endings ``.1``, ``.2`` and so on are tried.

    Raises
    ------
    DataError
        When all are damaged, or the file is none.
    OSError
        When it can't be read.

    Examples
    --------
    >>> from udl_pt.training.checkpoint import read_checkpoint
    >>> read_checkpoint("none.ckpt") is None
    True
    """
    place = os.path.realpath(path)
    if not os.path.lexists(place):
        return None
    number, name = 0, place
    first: DataError | None = None
    while number == 0 or os.path.exists(name):
        try:
            state = _decoded(*read_arrays(name, _check))
        except DataError as error:
            first = first or error
        else:
            if first is not None:
                warn_user(f"{path} is damaged; the training resumes from {name} instead")
            return state
        number += 1
        name = f"{place}.{number}"
    assert first is not None
    raise first


def _encoded(state: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    encoder = Encoder(lambda value: None)
    said = encoder.encode(dict(state), "")
    text = json.dumps({"state": said, "objects": encoder.objects}).encode()
    arrays = encoder.arrays | {"state": np.frombuffer(text, np.uint8)}  # too long for a file's header
    return arrays, {"format": FORMAT, "version": __version__}


def _decoded(arrays: dict[str, np.ndarray], facts: Mapping[str, Any]) -> dict[str, Any]:
    try:
        content = json.loads(arrays.pop("state").tobytes())
        decoder = Decoder(content["objects"], arrays, _no_class, {})
        state = decoder.decode(content["state"])
        decoder.check_complete()
        if set(state) != {*STATE}:
            raise ValueError(f"its entries are {sorted(state)}")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"the checkpoint can't be read: {error}") from error
    return dict(state, version=facts["version"])


STATE = ("arguments", "start", "ends", "number", "loop", "sources", "objects")


def _no_class(name: str) -> type:
    raise ValueError(f"it holds a model of the class {name!r}, expected none")


def _check(facts: Mapping[str, Any], forms: Forms) -> None:
    if facts.get("format") != FORMAT:
        raise ValueError(
            f"its format is {facts.get('format')!r}, expected {FORMAT!r}: it is no checkpoint, or another "
            "version wrote it"
        )
    if not (isinstance(facts.get("version"), str) and forms.get("state", ("", ()))[0] == "uint8"):
        raise ValueError("it has no state")
