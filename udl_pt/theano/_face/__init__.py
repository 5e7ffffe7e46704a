"""``theano``: the top of the modules that scripts import."""

import sys
from typing import TYPE_CHECKING

from udl_pt.theano._config import change_flags, config
from udl_pt.theano._face import (
    compat,
    compile,
    configdefaults,
    configparser,
    gof,
    gradient,
    misc,
    printing,
    scalar,
    scan_module,
    tensor,
    tests,
    updates,
)
from udl_pt.theano._face._shared import shared, shared_constructor
from udl_pt.theano._face.gradient import Lop, Rop, grad
from udl_pt.theano._face.misc.safe_asarray import _asarray
from udl_pt.theano._face.printing import debugprint, pydotprint
from udl_pt.theano._face.scan_module import clone, foldl, foldr, map, reduce, scan, scan_checkpoints
from udl_pt.theano._face.updates import OrderedUpdates
from udl_pt.theano._function import Function, In, Param, function, function_dump
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
    "pytensor.compile.io",
    "pytensor.compile.mode",
    "pytensor.link.c.basic",
    "pytensor.link.basic",
)
_RENAMED = {
    "OpFromGraph": "udl_pt.theano._face.compile.builders:OpFromGraph",
    "Out": "pytensor.compile.io:SymbolicOutput",
    "InconsistencyError": "pytensor.graph.utils:InconsistencyError",
    "OpenMPOp": "pytensor.link.c.op:OpenMPOp",
    "generic": "udl_pt.theano._face.gof.type:generic",
    "object2": "builtins:object",
    "pp": "pytensor.printing:pp",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


__version__ = "1.0.5"


def dot(l, r):  # noqa: E741
    """Return the product of two variables, dense or sparse."""
    sparse = sys.modules.get("pytensor.sparse")  # without it there are no sparse variables
    if sparse is not None and any(
        isinstance(getattr(v, "type", None), sparse.SparseTensorType) for v in (l, r)
    ):
        return sparse.dot(l, r)
    for left, right, method in ((l, r, "__dot__"), (r, l, "__rdot__")):
        if hasattr(left, method):
            return getattr(left, method)(right)
    raise NotImplementedError(f"theano.dot needs a variable, got {type(l)} and {type(r)}")


def get_scalar_constant_value(v):
    """Return the number that a scalar variable stands for."""
    return tensor.get_scalar_constant_value(v)


def sparse_grad(var):
    """Return the variable: PyTensor's gradients of indexing are dense."""
    return var


__all__ = public_names(globals(), _PLACES)
