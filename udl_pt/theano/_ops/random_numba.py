"""Numba's code for draws from a `numpy.random.RandomState`: Python draws, and Numba passes the generator on."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import NativeValue, box, overload, register_model, typeof_impl, unbox
from pytensor.link.numba.cache import hash_from_pickle_dump
from pytensor.link.numba.dispatch.basic import (
    get_numba_type,
    numba_njit,
    register_funcify_and_cache_key,
)
from pytensor.link.numba.dispatch.compile_ops import numba_deepcopy

from udl_pt.theano._ops.random_state import RandomFunction, copy_of

__all__ = ["NumbaRandomState", "numba_random_state"]


class NumbaRandomState(types.Type):
    """Numba's type of a `numpy.random.RandomState`."""

    def __init__(self) -> None:
        super().__init__(name="numpy.random.RandomState")


numba_random_state = NumbaRandomState()


@register_model(NumbaRandomState)
class _Model(models.StructModel):
    """The Python object, and the counter of Numba's references to it."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        members = [("parent", types.pyobject), ("meminfo", types.MemInfoPointer(types.voidptr))]
        super().__init__(dmm, fe_type, members)


@typeof_impl.register(np.random.RandomState)
def _typeof(value: np.random.RandomState, context: Any) -> NumbaRandomState:
    return numba_random_state


@unbox(NumbaRandomState)
def _unbox(typ: Any, obj: Any, c: Any) -> NativeValue:
    struct = cgutils.create_struct_proxy(typ)(c.context, c.builder)
    struct.parent = obj
    struct.meminfo = c.pyapi.nrt_meminfo_new_from_pyobject(cgutils.voidptr_t(None), obj)
    return NativeValue(struct._getvalue())


@box(NumbaRandomState)
def _box(typ: Any, value: Any, c: Any) -> Any:
    obj = c.context.make_helper(c.builder, typ, value).parent
    c.pyapi.incref(obj)
    c.context.nrt.decref(c.builder, typ, value)
    return obj


@overload(numba_deepcopy)
def _deepcopy(x: Any) -> Callable[..., Any] | None:
    if not isinstance(x, NumbaRandomState):
        return None

    def deepcopy(x: Any) -> Any:
        with numba.objmode(copied=numba_random_state):
            copied = copy_of(x)
        return copied

    return deepcopy


@register_funcify_and_cache_key(RandomFunction)
def numba_funcify_random_function(op: RandomFunction, node: Any, **kwargs: Any) -> tuple[Any, str | None]:
    """Return a function that draws in Python, and a key for Numba's cache where `op.fn` can be pickled."""
    result = types.Tuple([numba_random_state, get_numba_type(node.outputs[1].type, layout="C")])
    draw = op.draw

    @numba_njit
    def random_function(state: Any, size: Any, *args: Any) -> Any:
        with numba.objmode(drawn=result):
            drawn = draw(state, size, args)
        return drawn

    try:
        key = hash_from_pickle_dump(("udl_pt RandomFunction 1", op))
    except Exception:  # a lambda, or what pickle refuses with other errors
        key = None
    return random_function, key
