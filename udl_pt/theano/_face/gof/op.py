"""``theano.gof.op``."""

from typing import TYPE_CHECKING

from udl_pt.theano._config import config
from udl_pt.theano._names import fallback, public_names
from udl_pt.theano._test_values import get_test_value

_PLACES = (
    "pytensor.graph.op",
    "pytensor.graph.utils",
    "pytensor.link.c.op",
    "pytensor.graph.fg",
    "pytensor.graph.basic",
)
_RENAMED = {
    "PureOp": "pytensor.graph.op:Op",
    "CLinkerObject": "pytensor.link.c.interface:CLinkerObject",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


def get_debug_values(*args):
    """Yield the test values of variables, if all have one and they are computed."""
    if config.compute_test_value != "off":
        try:
            yield tuple(map(get_test_value, args))
        except AttributeError:
            return


__all__ = public_names(globals(), _PLACES)
