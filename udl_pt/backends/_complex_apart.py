"""Take fused loops apart whose complex numbers are between their operations alone.

PyTensor's C code for them lacks the complex types, and isn't compiled.
"""

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Constant
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.scalar.basic import Composite
from pytensor.tensor.elemwise import Elemwise

__all__ = ["complex_apart"]


def _is_complex(variable: Any) -> bool:
    return str(variable.type.dtype).startswith("complex")


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def local_complex_apart(fgraph: Any, node: Any) -> list[Any] | None:
    """Replace a fused loop by loops of its operations, where complex numbers are inside alone."""
    if not isinstance(node.op.scalar_op, Composite) or any(map(_is_complex, [*node.inputs, *node.outputs])):
        return None
    fused = node.op.scalar_op.fgraph
    if not any(_is_complex(v) for inner in fused.apply_nodes for v in inner.outputs):
        return None
    known = dict(zip(fused.inputs, node.inputs, strict=True))
    for inner in dict.fromkeys(fused.toposort()):
        inputs = [
            pt.constant(v.data, dtype=v.type.dtype) if isinstance(v, Constant) else known[v]
            for v in inner.inputs
        ]
        known |= zip(inner.outputs, Elemwise(inner.op)(*inputs, return_list=True), strict=True)
    return [known[v] for v in fused.outputs]


complex_apart = dfs_rewriter(local_complex_apart)
