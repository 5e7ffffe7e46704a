"""``theano.compile``."""

from typing import TYPE_CHECKING

from udl_pt.theano._face._shared import shared, shared_constructor
from udl_pt.theano._face.compile.function_module import orig_function
from udl_pt.theano._face.compile.pfunc import pfunc, rebuild_collect_shared
from udl_pt.theano._function import Function, In, Param, function
from udl_pt.theano._mode import mode_of as get_mode
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.compile",
    "pytensor.compile.io",
    "pytensor.compile.mode",
    "pytensor.compile.executor",
    "pytensor.compile.maker",
    "pytensor.compile.ops",
    "pytensor.compile.sharedvalue",
    "pytensor.compile.builders",
    "pytensor.compile.debug.profiling",
    "pytensor.compile.debug.debugmode",
    "pytensor.tensor.shape",
    "pytensor.compile.rebuild",
    "pytensor.compile.aliasing",
)
_RENAMED = {
    "MonitorMode": "udl_pt.theano._face.compile.monitormode:MonitorMode",
    "FAST_COMPILE": "udl_pt.theano._face.compile.mode:FAST_COMPILE",
    "FAST_RUN": "udl_pt.theano._face.compile.mode:FAST_RUN",
    "OpFromGraph": "udl_pt.theano._face.compile.builders:OpFromGraph",
    "Out": "pytensor.compile.io:SymbolicOutput",
    "ScanProfileStats": "pytensor.scan.op:ScanProfileStats",
    "is_same_graph": "udl_pt.theano._face.gof.graph:is_same_graph",
    "Rebroadcast": "udl_pt.theano._face.tensor:Rebroadcast",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


NODEFAULT = ["NODEFAULT"]


def get_default_mode():
    """Return the mode in which functions are compiled."""
    return get_mode(None)


__all__ = public_names(globals(), _PLACES)
