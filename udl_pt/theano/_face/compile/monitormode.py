"""``theano.compile.monitormode``."""

from typing import TYPE_CHECKING

from pytensor.compile.debug.monitormode import MonitorMode as _MonitorMode

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.compile.debug.monitormode",)


class MonitorMode(_MonitorMode):
    """Calls functions before and after each node: ``pre_func(i, node, fn)``."""

    def eval(self, fgraph, i, node, fn):
        """Compute a node between the two functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
