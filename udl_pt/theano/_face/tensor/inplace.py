"""``theano.tensor.inplace``: elementwise operations that overwrite their first argument.

A function whose graph holds one is a TypeError, but with ``accept_inplace=True``.
"""

import functools
from typing import Any

from pytensor.tensor.basic import transpose
from pytensor.tensor.elemwise import Elemwise

from udl_pt.theano._face import scalar

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


@functools.cache
def __getattr__(name: str) -> Elemwise:
    stem = name.removesuffix("_inplace")
    if stem == name or stem not in _NAMES:
        raise AttributeError(f"theano.tensor.inplace.{name} isn't served: Theano has none either", name=name)
    kind = type(getattr(scalar, "second" if stem == "fill" else stem))
    return Elemwise(kind(scalar.transfer_type(0), name=name), {0: 0}, name=name)


def transpose_inplace(x: Any, **kwargs: Any) -> Any:
    """Return the transposed tensor, a view."""
    return transpose(x, **kwargs)


# since PyTensor 3.3 there is no scalar operation of degrees and radians
__all__ = [*(f"{n}_inplace" for n in _NAMES if n == "fill" or hasattr(scalar, n)), "transpose_inplace"]
