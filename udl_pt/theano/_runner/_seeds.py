"""Seeds for generators that a script forgot to seed."""

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["next_seed", "seeded", "seeding", "seeds_wanted"]

_seeds: Iterator[int] | None = None


def next_seed() -> int | None:
    """Return the seed of the next generator without one; None where such generators stay unseeded."""
    return None if _seeds is None else next(_seeds)


def seeds_wanted() -> bool:
    """Return whether generators without a seed get one."""
    return _seeds is not None


@contextmanager
def seeding(seed: int | None) -> Iterator[None]:
    """Seed the global generators of NumPy and `random`, and those that are made without a seed."""
    global _seeds
    if seed is None:
        yield
        return
    np.random.seed(seed)
    random.seed(seed)
    before, _seeds = _seeds, itertools.count(seed)
    try:
        yield
    finally:
        _seeds = before


def seeded(cls: type) -> type:
    """Return a class whose instances are seeded where the caller passes no seed.

    Instances of the original class are instances of it too.
    """

    class Meta(type(cls)):  # type: ignore[misc]
        def __instancecheck__(self, instance: Any) -> bool:
            return isinstance(instance, cls)

    class Seeded(cls, metaclass=Meta):  # type: ignore[misc]
        def __init__(self, seed: Any = None, *arguments: Any, **options: Any) -> None:
            super().__init__(next_seed() if seed is None else seed, *arguments, **options)

    Seeded.__name__, Seeded.__qualname__, Seeded.__doc__ = cls.__name__, cls.__qualname__, cls.__doc__
    Seeded.__module__ = cls.__module__
    return Seeded
