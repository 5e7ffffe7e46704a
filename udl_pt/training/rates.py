"""Learning rate, momentum and the like: their limits, and the mapping in which a callback changes them."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_number

__all__ = ["Rates", "check_rate"]

_AT_MOST = {"mu": 1.0, "sparsity_target": 1.0}  # of all others the largest number of the dtype


def check_rate(value: Any, name: str, dtype: str, shown: str | None = None) -> float:
    """Check a rate: return it as a float that is within the limits of its name and fits `dtype`.

    Parameters
    ----------
    value : float
        At least 0; ``mu`` and ``sparsity_target`` are at most 1.
    name : str
        The name of the rate.
    dtype : {"float64", "float32"}
        The dtype of the steps that read it.
    shown : str, optional
        The rate's name in messages; by default `name`.

    Returns
    -------
    float
        The rate, in double precision.

    Raises
    ------
    TypeError, ValueError
        If `value` isn't a number, is outside the limits, or isn't 0 and would be rounded to 0.

    Examples
    --------
    >>> from udl_pt.training.rates import check_rate
    >>> check_rate(1, "mu", "float32")
    1.0
    >>> check_rate(1.5, "mu", "float32")
    Traceback (most recent call last):
        ...
    ValueError: mu is 1.5, expected a finite number from 0 to 1
    """
    limits, called = np.finfo(dtype), shown or name
    number = check_number(value, called, at_least=0, at_most=_AT_MOST.get(name, float(limits.max)))
    with np.errstate(under="ignore"):
        vanishes = value != 0 and limits.dtype.type(number) == 0
    if vanishes:
        least = f"{limits.smallest_subnormal:g}"
        raise ValueError(f"{called} is {value}, which is 0 in {dtype}: expected 0 or at least {least}")
    return number


class Rates(MutableMapping[str, float]):
    """The rates of one training by name: the names are fixed, and each new value is checked at once.

    Parameters
    ----------
    dtype : {"float64", "float32"}
        The dtype of the steps that read them.
    unless_zero : mapping of str to float, optional
        Further rates. Those that are 0 are omitted, since the steps don't read them.
    **values
        The rates.

    Raises
    ------
    TypeError, ValueError
        If a value isn't a number, is outside the limits of its rate, or isn't 0 and would be rounded to 0.

    Notes
    -----
    JSON takes no mapping but a dict: write ``json.dumps(progress.hyper.copy())``.

    Examples
    --------
    >>> from udl_pt.training.rates import Rates
    >>> rates = Rates("float64", learning_rate=0.5, mu=0.9, unless_zero={"reg": 0.0})
    >>> rates
    {'learning_rate': 0.5, 'mu': 0.9}
    >>> rates["learning_rate"] /= 2
    >>> rates["learning_rate"]
    0.25
    """

    def __init__(self, dtype: str, *, unless_zero: Mapping[str, Any] | None = None, **values: Any) -> None:
        optional = unless_zero or {}
        checked = {name: check_rate(value, name, dtype) for name, value in {**values, **optional}.items()}
        self._dtype = dtype
        self._values = {name: value for name, value in checked.items() if value or name not in optional}

    def __getitem__(self, name: str) -> float:
        """Return a rate."""
        if name not in self._values:
            raise KeyError(self._unknown(name))
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        """Set an existing rate, for the steps to come."""
        if name not in self._values:
            raise ValueError(f"{self._unknown(name)}: set one of these")
        self._values[name] = check_rate(value, name, self._dtype, f"progress.hyper[{name!r}]")

    def __delitem__(self, name: str) -> None:
        """Raise an error: a step needs all of its rates."""
        if name not in self._values:
            raise KeyError(self._unknown(name))
        raise TypeError(
            f"progress.hyper[{name!r}] can't be removed: every step of this training reads it. "
            "Assign another value"
        )

    def _unknown(self, name: Any) -> str:
        return f"progress.hyper has no {name!r}; it has {', '.join(map(repr, self._values))}"

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many rates there are."""
        return len(self._values)

    def __copy__(self) -> "Rates":
        """Return rates of the same values, which change independently."""
        return Rates(self._dtype, unless_zero=None, **self._values)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        """Return a dict of these rates and `other`."""
        return self._values | dict(other)

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        """Return a dict of `other` and these rates, which replace those of the same names."""
        return dict(other) | self._values

    def __ior__(self, other: Mapping[str, Any]) -> "Rates":
        """Set several rates."""
        self.update(other)
        return self

    def __repr__(self) -> str:
        """Show the rates as a dict."""
        return repr(self._values)

    def copy(self) -> dict[str, float]:
        """Return the present values as a dict, for JSON and the like.

        Returns
        -------
        dict of str to float

        Examples
        --------
        >>> import json
        >>> from udl_pt.training.rates import Rates
        >>> json.dumps(Rates("float64", learning_rate=0.5).copy())
        '{"learning_rate": 0.5}'
        """
        return dict(self._values)
