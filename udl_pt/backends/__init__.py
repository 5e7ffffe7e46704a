"""Choose a backend, compile graphs on it, and keep what was compiled."""

from udl_pt.backends._choice import BACKENDS, float_dtype, get_backend, set_backend
from udl_pt.backends._devices import Devices
from udl_pt.backends._function import Function
from udl_pt.backends._shared import shared, to_numpy
from udl_pt.backends._subnormals import flushing_subnormals
from udl_pt.backends._templates import Kind
from udl_pt.backends._threads import faster_threads, get_threads, set_threads

__all__ = [
    "BACKENDS",
    "Devices",
    "Function",
    "Kind",
    "faster_threads",
    "float_dtype",
    "flushing_subnormals",
    "get_backend",
    "get_threads",
    "set_backend",
    "set_threads",
    "shared",
    "to_numpy",
]
