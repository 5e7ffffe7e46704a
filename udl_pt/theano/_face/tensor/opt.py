"""``theano.tensor.opt``: rewrites, as far as scripts name them."""

from typing import TYPE_CHECKING, Any

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.tensor.rewriting.basic",
    "pytensor.tensor.rewriting.shape",
    "pytensor.tensor.rewriting.elemwise",
    "pytensor.tensor.rewriting.math",
    "pytensor.tensor.basic",
    "pytensor.raise_op",
)

_MISSING = dict.fromkeys(
    [
        "Canonizer",
        "broadcast_like",
        "elemwise_max_input_fct",
        "encompasses_broadcastable",
        "get_clients",
        "get_clients2",
        "inplace_elemwise_optimizer",
        "is_inverse_pair",
        "local_add_mul_fusion",
        "local_elemwise_alloc_op",
        "local_elemwise_fusion",
        "local_elemwise_fusion_op",
        "merge_broadcastables",
        "merge_two_slices",
        "register_specialize_device",
    ],
    "it belongs to Theano's optimiser; PyTensor's rewrites are in pytensor.tensor.rewriting",
)
_RENAMED = {
    "assert_": "pytensor.raise_op:assert_op",
    "assert_op": "pytensor.raise_op:assert_op",
    "Optimizer": "pytensor.graph.rewriting.basic:GraphRewriter",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING, renamed=_RENAMED)


def apply_rebroadcast_opt(rval: Any) -> Any:
    """Return the variable: nothing is left to simplify."""
    return rval


__all__ = public_names(globals(), _PLACES)
