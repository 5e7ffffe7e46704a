"""Parts that the chapters' programs share: their settings, and networks trained side by side."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt.book._words import names_of, words_of
from udl_pt.datasets import Dataset
from udl_pt.models.dnn import DNN
from udl_pt.symbolic.corruption import masking
from udl_pt.training.checkpoint import Checkpoint
from udl_pt.training.progress import Progress
from udl_pt.training.schedules import LinearDecay

__all__ = [
    "BY_AUTOENCODERS",
    "FINE_TUNING",
    "GENTLE",
    "SMALL",
    "Candidate",
    "Settings",
    "Stopwatch",
    "comparison_table",
    "counted",
    "epochs_for",
    "few_steps",
    "first_of_each",
    "labels_of",
    "layers_options",
    "measured",
    "percent",
    "predictions",
    "shape_of",
    "train_all",
    "trained_network",
]

SHOWN_CLASSES = 10  # in pictures of one image for each class
FEWEST = 5_000  # training rows for which the layers' rate is the book's; the embedded digits
SMALL = 20_000  # training rows; below, the book's few epochs are too few steps to show anything
BY_AUTOENCODERS: dict[str, Any] = {"learning_rate": 0.5, "mu": 0.99, "batch_sz": 100}  # the book's
GENTLE: dict[str, Any] = {
    "learning_rate": 0.1,
    "mu": 0.9,
    "batch_sz": 50,
    "cost_scale": "batch",
}  # for layers
TUNING: dict[str, Any] = {"learning_rate": 0.2, "mu": 0.9, "batch_sz": 50}
FINE_TUNING: dict[str, Any] = {"learning_rate": 0.01, "mu": 0.99, "batch_sz": 100}  # too


@dataclass
class Settings:
    """The settings of a chapter's program.

    Attributes
    ----------
    sizes : sequence of int
        Hidden units of each layer.
    epochs : int or None
        Epochs of fine-tuning of the chapter's main networks. None is the chapter's own number.
    backend : {"numba", "c", "jax"} or None
        The backend that compiles. None is the default, which `udl_pt.set_backend` sets.
    dtype : {"float32", "float64"}
        The models' dtype.
    seed : int
        Seed of models (``random_state``) and of noise.
    callbacks : sequence of callable
        Callbacks for the ``fit`` of networks and layers, and for the embeddings of digits.
    say : callable
        Called with a line of text on the next stage, for example `print`.
    longer : int
        Factor of the epochs on fewer than 20,000 rows. An epoch of few rows has few steps.
    listing : pathlib.Path or None
        Folder of the book's listings, which chapters 3 and 4 then run beside the library's classes.
    checkpoints : pathlib.Path or None
        Beginning of the names of checkpoints, from which each ``fit`` resumes. None writes none.

    Examples
    --------
    >>> from udl_pt.book import Settings
    >>> settings = Settings(sizes=[100, 50], epochs=2, say=print)
    >>> settings.sizes, settings.dtype
    ([100, 50], 'float32')
    >>> settings.say("PCA of 5,000 images of 784 pixels")
    PCA of 5,000 images of 784 pixels
    """

    sizes: Sequence[int] = (1000, 750, 500)
    epochs: int | None = None
    backend: str | None = None
    dtype: str = "float32"
    seed: int = 0
    callbacks: Sequence[Callable[[Progress], Any]] = ()
    say: Callable[[str], None] = lambda line: None
    longer: int = 1
    listing: Path | None = None
    checkpoints: Path | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False, compare=False)

    def made(self) -> dict[str, Any]:
        """Return the arguments that all models' constructors get: ``random_state`` and ``dtype``.

        Returns
        -------
        dict

        Examples
        --------
        >>> from udl_pt import RBM
        >>> from udl_pt.book import Settings
        >>> Settings(seed=1).made()
        {'random_state': 1, 'dtype': 'float32'}
        >>> rbm = RBM(100, **Settings(seed=1).made())
        """
        return {"random_state": self.seed, "dtype": self.dtype}

    def fitting(self, *callbacks: Any) -> dict[str, Any]:
        """Return the arguments that each ``fit`` gets: ``backend``, ``callbacks`` and, perhaps, ``resume``.

        Parameters
        ----------
        *callbacks : callable
            The fit's own callbacks.

        Returns
        -------
        dict

        Examples
        --------
        >>> from pathlib import Path
        >>> from udl_pt.book import Settings
        >>> Settings(backend="jax").fitting(print)
        {'backend': 'jax', 'callbacks': [<built-in function print>]}
        >>> str(Settings(checkpoints=Path("chapter3")).fitting()["resume"])
        'chapter3-1.ckpt'
        """
        given = [*self.callbacks, *callbacks]
        if self.checkpoints is None:
            return {"backend": self.backend, "callbacks": given}
        path = self.checkpoints.with_name(f"{self.checkpoints.name}-{next(self._numbers)}.ckpt")
        saving = Checkpoint(path, every_seconds=60)
        return {"backend": self.backend, "callbacks": [*given, saving], "resume": path}


@dataclass
class Candidate:
    """A network that is compared with others.

    Attributes
    ----------
    name : str
        Name of its pretraining.
    dnn : DNN
        The network; `train_all` trains it.
    epochs : int
        Epochs of fine-tuning.
    pretrain_epochs : int
        Epochs of each layer; 0 for no pretraining.
    pretraining : dict
        Arguments of the layers' ``fit``.
    seconds : dict of str to float
        Seconds of each stage, after training.
    """

    name: str
    dnn: DNN
    epochs: int
    pretrain_epochs: int = 0
    pretraining: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class Stopwatch:
    """A callback that measures the seconds of pretraining and of fine-tuning, which is the last stage."""

    not_saved = ("_latest",)

    def __init__(self) -> None:
        self._latest, self._now = time.perf_counter(), 0.0
        self._ends = [0.0] * 2  # of what came before the last stage, and of the last

    def on_resume(self, progress: Progress) -> None:
        """Go on from the time of the checkpoint; what came after that is lost."""
        self._latest = time.perf_counter()

    def on_batch(self, progress: Progress) -> None:
        """Count the time since the batch before."""
        latest = time.perf_counter()
        self._now, self._latest = self._now + latest - self._latest, latest

    def __call__(self, progress: Progress) -> None:
        """Record the time at the end of a stage."""
        self.on_batch(progress)
        if progress.epoch == progress.epochs:
            self._ends = [*self._ends, self._now]

    def seconds(self) -> dict[str, float]:
        """Return the seconds of ``"pretraining"``, of ``"fine-tuning"`` and of the ``"whole"``."""
        start, *_, before, end = self._ends
        marks = {"pretraining": before - start, "fine-tuning": end - before, "whole": end - start}
        return {stage: round(value, 2) for stage, value in marks.items()}


def trained_network(
    data: Dataset, settings: Settings, augment: Callable[[DNN], Sequence[Any]] = lambda dnn: []
) -> DNN:
    """Train a stacked denoising auto-encoder whose features and mistakes are worth looking at.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Sizes, epochs, backend, dtype, seed and callbacks.
    augment : callable
        Takes the network and returns the list of augmentations for its fine-tuning.

    Returns
    -------
    DNN
    """
    epochs = settings.epochs if settings.epochs is not None else epochs_for(data, settings, 20, 5)
    dnn = DNN(settings.sizes, corruption=masking(0.25), **settings.made())
    functions = augment(dnn)
    how = " against what tricks it" if functions else ""
    settings.say(f"a stacked denoising auto-encoder, fine-tuned{how} for {counted(epochs)}")
    return dnn.fit(
        data.X,
        data.Y,
        data.Xtest,
        data.Ytest,
        pretrain_epochs=epochs_for(data, settings, 5, 1),
        pretrain_options=GENTLE,
        epochs=epochs,
        **TUNING,
        augment=functions,
        **settings.fitting(LinearDecay(dnn)),
    )


def epochs_for(data: Dataset, settings: Settings, few: int, many: int) -> int:
    """Return `many` epochs from 20,000 training rows on, else `few` times `settings.longer`."""
    return many if len(data.X) >= SMALL else few * settings.longer


def layers_options(data: Dataset) -> dict[str, Any]:
    """Return the arguments of the ``fit`` of auto-encoders in pretraining: the book's.

    The cost of a batch is divided by the number of all rows. So on fewer than 5,000 rows, the rate is smaller
    in proportion.
    """
    N = len(data.X)
    if N >= FEWEST:
        return dict(BY_AUTOENCODERS)
    return {**BY_AUTOENCODERS, "learning_rate": round(BY_AUTOENCODERS["learning_rate"] * N / FEWEST, 4)}


def train_all(data: Dataset, settings: Settings, candidates: Iterable[Candidate]) -> None:
    """Train the networks one after the other, with the book's rates, and record the seconds.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Sizes, backend and callbacks.
    candidates : iterable of Candidate
        The networks.
    """
    for one in candidates:
        before = f"each layer {one.pretrain_epochs}, then " if one.pretrain_epochs else ""
        settings.say(f"DNN({list(settings.sizes)}), {one.name}, epochs: {before}{one.epochs}")
        watch = Stopwatch()
        one.dnn.fit(
            data.X,
            data.Y,
            data.Xtest,
            data.Ytest,
            pretrain=one.pretrain_epochs > 0,
            pretrain_epochs=one.pretrain_epochs,
            pretrain_options=one.pretraining,
            epochs=one.epochs,
            **FINE_TUNING,
            **settings.fitting(watch),
        )
        one.seconds = watch.seconds()


def comparison_table(candidates: Iterable[Candidate]) -> list[list[str]]:
    """Return a header and a row for each network: epochs, test error, cost, seconds."""
    stages = ("pretraining", "fine-tuning", "whole")
    table = [["network", "epochs", "test error", "cost (nats)", *stages]]
    for one in candidates:
        layers = f"{len(one.dnn.hidden_layers)} × {one.pretrain_epochs} + " if one.pretrain_epochs else ""
        took = [f"{one.seconds[stage]:.1f} s" for stage in stages]
        table.append(
            [
                one.name,
                f"{layers}{one.epochs}",
                percent(one.dnn.errors[-1]),
                f"{one.dnn.costs[-1]:.3f}",
                *took,
            ]
        )
    return table


def measured(settings: Settings, candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return the measurements of a comparison for `results.json`."""
    return {
        "sizes": list(settings.sizes),
        "fine_tuning": FINE_TUNING,
        "epochs": {one.name: one.epochs for one in candidates},
        "errors": {one.name: one.dnn.errors for one in candidates},
        "costs": {one.name: one.dnn.costs for one in candidates},
        "seconds": {one.name: one.seconds for one in candidates},
    }


def shape_of(data: Dataset, settings: Settings) -> str:
    """Return a network's layer sizes as text, from the pixels to the classes."""
    return " - ".join(map(str, (data.X.shape[1], *settings.sizes, int(data.Y.max()) + 1)))


def first_of_each(data: Dataset) -> list[int]:
    """Return the row of the first test image of each of ten classes at most, where the class has one."""
    if not len(data.Ytest):
        return list(range(min(SHOWN_CLASSES, len(data.Xtest))))
    K = int(data.Y.max()) + 1
    return [i for label in range(K) for i in np.flatnonzero(data.Ytest == label)[:1]][:SHOWN_CLASSES]


def labels_of(data: Dataset, rows: Sequence[int]) -> list[str]:
    """Return the names of test rows' labels for a picture; their numbers where there are no labels."""
    return names_of(data, data.Ytest[rows]) if len(data.Ytest) else [str(row + 1) for row in rows]


def predictions(data: Dataset, probabilities: np.ndarray) -> list[str]:
    """Return the predicted class of each row with its probability, such as ``"7 (99%)"``."""
    names = names_of(data, probabilities.argmax(axis=1))
    return [f"{name} ({p:.0%})" for name, p in zip(names, probabilities.max(axis=1), strict=True)]


def few_steps(data: Dataset) -> str:
    """Return a sentence on the few steps of an epoch; an empty text from 20,000 training rows on."""
    if len(data.X) >= SMALL:
        return ""
    steps = len(data.X) // FINE_TUNING["batch_sz"]
    samples = f"{words_of(data).sample}s"
    return f" An epoch of these {len(data.X):,} {samples} is only {counted(steps, 'step')}."


def counted(n: int, what: str = "epoch") -> str:
    """Return a number and its noun as text, such as ``"3 epochs"``."""
    return f"{n} {what}{'s' * (n != 1)}"


def percent(rate: float) -> str:
    """Return a rate as text in percent, such as ``"2.50%"``."""
    return f"{100 * rate:.2f}%"
