"""``theano.tensor.nnet.opt``: rewrites, of which scripts name none that PyTensor needs."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, ("pytensor.tensor.rewriting.special",))

__all__: list[str] = []
