"""``theano.compile.monitormode``."""

from typing import TYPE_CHECKING

from pytensor.compile.debug.monitormode import MonitorMode as _MonitorMode

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.compile.debug.monitormode",)


class MonitorMode(_MonitorMode):
    """Calls functions before and after each node: ``pre_func(i, node, fn)``."""

    def __init__(self, pre_func=None, post_func=None, optimizer="default", linker=None):
        super().__init__(*map(_without_graph, (pre_func, post_func)), optimizer, linker)


def _without_graph(function):
    return function and (lambda fgraph, i, node, fn: function(i, node, fn))


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
