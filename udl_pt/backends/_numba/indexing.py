"""Bounds of index vectors, where PyTensor's code for Numba reads and writes beyond the array."""

from hashlib import sha256
from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.cache import compile_numba_function_src
from pytensor.link.numba.dispatch.basic import (
    numba_funcify_and_cache_key,
    numba_njit,
    register_funcify_and_cache_key,
)
from pytensor.tensor import subtensor

CACHE_VERSION = 1
ARRAYS = {"AdvancedSubtensor": ["x"], "AdvancedIncSubtensor": ["x", "y"]}  # before the indices
OPS = [getattr(subtensor, name) for name in ARRAYS if hasattr(subtensor, name)]

_of_pytensor = {op: numba_funcify_and_cache_key.dispatch(op) for op in OPS}


def _funcify_indexing(op: Op, node: Apply, **kwargs: Any) -> Any:
    function, key = _of_pytensor[type(op)](op, node=node, **kwargs)
    arrays = ARRAYS[type(op).__name__]
    indices = node.inputs[len(arrays) :]
    if any(getattr(v.type, "dtype", None) == "bool" for v in indices):
        return function, key
    lines = []
    for axis, i in enumerate(op.idx_list):
        if isinstance(i, int):
            each = f"for i in i{i}.flat:" if indices[i].type.ndim else f"for i in (i{i}.item(),):"
            lines += [
                f"    n = x.shape[{axis}]",
                f"    {each}",
                "        if i >= n or i < -n:",
                "            raise IndexError('an index is out of bounds')",
            ]
    names = ", ".join([*arrays, *(f"i{i}" for i in range(len(indices)))])
    source = "\n".join([f"def checked_index({names}):", *lines, f"    return function({names})"])
    key = key and sha256(f"{source} {key} {CACHE_VERSION}".encode()).hexdigest()
    compiled = compile_numba_function_src(source, "checked_index", {"function": function}, cache_key=key)
    return numba_njit(compiled), key


for _op in OPS:
    register_funcify_and_cache_key(_op)(_funcify_indexing)
