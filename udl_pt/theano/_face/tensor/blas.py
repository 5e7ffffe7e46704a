"""``theano.tensor.blas``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.tensor.blas", "pytensor.tensor.basic")

_RENAMED = {name: f"udl_pt.theano._face.tensor._math:{name}" for name in ("batched_dot", "batched_tensordot")}
_MISSING = dict.fromkeys(
    ["GemmOptimizer", "check_init_y", "res_is_a"],
    "it is an internal of Theano's, and no PyTensor graph needs it",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING, _RENAMED)

__all__ = public_names(globals(), _PLACES)
