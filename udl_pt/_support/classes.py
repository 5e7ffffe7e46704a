"""Inherited constructors, which class overrides a method, and classes that nobody has changed."""

from collections.abc import Sequence
from types import FunctionType
from typing import Any, TypeVar

__all__ = ["is_as_written", "is_newer", "own_constructor", "remember_methods"]

Class = TypeVar("Class", bound=type)

_remembered: dict[type, dict[tuple[type, str], Any]] = {}


def remember_methods(cls: Class) -> Class:
    """Decorate a class whose methods `is_as_written` compares with those at its definition."""
    _remembered[cls] = _methods(cls)
    return cls


def is_as_written(model: Any) -> bool:
    """Return whether an object runs the methods that its class had when it was defined.

    False for objects of subclasses, and where somebody has replaced a method of the class or of the object.
    """
    known = _remembered.get(type(model))
    if known is None or known != _methods(type(model)):
        return False
    return vars(model).keys().isdisjoint(name for _, name in known)


def _methods(cls: type) -> dict[tuple[type, str], Any]:
    kinds = (FunctionType, property, classmethod, staticmethod)
    return {
        (base, name): value
        for base in cls.__mro__
        for name, value in vars(base).copy().items()
        if isinstance(value, kinds)
    }


def own_constructor(cls: Class) -> Class:
    """Copy the inherited ``__init__`` of a public class, so that errors name this class and not its base.

    Python writes a function's qualified name into "got an unexpected keyword argument" and the like.
    """
    base: Any = cls.__init__  # type: ignore[misc]
    own = FunctionType(base.__code__, base.__globals__, base.__name__, base.__defaults__, base.__closure__)
    own.__kwdefaults__, own.__annotations__ = base.__kwdefaults__, base.__annotations__
    own.__doc__, own.__module__ = base.__doc__, cls.__module__
    own.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = own  # type: ignore[misc]
    return cls


def is_newer(kind: type, methods: Sequence[str], than: str) -> bool:
    """Whether a class overrides one of some methods below the class that defines the property `than`."""

    def defined(name: str) -> int:
        return next(place for place, base in enumerate(kind.__mro__) if name in vars(base))

    return min(map(defined, methods)) < defined(than)
