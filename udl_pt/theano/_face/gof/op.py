"""``theano.gof.op``."""

import warnings
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


def missing_test_message(msg):
    """Report a missing test value: raise an AttributeError, warn, or nothing, as the settings say."""
    if config.compute_test_value == "raise":
        raise AttributeError(msg)
    if config.compute_test_value == "warn":
        warnings.warn(msg, stacklevel=2)


def debug_error_message(msg):
    """Report an error in test values: raise a ValueError, or warn, as the settings say."""
    _report(ValueError, msg)


def debug_assert(condition, msg=None):
    """Report a condition of test values that doesn't hold: raise an AssertionError, or warn."""
    if not condition:
        _report(AssertionError, "debug_assert failed" if msg is None else msg)


def _report(error, msg):
    if config.compute_test_value != "warn":
        raise error(msg)
    warnings.warn(msg, stacklevel=3)


def get_debug_values(*args):
    """Return a list of one element, the tuple of the test values, if they are computed and none is missing.

    Of one variable, the element is the test value itself.
    """
    if config.compute_test_value == "off":
        return []
    values = []
    for i, variable in enumerate(args):
        try:
            values.append(get_test_value(variable))
        except AttributeError:
            name = getattr(variable, "name", None)
            of_name = f" ('{name}')" if name is not None else ""
            missing_test_message(f"Argument {i}{of_name} has no test value")
            return []
    return values if len(values) == 1 else [tuple(values)]


__all__ = public_names(globals(), _PLACES)
