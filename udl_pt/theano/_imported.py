"""Names that Theano's modules import and so export: ``from theano.tensor import *`` brings ``np`` too."""

import importlib
from typing import Any

__all__ = ["IMPORTED", "exported", "imported"]

_FACE = "udl_pt.theano._face"

integer_types, string_types = (int,), (str,)


def iteritems(mapping: Any) -> Any:
    """Return an iterator over a dictionary's pairs."""
    return iter(mapping.items())


def iterkeys(mapping: Any) -> Any:
    """Return an iterator over a dictionary's keys."""
    return iter(mapping)


def itervalues(mapping: Any) -> Any:
    """Return an iterator over a dictionary's values."""
    return iter(mapping.values())


# where each name is found, as ``module:name`` or a module
IMPORTED = {
    "Apply": "pytensor.graph.basic:Apply",
    "DisconnectedType": "pytensor.gradient:DisconnectedType",
    "Iterable": "collections.abc:Iterable",
    "Op": "pytensor.graph.op:Op",
    "OrderedDict": "collections:OrderedDict",
    "PY3": f"{_FACE}.compat:PY3",
    "SharedVariable": "pytensor.compile.sharedvalue:SharedVariable",
    "TensorType": "pytensor.tensor.type:TensorType",
    "Type": "pytensor.graph.type:Type",
    "Variable": "pytensor.graph.basic:Variable",
    "absolute_import": "__future__:absolute_import",
    "as_tensor_variable": f"{_FACE}.tensor._creation:as_tensor_variable",
    "builtins": "builtins",
    "compile": f"{_FACE}.compile",
    "config": "udl_pt.theano._config:config",
    "copy": "copy",
    "dedent": "textwrap:dedent",
    "division": "__future__:division",
    "gof": f"{_FACE}.gof",
    "gradient": f"{_FACE}.gradient",
    "imap": "builtins:map",
    "integer_types": f"{__name__}:integer_types",
    "iteritems": f"{__name__}:iteritems",
    "iterkeys": f"{__name__}:iterkeys",
    "itertools": "itertools",
    "itervalues": f"{__name__}:itervalues",
    "izip": "builtins:zip",
    "logging": "logging",
    "np": "numpy",
    "numbers": "numbers",
    "opt": f"{_FACE}.tensor.opt",
    "os": "os",
    "partial": "functools:partial",
    "print_function": "__future__:print_function",
    "printing": f"{_FACE}.printing",
    "python_all": "builtins:all",
    "python_any": "builtins:any",
    "python_complex": "builtins:complex",
    "raw_random": f"{_FACE}.tensor.raw_random",
    "reduce": "functools:reduce",
    "scal": f"{_FACE}.scalar",
    "shared": f"{_FACE}._shared:shared",
    "shared_randomstreams": f"{_FACE}.tensor.shared_randomstreams",
    "string_types": f"{__name__}:string_types",
    "sys": "sys",
    "tensor": f"{_FACE}.tensor",
    "theano": _FACE,
    "warnings": "warnings",
    "xrange": "builtins:range",
}

# what each module exports of them, besides the three names from __future__
STAR = {
    "theano": "PY3 compat gof os scan_module tests theano updates version",
    "theano.tensor": (
        "Iterable Type builtins compile config dedent gof integer_types izip logging np numbers partial "
        "printing python_all python_any python_complex raw_random scal shared_randomstreams sys theano "
        "warnings xrange"
    ),
    "theano.tensor.basic": (
        "builtins compile config gof integer_types izip logging np numbers partial printing python_all "
        "python_any python_complex scal sys theano warnings xrange"
    ),
    "theano.tensor.nnet": "opt warnings",
    "theano.tensor.nlinalg": "Apply DisconnectedType Op logging np partial tensor theano warnings xrange",
    "theano.tensor.slinalg": "Apply Op logging np tensor theano warnings xrange",
    "theano.tensor.raw_random": "copy gof opt reduce string_types sys xrange",
    "theano.tensor.shared_randomstreams": "SharedVariable copy np raw_random shared",
    "theano.sandbox.rng_mrg": (
        "Apply Op TensorType Variable as_tensor_variable config gradient integer_types np opt scal "
        "shared string_types tensor theano warnings xrange"
    ),
    "theano.compile": "OrderedDict gof iteritems iterkeys izip reduce string_types theano xrange",
    "theano.gof": "cmodule fg graph link op opt theano toolbox type utils vm",
    "theano.scalar": "DisconnectedType Type copy gof imap izip os partial theano warnings xrange",
    "theano.ifelse": "Op TensorType gof iteritems izip logging opt theano xrange",
    "theano.gradient": "OrderedDict builtins gof itervalues izip logging tensor theano xrange",
    "theano.updates": "OrderedDict SharedVariable iteritems logging warnings",
    "theano.printing": "gof integer_types iteritems os string_types theano",
    "theano.tensor.elemwise": (
        "Apply DisconnectedType Op TensorType as_tensor_variable config copy gof integer_types iteritems "
        "izip np theano xrange"
    ),
    "theano.tensor.subtensor": (
        "Apply DisconnectedType Iterable Op TensorType Type config dedent gof integer_types izip logging "
        "np scal sys theano warnings xrange"
    ),
    "theano.tensor.extra_ops": "DisconnectedType gof gradient np tensor theano xrange",
    "theano.tensor.sort": "np theano",
    "theano.tensor.type": "Type Variable config logging np scal theano warnings",
}


def imported(name: str) -> Any:
    """Return what a module of Theano's imports under this name."""
    place, _, member = IMPORTED[name].partition(":")
    module = importlib.import_module(place)
    return getattr(module, member) if member else module


def exported(module: str) -> list[str]:
    """Return which of these names ``from module import *`` brings; `module` is Theano's name."""
    return [*STAR[module].split(), "absolute_import", "division", "print_function"] if module in STAR else []
