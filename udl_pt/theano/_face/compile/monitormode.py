"""``theano.compile.monitormode``."""

from typing import TYPE_CHECKING

from pytensor.compile.debug.monitormode import MonitorMode as _MonitorMode
from pytensor.compile.debug.monitormode import detect_nan as _detect_nan

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.compile.debug.monitormode",)


class MonitorMode(_MonitorMode):
    """Calls functions before and after each node: ``pre_func(i, node, fn)``."""

    def __init__(self, pre_func=None, post_func=None, optimizer="default", linker=None):
        super().__init__(pre_func, post_func, optimizer, linker)

    def eval(self, fgraph, i, node, fn):
        """Run a node, between the two functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)


def detect_nan(i, node, fn):
    """Print the node if an output has a NaN: the function after each node, for `MonitorMode`."""
    _detect_nan(None, i, node, fn)


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
