"""``theano``: the top of the modules that scripts import."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor",
    "pytensor.graph.basic",
    "pytensor.graph.op",
    "pytensor.graph.fg",
    "pytensor.graph.type",
    "pytensor.compile",
    "pytensor.gradient",
    "pytensor.printing",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

from udl_pt.theano._face import tensor  # noqa: E402

__version__ = "1.0.5"
__all__ = public_names(globals(), _PLACES)
