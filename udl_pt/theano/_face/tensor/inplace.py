"""``theano.tensor.inplace``: elementwise operations that overwrite their first argument.

Theano's optimiser alone may put them into a graph: a function whose graph holds one is a TypeError there too.
"""

from collections.abc import Callable
from typing import Any

from pytensor.tensor.basic import transpose

_NAMES = [
    "lt",
    "gt",
    "le",
    "ge",
    "eq",
    "neq",
    "and_",
    "or_",
    "xor",
    "invert",
    "abs_",
    "exp",
    "exp2",
    "expm1",
    "neg",
    "inv",
    "log",
    "log1p",
    "log2",
    "log10",
    "sgn",
    "ceil",
    "floor",
    "trunc",
    "round_half_to_even",
    "round_half_away_from_zero",
    "sqr",
    "sqrt",
    "deg2rad",
    "rad2deg",
    "cos",
    "arccos",
    "sin",
    "arcsin",
    "tan",
    "arctan",
    "arctan2",
    "cosh",
    "arccosh",
    "sinh",
    "arcsinh",
    "tanh",
    "arctanh",
    "erf",
    "erfc",
    "erfcx",
    "gamma",
    "gammaln",
    "psi",
    "tri_gamma",
    "chi2sf",
    "j0",
    "j1",
    "jv",
    "i0",
    "i1",
    "iv",
    "second",
    "fill",
    "maximum",
    "minimum",
    "add",
    "sub",
    "mul",
    "true_div",
    "int_div",
    "mod",
    "pow",
    "conj",
]


def __getattr__(name: str) -> Callable[..., Any]:
    stem = name.removesuffix("_inplace")
    if stem == name or stem not in _NAMES:
        raise AttributeError(f"theano.tensor.inplace.{name} isn't served: Theano has none either", name=name)

    def refuse(*inputs: Any) -> Any:
        raise TypeError(
            f"a graph must not contain {name}: write T.{stem}, which the optimiser computes in place"
        )

    refuse.__name__ = name
    return refuse


def transpose_inplace(x: Any, **kwargs: Any) -> Any:
    """Return the transposed tensor, a view."""
    return transpose(x, **kwargs)


__all__ = [*(f"{name}_inplace" for name in _NAMES), "transpose_inplace"]
