"""Checks of the attributes of a model that was built from what a file holds."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Real
from types import FunctionType
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.messages import shown
from udl_pt._support.representation import ATTRIBUTES, GENERATORS
from udl_pt.backends import BACKENDS
from udl_pt.symbolic._encoding import MissingFunction
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.random import RandomStreams

__all__ = ["Attributes"]

Shape = tuple[int, ...]
METHODS = (FunctionType, property, classmethod, staticmethod)
FUNCTIONS = ("corruption", "hidden", "output", "metric")  # options that may be functions


class Attributes:
    """The attributes of a model, each checked once. Errors are ValueErrors that name the attribute.

    Parameters
    ----------
    model : object
    names : sequence of str
        The attributes to check.
    """

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        self._model, self._left = model, set(names)

    def check_rest(self) -> None:
        """Raise where a user's attribute hides a method, or an attribute of the library's class."""
        for name in sorted(self._left):
            for base in type(self._model).__mro__:
                known = vars(base)
                is_ours = base.__module__.startswith("udl_pt.")
                if name in known and (is_ours or isinstance(known[name], METHODS)):
                    raise ValueError(f"{name} of {type(self._model).__name__} hides {name} of its class")
            if not name.isidentifier():
                raise ValueError(f"the attribute {name!r} of {type(self._model).__name__} is no identifier")

    def take(self, name: str, fits: Callable[[Any], bool], expected: str, *, optional: bool = False) -> Any:
        """Return an attribute that fits; None for one that is optional and missing."""
        values = self._model._saved_attributes()
        if name not in values:
            if optional:
                return None
            raise ValueError(f"{type(self._model).__name__} has no attribute {name!r}")
        self._left.discard(name)
        value = values[name]
        if not fits(value):
            raise self._error(name, expected)
        return value

    def options(self, cls: type, **given: Any) -> None:
        """Check the arguments of a class's constructor, by a call of it; `given` are no attributes."""
        kept = {}
        for name in inspect.signature(cls).parameters:
            if name in GENERATORS or name in given:
                continue
            attribute = ATTRIBUTES.get(name, name)
            value = self.take(attribute, lambda value: True, "a value")
            if not (name in FUNCTIONS and _lacks_code(value)):
                given[name], kept[attribute] = value, value
        try:
            fresh = cls(**given)
            getattr(fresh, "_check_arguments", lambda: None)()  # where the constructor keeps them unchecked
        except (TypeError, ValueError) as error:
            raise ValueError(str(error)) from error
        for name, value in kept.items():
            right = getattr(fresh, name)
            if right is not value and not (_are_alike(right, value) and right == value):
                raise self._error(name, shown(right))

    def dtype(self) -> None:
        """Check the dtype."""
        self.one_of("dtype", ("float32", "float64"))

    def one_of(self, name: str, options: Sequence[Any], *, optional: bool = False) -> None:
        """Check that an attribute is one of some options."""

        def fits(value: Any) -> bool:
            return any(type(value) is type(option) and value == option for option in options)

        self.take(name, fits, "one of " + ", ".join(map(repr, options)), optional=optional)

    def backend(self) -> None:
        """Check the backend."""
        self.one_of("backend", (None, *BACKENDS), optional=True)

    def count(self, name: str) -> int:
        """Return an integer of at least 1."""
        return int(self.take(name, lambda n: type(n) is int and n > 0, "an integer of at least 1"))

    def records(self, *names: str) -> None:
        """Check lists of floats."""
        for name in names:
            self.take(name, _is_record, "a list of finite floats")

    def chance(self) -> None:
        """Check the sources of draws."""
        self.take("_chance", lambda value: type(value) is Chance, "the randomness of a model")
        for name in ("rng", "_made_rng"):
            self.take(name, lambda v: v is None or type(v) is RandomStreams, "a RandomStreams", optional=True)

    def layers(self, name: str, kind: type) -> list[Any]:
        """Return the layers of a network, at least one."""

        def fits(values: Any) -> bool:
            return type(values) is list and bool(values) and all(isinstance(v, kind) for v in values)

        return list(self.take(name, fits, "a list of layers"))

    def array(self, name: str, shape: Shape) -> None:
        """Check an array of the model's dtype."""
        dtype = self._model.dtype

        def fits(value: Any) -> bool:
            return isinstance(value, np.ndarray) and (value.dtype, value.shape) == (dtype, shape)

        self.take(name, fits, f"an array of {dtype} and shape {shape}")

    def parameters(self, shapes: Mapping[str, Shape], *, velocities: bool = True) -> None:
        """Check parameters, and their velocities: shared variables of these shapes."""
        for name, shape in shapes.items():
            fits = partial(self._is_variable, shape=shape)
            for attribute in (name, f"d{name}")[: 1 + velocities]:
                self.take(attribute, fits, self._variable(shape))

    def variables(self, name: str, shapes: Sequence[Any]) -> None:
        """Check a list of shared variables, or of tuples of them, of these shapes."""

        def fits(values: Any) -> bool:
            return type(values) is list and self._fit(values, shapes)

        self.take(name, fits, f"shared variables of shapes {list(shapes)}")

    def _fit(self, values: Any, shapes: Any) -> bool:
        if len(values) != len(shapes):
            return False
        for value, shape in zip(values, shapes, strict=True):
            if shape and isinstance(shape[0], tuple):
                if type(value) is not tuple or not self._fit(value, shape):
                    return False
            elif not self._is_variable(value, shape):
                return False
        return True

    def _is_variable(self, value: Any, shape: Shape) -> bool:
        if not isinstance(value, SharedVariable):
            return False
        values = value.get_value(borrow=True)  # on JAX an array of JAX
        return (getattr(values, "dtype", None), np.shape(values)) == (self._model.dtype, tuple(shape))

    def _variable(self, shape: Shape) -> str:
        return f"a shared variable of {self._model.dtype} and shape {tuple(shape)}"

    def _error(self, name: str, expected: str) -> ValueError:
        value = self._model._saved_attributes().get(name)
        if isinstance(value, SharedVariable):
            array = value.get_value(borrow=True)
            said = f"{getattr(array, 'dtype', type(array))} of shape {np.shape(array)}"
        else:
            said = shown(value)
        return ValueError(f"{name} of {type(self._model).__name__} is {said}, expected {expected}")


def _lacks_code(value: Any) -> bool:
    """Return whether a function, or a part of it, is not in its file."""
    if isinstance(value, partial):
        return any(map(_lacks_code, (value.func, *value.args, *value.keywords.values())))
    return isinstance(value, MissingFunction)


def _are_alike(some: Any, other: Any) -> bool:
    """Return whether two values have the same type, or are numbers."""
    if type(some) is type(other):
        return True
    return all(isinstance(v, Real) and not isinstance(v, bool) for v in (some, other))


def _is_record(values: Any) -> bool:
    return type(values) is list and all(type(v) is float and np.isfinite(v) for v in values)
