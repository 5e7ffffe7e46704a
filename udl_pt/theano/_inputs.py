"""Inputs of a function, with default values and states, and the places that hold their values."""

import warnings
from collections.abc import Iterator, MutableMapping
from typing import Any

from pytensor.compile.io import In as PyTensorsIn
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

__all__ = ["Container", "Containers", "In", "Param", "Values", "value_of"]


class In(PyTensorsIn):  # type: ignore[misc]
    """An input with a default value, or with an update: a state that the function keeps."""

    def __init__(
        self,
        variable: Variable,
        name: Any = None,
        value: Any = None,
        update: Variable | None = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        if implicit and value is None:
            raise TypeError("An implicit input must be given a default value")
        if isinstance(update, Variable) and not variable.type.is_super(update.type):
            raise TypeError(
                f"the update of {variable} must be of its type {variable.type}, and is of type {update.type}"
            )
        super().__init__(
            variable,
            name=name,
            mutable=mutable,
            strict=strict,
            allow_downcast=allow_downcast,
            autoname=autoname,
            borrow=borrow,
            shared=shared,
        )
        self.default, self.new_value, self.is_implicit = value, update, bool(implicit)


def Param(variable: Variable, default: Any = None, name: Any = None, **options: Any) -> In:
    """Return ``In(variable, value=default)``, under its name in old scripts."""
    warnings.warn(
        "The Param class is deprecated. Replace Param(default=N) by theano.In(value=N)", stacklevel=2
    )
    return In(variable, name=name, value=default, **options)


class Values(MutableMapping[Any, Any]):
    """The values of a function's inputs and shared variables: ``f[W]``, by variable or by name."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __getitem__(self, key: Any) -> Any:
        f = self._function
        if (i := f._place(key)) in f._defaults:
            return value_of(f._defaults[i])
        variable = f._stored(key)
        return variable.get_value(borrow=True) if isinstance(variable, SharedVariable) else variable.value

    def __setitem__(self, key: Any, value: Any) -> None:
        f = self._function
        if (i := f._place(key)) in f._defaults:
            if isinstance(f._defaults[i], Container):
                f._defaults[i].value = value
            else:
                f._defaults[i] = f._inputs[i].type.filter(value, allow_downcast=True)
            return
        variable = f._stored(key)
        if isinstance(variable, SharedVariable):
            variable.set_value(value)
        else:
            variable.value = value

    def __delitem__(self, key: Any) -> None:
        raise TypeError(f"the value of {key} can't be deleted: set another one")

    def __iter__(self) -> Iterator[Any]:
        return iter([*self._function._inputs, *self._function._fn.get_shared()])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Container:
    """The place of a value: ``f.container[s]``; ``In(s, value=f.container[s])`` shares the state of `f`."""

    def __init__(self, function: Any, key: Any) -> None:
        self._function, self._key = function, key

    @property
    def value(self) -> Any:
        """The value."""
        return self._function.value[self._key]

    @value.setter
    def value(self, value: Any) -> None:
        self._function.value[self._key] = value

    data = value

    @property
    def shared(self) -> SharedVariable | None:
        """The shared variable that holds the value, if there is one."""
        f = self._function
        stored = None if f._place(self._key) in f._defaults else f._stored(self._key)
        return stored if isinstance(stored, SharedVariable) else None

    @property
    def storage(self) -> list[Any]:
        """The list whose element is the value."""
        f = self._function
        if (i := f._place(self._key)) in f._defaults:
            return [value_of(f._defaults[i])]
        stored = f._stored(self._key)
        return stored.container.storage if isinstance(stored, SharedVariable) else stored.storage


def value_of(default: Any) -> Any:
    """Return a default value, which may be that of another function."""
    return default.value if isinstance(default, Container) else default


class Containers(Values):
    """The places of a function's values: ``f.container[s]``."""

    def __getitem__(self, key: Any) -> Container:
        if key not in self._function:
            raise KeyError(key)
        return Container(self._function, key)
