"""``theano.tensor.subtensor``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "udl_pt.theano._face.tensor._indexing",
    "udl_pt.theano._face.tensor._creation",
    "pytensor.tensor.subtensor",
    "pytensor.tensor.exceptions",
)

_MISSING = dict.fromkeys(
    [
        "adv_index_broadcastable_pattern",
        "check_advanced_indexing_dimensions",
        "check_and_reject_bool",
        "make_constant",
    ],
    "it is an internal of Theano's, and no PyTensor graph needs it",
)
_RENAMED = {
    "AdvancedBooleanIndexingError": "pytensor.tensor.exceptions:AdvancedIndexingError",
    "BaseAdvancedIncSubtensor": "pytensor.tensor.subtensor:AdvancedIncSubtensor",
    "BaseAdvancedSubtensor": "pytensor.tensor.subtensor:AdvancedSubtensor",
    "as_index_variable": "pytensor.tensor.subtensor:as_index_constant",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING, renamed=_RENAMED)

__all__ = public_names(globals(), _PLACES)
