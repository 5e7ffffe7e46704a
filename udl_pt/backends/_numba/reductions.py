"""Sums, maxima, minima and argmax, in loops that Numba compiles fast.

PyTensor's loops sort the axes by their strides while they run, which takes Numba seconds to compile. For two
axes a comparison is enough. The numbers are added in the same order, so the sums are the same.

PyTensor's maxima and minima lose a NaN unless it comes last, and return an infinity for no elements. Ours
return NaN, and raise a ValueError.
"""

# PyTensor's decorators have no types.
# mypy: disable-error-code="untyped-decorator"

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.cache import compile_numba_function_src
from pytensor.link.numba.dispatch.basic import (
    numba_funcify_and_cache_key,
    numba_njit,
    register_funcify_and_cache_key,
)
from pytensor.tensor.math import Argmax, Max, Min, Sum

CACHE_VERSION = 1
FLOATS = ("float32", "float64")
STEPS = {
    Sum: "{0} += {1}",
    Max: "{0} = {1} if {0} < {1} or {1} != {1} else {0}",  # a NaN stays
    Min: "{0} = {1} if {0} > {1} or {1} != {1} else {0}",
}
BY_ROWS, BY_COLUMNS = ("i", "rows", "j", "columns"), ("j", "columns", "i", "rows")

_of_pytensor = {op: numba_funcify_and_cache_key.dispatch(op) for op in (Sum, Max, Min, Argmax)}


def _compiled(name: str, lines: list[str]) -> tuple[Callable[..., Any], str]:
    source = "\n".join([f"def {name}(x):", *(f"    {line}" for line in lines)])
    key = sha256(f"{source} {CACHE_VERSION}".encode()).hexdigest()
    return numba_njit(compile_numba_function_src(source, name, {"np": np}, cache_key=key)), key


@register_funcify_and_cache_key(Sum)
@register_funcify_and_cache_key(Max)
@register_funcify_and_cache_key(Min)
def _funcify_reduction(op: Op, node: Apply, scalar_out: bool = False, **kwargs: Any) -> Any:
    (x,), (y,) = node.inputs, node.outputs
    dtypes = {x.type.dtype, y.type.dtype}
    has_loops = x.type.ndim in (1, 2) or (x.type.ndim > 2 and not isinstance(op, Sum))
    if scalar_out or not has_loops or not dtypes <= set(FLOATS):
        options = {"scalar_out": True} if scalar_out else {}
        return _of_pytensor[type(op)](op, node=node, **options, **kwargs)
    within = getattr(op, "acc_dtype", None) or y.type.dtype
    axes = tuple(range(x.type.ndim)) if op.axis is None else tuple(op.axis)
    start, step = f"np.{within}({op.scalar_op.identity!r})".replace("inf", "np.inf"), STEPS[type(op)]
    name = f"{type(op).__name__.lower()}_over_{'_and_'.join(map(str, axes))}"
    lines = [] if isinstance(op, Sum) else _check(x.type.ndim, axes, name)
    write = _lines if x.type.ndim < 3 else _nested
    return _compiled(name, [*lines, *write(x.type.ndim, axes, start, step, within, y.type.dtype)])


def _check(ndim: int, axes: tuple[int, ...], name: str) -> list[str]:
    """Write the error of an axis without elements, as NumPy raises it."""
    empty = " or ".join(f"x.shape[{axis}] == 0" for axis in axes)
    others = " and ".join(["True", *(f"x.shape[{i}] > 0" for i in range(ndim) if i not in axes)])
    return [f"if ({empty}) and {others}:", f"    raise ValueError('{name}: the axis has no elements')"]


def _nested(ndim: int, axes: tuple[int, ...], start: str, step: str, within: str, dtype: str) -> list[str]:
    """Write one loop for each axis."""
    kept = [i for i in range(ndim) if i not in axes]
    shape = "".join(f"x.shape[{i}], " for i in kept)
    result = f"result[{', '.join(f'i{i}' for i in kept) or '()'}]"
    element = f"x[{', '.join(f'i{i}' for i in range(ndim))}]"
    loops = ["    " * i + f"for i{i} in range(x.shape[{i}]):" for i in range(ndim)]
    lines = [f"result = np.full(({shape}), {start}, np.{within})", *loops]
    return [*lines, "    " * ndim + step.format(result, element), f"return result.astype(np.{dtype})"]


def _lines(ndim: int, axes: tuple[int, ...], start: str, step: str, within: str, dtype: str) -> list[str]:
    """Write the loops, in the order of memory if they may run in any order."""
    if ndim == 1:
        return [
            f"result = {start}",
            "for i in range(x.shape[0]):",
            f"    {step.format('result', 'x[i]')}",
            f"return np.array(result, np.{dtype})",
        ]
    whole = len(axes) == 2
    kept = "i" if axes == (1,) else "j"
    lines = ["rows, columns = x.shape"]
    if whole:
        result, lines = "result", [*lines, f"result = {start}"]
    else:
        n = {"i": "rows", "j": "columns"}[kept]
        result, lines = f"result[{kept}]", [*lines, f"result = np.full({n}, {start}, np.{within})"]
    for header, (outer, n, inner, m) in (
        ("if abs(x.strides[0]) >= abs(x.strides[1]):", BY_ROWS),
        ("else:", BY_COLUMNS),
    ):
        lines += [
            header,
            f"    for {outer} in range({n}):",
            f"        for {inner} in range({m}):",
            f"            {step.format(result, 'x[i, j]')}",
        ]
    if whole:
        return [*lines, f"return np.array(result, np.{dtype})"]
    return [*lines, "return result" if within == dtype else f"return result.astype(np.{dtype})"]


@register_funcify_and_cache_key(Argmax)
def _funcify_argmax(op: Op, node: Apply, **kwargs: Any) -> Any:
    (x,) = node.inputs
    if x.type.ndim != 2 or tuple(op.axis or ()) != (1,) or x.type.dtype not in FLOATS:
        return _of_pytensor[Argmax](op, node=node, **kwargs)
    lines = [
        "rows, columns = x.shape",
        "if columns == 0:",
        "    raise ValueError('attempt to get argmax of an empty sequence')",
        "result = np.zeros(rows, np.int64)",
        "for i in range(rows):",
        "    largest = x[i, 0]",
        "    for j in range(1, columns):",
        "        if largest != largest:",  # NumPy returns the place of the first NaN
        "            break",
        "        if x[i, j] > largest or x[i, j] != x[i, j]:",
        "            largest, result[i] = x[i, j], j",
        "return result",
    ]
    return _compiled("argmax_of_rows", lines)
