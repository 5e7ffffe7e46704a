"""``theano.tensor.nnet.blocksparse``: products with some blocks of a matrix."""

from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._face.tensor._creation import as_tensor_variable

__all__ = [
    "SparseBlockGemv",
    "SparseBlockOuter",
    "sparse_block_dot",
    "sparse_block_gemv",
    "sparse_block_outer",
]


class SparseBlockGemv:
    """``SparseBlockGemv()(o, W, h, inputIdx, outputIdx)``.

    ``o[b, j] + sum_i h[b, i] W[inputIdx[b, i], outputIdx[b, j]]``, with the blocks ``W[i, j]`` of a matrix.
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def __call__(self, o: Any, W: Any, h: Any, inputIdx: Any, outputIdx: Any) -> Any:
        """Return the outputs: batch x output blocks x size of a block."""
        o, W, h, rows, columns = map(as_tensor_variable, (o, W, h, inputIdx, outputIdx))
        for name, value, ndim in (
            ("o", o, 3),
            ("W", W, 4),
            ("h", h, 3),
            ("inputIdx", rows, 2),
            ("outputIdx", columns, 2),
        ):
            if value.ndim != ndim:
                raise TypeError(f"{name} must have {ndim} axes, and has {value.ndim}")
        blocks = W[rows.dimshuffle(0, 1, "x"), columns.dimshuffle(0, "x", 1)]
        return o + (h.dimshuffle(0, 1, "x", 2, "x") * blocks).sum(axis=(1, 3))


class SparseBlockOuter:
    """``SparseBlockOuter()(o, x, y, xIdx, yIdx)``: `o` with outer products of blocks added."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def __call__(self, o: Any, x: Any, y: Any, xIdx: Any, yIdx: Any, alpha: Any = None) -> Any:
        """Return the blocks: input blocks x output blocks x their sizes."""
        o, x, y, rows, columns = map(as_tensor_variable, (o, x, y, xIdx, yIdx))
        products = x.dimshuffle(0, 1, "x", 2, "x") * y.dimshuffle(0, "x", 1, "x", 2)
        if alpha is not None:
            products = alpha * products
        return pt.inc_subtensor(o[rows.dimshuffle(0, 1, "x"), columns.dimshuffle(0, "x", 1)], products)


sparse_block_gemv, sparse_block_gemv_inplace = SparseBlockGemv(False), SparseBlockGemv(True)
sparse_block_outer, sparse_block_outer_inplace = SparseBlockOuter(False), SparseBlockOuter(True)


def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> Any:
    """Return the chosen output blocks of h W + b, from the chosen input blocks."""
    assert inputIdx.ndim == h.ndim - 1, f"inputIdx has {inputIdx.ndim} axes, and h {h.ndim}"
    assert outputIdx.ndim == inputIdx.ndim, f"outputIdx has {outputIdx.ndim} axes"
    if h.ndim == 2:
        h, inputIdx, outputIdx = (
            h.dimshuffle("x", 0, 1),
            inputIdx.dimshuffle("x", 0),
            outputIdx.dimshuffle("x", 0),
        )
    return sparse_block_gemv(b.take(outputIdx, axis=0), W, h, inputIdx, outputIdx)
