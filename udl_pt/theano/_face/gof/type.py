"""``theano.gof.type``."""

from typing import TYPE_CHECKING

from pytensor.compile import sharedvalue

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.graph.type",
    "pytensor.link.c.type",
    "pytensor.graph.op",
)
_RENAMED = {
    "PureType": "pytensor.graph.type:Type",
    "CLinkerType": "pytensor.link.c.type:CType",
    "CLinkerObject": "pytensor.link.c.interface:CLinkerObject",
    "object2": "builtins:object",
    "MethodNotDefined": "pytensor.graph.utils:MethodNotDefined",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


generic = sharedvalue.generic if hasattr(sharedvalue, "generic") else None

__all__ = public_names(globals(), _PLACES)
