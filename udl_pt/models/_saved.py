"""Files of models: `save` and `load`."""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import isabstract
from typing import Any, NamedTuple, Self

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.messages import shown
from udl_pt._support.storage import Forms, file_name, read_arrays, write_arrays
from udl_pt._version import __version__
from udl_pt.backends._locks import read_together
from udl_pt.models._attributes import Attributes
from udl_pt.symbolic._decoding import Decoder
from udl_pt.symbolic._encoding import Encoder
from udl_pt.symbolic.calling import invalidate_functions

__all__ = ["OLD_FORMATS", "OldFormat", "Saved", "load"]

FORMAT = "udl_pt model 1"
CLASSES = ("PCA", "TSNE", "SymmetricSNE", "AutoEncoder", "RBM", "DBN", "DNN", "DeepAutoEncoder", "Ladder")
LOADED_WHEN_USED = {"PCA": "udl_pt.models.pca"}  # which load scikit-learn
LOADED_WHEN_USED |= dict.fromkeys(("TSNE", "SymmetricSNE"), "udl_pt.models.tsne")
Functions = Mapping[str, Callable[..., Any]]


class OldFormat(NamedTuple):
    """What reads files of an earlier format."""

    check: Callable[[Mapping[str, Any], Forms], None]
    restored: Callable[[Mapping[str, np.ndarray], Mapping[str, Any]], Any]


OLD_FORMATS: dict[str, OldFormat] = {}


class Saved:
    """The base of all models that can be saved.

    Attributes
    ----------
    not_saved : tuple of str
        Names of attributes that a file doesn't hold. A subclass may add its own.
    """

    not_saved: tuple[str, ...] = ("_compiled", "_in_pretraining")

    def save(self, path: Any) -> None:
        """Write the model to a safetensors file, with a digest.

        The file holds all attributes: options, parameters, velocities, chains, records, and the states of
        generators. It is a consistent snapshot, even if another thread starts a fit meanwhile.

        It holds no code. The corruptions of the library, such as ``masking(0.3)``, and the elementwise
        functions of PyTensor, such as ``pt.tanh``, are stored by name. Of any other function only its name is
        stored (see `load`). With ``random_state=None`` the source of draws is NumPy's global generator, whose
        state isn't stored. An `id` is stored if it is text, a number, or a tuple of these.

        Parameters
        ----------
        path : path-like
            The file. An existing one is replaced and keeps its mode. A symbolic link is followed to its file.
            Whatever happens, the file is the old or the new one, whole.

        Raises
        ------
        NotFittedError
            When the model has no parameters yet, or its layers are in pretraining.
        ValueError
            When a number is NaN or infinite, or when layers don't fit on top of each other.
        TypeError
            When an attribute is an object that a file can't hold, or `path` is not a path.
        OSError
            When the file can't be written.

        Examples
        --------
        >>> import numpy as np
        >>> import udl_pt
        >>> X = np.repeat(np.eye(4), 5, axis=0)
        >>> rbm = udl_pt.RBM(2, random_state=0).fit(X, batch_sz=5)
        >>> rbm.save("rbm.safetensors")
        >>> udl_pt.load("rbm.safetensors")
        <RBM(2), fitted to 4 features>
        """
        encoder, said = read_together(lambda: _held(self), lambda: _encoded(self))
        facts = {"format": FORMAT, "version": __version__, "model": said, "objects": encoder.objects}
        _decoded(encoder.arrays, json.loads(json.dumps(facts)), {})  # what could not be loaded is not saved
        write_arrays(path, encoder.arrays, facts)

    @classmethod
    def load(cls, path: Any, *, functions: Functions | None = None) -> Self:
        """Load a model from a file that `save` wrote.

        It answers each method as the saved model did, and further training takes the same steps.

        Parameters
        ----------
        path : path-like
            The file. Nothing in it is executed.
        functions : mapping of str to callable, optional
            Functions that the file doesn't hold, by name, such as ``{"my_noise": my_noise}``. Without one,
            the model can be loaded, and a call of the missing function is an error. Pass only functions that
            may be called with any arguments, since the file chooses them.

        Returns
        -------
        model
            A model of this class.

        Raises
        ------
        FileNotFoundError
            When the file does not exist.
        IsADirectoryError
            When it is a folder.
        OSError
            When it can't be read.
        DataError
            When `save` did not write it, when it is damaged, or when its parts do not fit together. Also when
            it holds a model of another class, or of one that this process has not imported.
        ValueError, TypeError
            When the model doesn't need one of `functions`, or when one is no function.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> X = np.repeat(np.eye(4), 5, axis=0)
        >>> rbm = RBM(2, random_state=0).fit(X, batch_sz=5)
        >>> rbm.save("rbm.safetensors")
        >>> loaded = RBM.load("rbm.safetensors")
        >>> np.array_equal(loaded.forward_hidden(X), rbm.forward_hidden(X))
        True
        """
        model = load(path, functions=functions)
        if not isinstance(model, cls):
            kind = type(model).__name__
            raise DataError(
                f"{file_name(path)} holds a model of the class {kind}, expected {cls.__name__}: use "
                f"{kind}.load or udl_pt.load"
            )
        return model

    def _saved_attributes(self) -> dict[str, Any]:
        """Return what a file holds of the model."""
        return self._held_attributes()

    def _held_attributes(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).copy().items() if name not in self.not_saved}

    def _restore(self, attributes: Mapping[str, Any]) -> None:
        """Set the attributes that a file holds, before anything of them is checked."""
        self.__dict__.update(attributes)

    def _check_fitted(self, before: str) -> None:
        raise NotImplementedError

    def _check_attributes(self, own: Attributes) -> None:
        """Raise ValueError where the attributes don't fit together."""
        raise NotImplementedError


def load(path: Any, *, functions: Functions | None = None) -> Any:
    """Load a model of any class from a file that its ``save`` wrote.

    Parameters
    ----------
    path : path-like
        The file. Nothing in it is executed.
    functions : mapping of str to callable, optional
        Functions that the file doesn't hold, by name, such as ``{"my_noise": my_noise}``. Without one, the
        model can be loaded, and a call of the missing function is an error. Pass only functions that may be
        called with any arguments, since the file chooses them.

    Returns
    -------
    model

    Raises
    ------
    FileNotFoundError
        When the file does not exist.
    IsADirectoryError
        When it is a folder.
    OSError
        When it can't be read.
    DataError
        When ``save`` did not write it, when it is damaged, or when its parts do not fit together. Also when
        it holds a class that this process has not imported.
    ValueError, TypeError
        When the model doesn't need one of `functions`, or when one is no function.

    Examples
    --------
    >>> import numpy as np
    >>> import udl_pt
    >>> pca = udl_pt.PCA(1).fit(np.array([[0.0, 0.0], [2.0, 2.0]]))
    >>> pca.save("pca.safetensors")
    >>> udl_pt.load("pca.safetensors")
    <PCA(n_components=1), fitted to 2 features>
    """
    functions = _checked({} if functions is None else functions)
    arrays, facts = read_arrays(path, _check_facts)
    if facts["format"] in OLD_FORMATS:
        return OLD_FORMATS[facts["format"]].restored(arrays, facts)
    try:
        model, missing = _decoded(arrays, facts, functions)
    except ValueError as error:
        raise DataError(f"{file_name(path)} can't be loaded: {error}") from error
    for name in functions:
        if name not in missing:
            needed = ", ".join(map(repr, sorted(missing))) or "none"
            raise ValueError(f"functions has {name!r}, but the model needs {needed}")
    invalidate_functions()
    return model


def _checked(functions: Any) -> Functions:
    if not (isinstance(functions, Mapping) and all(map(callable, functions.values()))):
        raise TypeError(f"functions is {shown(functions)}, expected a mapping from names to functions")
    return functions


def _check_facts(facts: Mapping[str, Any], forms: Forms) -> None:
    name = facts.get("format")
    if isinstance(name, str) and name in OLD_FORMATS:
        OLD_FORMATS[name].check(facts, forms)
        return
    if isinstance(name, str) and name.startswith("udl_pt checkpoint "):
        raise ValueError("it is a checkpoint of a training: pass resume= to the fit of the same model")
    if name != FORMAT:
        known = ", ".join(map(repr, (FORMAT, *OLD_FORMATS)))
        raise ValueError(f"its format is {shown(name)}, expected one of {known}: another version wrote it")
    if set(facts) != {"format", "version", "model", "objects"}:
        raise ValueError(f"its entries are {shown(sorted(facts))}")


def _decoded(
    arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any], functions: Functions
) -> tuple[Any, set[str]]:
    """Return the model, and the names of its functions that the file doesn't hold; raise ValueError."""
    decoder = Decoder(facts["objects"], arrays, _class_of, functions)
    model = decoder.decode(facts["model"])
    decoder.check_complete()
    if not isinstance(model, Saved):
        raise ValueError(f"it holds {shown(model)}, expected a model")
    try:
        for part in decoder.models:
            _check(part)
    except (AttributeError, LookupError, TypeError) as error:  # one of another part, which isn't checked yet
        raise ValueError(f"its parts don't fit together ({error})") from error
    return model, decoder.missing


def _encoded(model: Saved) -> tuple[Encoder, Any]:
    encoder = Encoder(_name_of)
    return encoder, encoder.encode(model, "")


def _check(model: Saved) -> None:
    attributes = Attributes(model, list(model._saved_attributes()))
    model._check_attributes(attributes)
    attributes.check_rest()


def _held(model: Saved) -> list[Any]:
    """List the objects that a model consists of; raise while they don't belong together."""
    found = _reached(model)
    for part in found:
        if isinstance(part, Saved):
            part._check_fitted("save")
    return found


def _reached(model: Saved) -> list[Any]:
    """List a model, its attributes, their entries, and so on, but not the numbers of records."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting: list[Any] = [model]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        found.append(value)
        if isinstance(value, Saved):
            waiting += value._held_attributes().values()
        elif isinstance(value, dict):
            waiting += [*value.copy(), *value.copy().values()]
        elif isinstance(value, partial):
            waiting += [value.func, *value.args, *value.keywords.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += [v for v in tuple(value) if type(v) is not float]
    return found


def _name_of(value: Any) -> str | None:
    """Return the name of a model's class in files; None for another object."""
    return _class_name(type(value)) if isinstance(value, Saved) else None


def _class_name(cls: type) -> str:
    return cls.__name__ if cls.__module__.startswith("udl_pt.") else f"{cls.__module__}:{cls.__qualname__}"


def _class_of(name: Any) -> type:
    if isinstance(name, str) and name in LOADED_WHEN_USED:
        importlib.import_module(LOADED_WHEN_USED[name])
    if not isinstance(name, str) or (name not in CLASSES and ":" not in name):
        raise ValueError(f"it holds a model of the class {shown(name)}, expected one of {', '.join(CLASSES)}")
    for cls in reversed(list(_subclasses(Saved))):  # of several with the same name, the latest
        if _class_name(cls) == name and not isabstract(cls):
            return cls
    module, _, kind = name.partition(":")
    if module == "__main__":
        raise ValueError(f"its class {kind!r} was defined in a script or a notebook: define it before load")
    raise ValueError(f"it holds a model of the class {kind!r}: import the module {module!r} before load")


def _subclasses(cls: type) -> Iterator[type]:
    sub: type
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)
