"""Scalar operations of special functions that PyTensor has as graphs of others."""

from typing import Any

import scipy.special
from pytensor.gradient import grad_not_implemented, grad_undefined
from pytensor.scalar.basic import BinaryScalarOp, upgrade_to_float

__all__ = ["Chi2SF", "Iv", "chi2sf", "iv"]


class Chi2SF(BinaryScalarOp):
    """``chi2sf(x, k)``: the probability that a chi-squared variable of `k` degrees exceeds `x`."""

    nfunc_spec = ("scipy.stats.chi2.sf", 2, 1)

    @staticmethod
    def st_impl(x: Any, k: Any) -> Any:
        """Return the probability."""
        return scipy.special.chdtrc(k, x)

    def impl(self, x: Any, k: Any) -> Any:
        """Return the probability."""
        return self.st_impl(x, k)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        """Refuse: Theano has no gradient of it either."""
        return [grad_not_implemented(self, i, value) for i, value in enumerate(inputs)]


class Iv(BinaryScalarOp):
    """``iv(v, x)``: the modified Bessel function of the first kind, of order `v`."""

    nfunc_spec = ("scipy.special.iv", 2, 1)

    @staticmethod
    def st_impl(v: Any, x: Any) -> Any:
        """Return the function's value."""
        return scipy.special.iv(v, x)

    def impl(self, v: Any, x: Any) -> Any:
        """Return the function's value."""
        return self.st_impl(v, x)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        """Return the gradient by `x`; that by the order is undefined."""
        (v, x), (gz,) = inputs, cotangents
        return [grad_undefined(self, 0, v), gz * (iv(v - 1, x) + iv(v + 1, x)) / 2]


chi2sf, iv = Chi2SF(upgrade_to_float, name="chi2sf"), Iv(upgrade_to_float, name="iv")
