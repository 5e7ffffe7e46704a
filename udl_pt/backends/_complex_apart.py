"""Split fused loops of real numbers with complex intermediate values.

PyTensor's C code for such a loop lacks the complex types, so it can't be compiled.
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
    """Replace a fused loop by one loop for each operation, where only intermediate values are complex."""
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
