"""Choose a backend, compile graphs on it, and keep what was compiled."""

from udl_pt.backends._choice import BACKENDS, float_dtype, get_backend, set_backend
from udl_pt.backends._function import Function, shared, to_numpy
from udl_pt.backends._templates import Kind

__all__ = ["BACKENDS", "Function", "Kind", "float_dtype", "get_backend", "set_backend", "shared", "to_numpy"]
