"""Campaigns against the library: many tries of what must fail clearly, and of what must never fail.

A campaign is a function that takes the number of tries and a seed. It yields None for each try that went
well, else a sentence that describes the failure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Campaign"]


@dataclass(frozen=True)
class Campaign:
    """One row of the table.

    Attributes
    ----------
    name : str
        What is tried, in a few words.
    tries : int
        How many tries the full campaign makes.
    run : callable
        ``run(tries, seed)`` yields None for each try that went well, else a sentence on what went wrong.
    """

    name: str
    tries: int
    run: Callable[[int, int], Iterator[str | None]]
