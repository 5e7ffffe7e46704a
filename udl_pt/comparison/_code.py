"""The graph of a training step after PyTensor's rewrites, and the eager twin's lines of the same step."""

import inspect
import textwrap
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from udl_pt import eager
from udl_pt.eager._layer import MomentumStep
from udl_pt.eager._stack import Stack
from udl_pt.eager.dnn import log_softmax
from udl_pt.models._rbm.contrastive_divergence import Sampler, contrastive_step
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.costs import cross_entropy

__all__ = ["operations_of_step", "twins_lines"]

B, D, M, K = 5, 4, 3, 2  # sizes don't matter: none is compiled in
TWINS_LINES: dict[str, list[Callable[..., Any]]] = {
    "autoencoder": [
        eager.AutoEncoder._encode,
        eager.AutoEncoder._visible_input,
        eager.AutoEncoder._decode,
        eager.AutoEncoder._slope,
        eager.AutoEncoder._gradients,
    ],
    "rbm": [
        eager.RBM._encode,
        eager.RBM._visible_input,
        eager.RBM._decode,
        eager.RBM._draw,
        eager.RBM._uniforms,
        eager.RBM._chain,
        eager.RBM._gradients,
    ],
    "dnn": [
        log_softmax,
        Stack._activations,
        eager.AutoEncoder._encode,
        eager.AutoEncoder._slope,
        eager.DNN._deltas,
        eager.DNN._gradients,
    ],
}
PRODUCTS = {
    "Dot": "matrix product",
    "Dot22": "matrix product",
    "Dot22Scalar": "matrix product times a number",
    "Gemm": "matrix product with accumulation, b C + a A B",
    "Gemv": "product of matrix and vector with accumulation",
    "CGemv": "product of matrix and vector with accumulation",
    "Ger": "outer product with accumulation",
    "CGer": "outer product with accumulation",
}
NO_WORK = "no work: a view, or a shape"
SHAPES = ("Shape_i", "ScalarFromTensor", "TensorFromScalar", "OnlyEntry", "MakeVector")


def twins_lines(kind: str) -> str:
    """Return the source lines that the NumPy twin runs in a training step.

    Parameters
    ----------
    kind : {"autoencoder", "rbm", "dnn"}
        The model.

    Returns
    -------
    str
    """
    parts = [*TWINS_LINES[kind], MomentumStep.__call__]
    return "\n".join(textwrap.dedent(inspect.getsource(part)) for part in parts)


def operations_of_step(kind: str, backend: str, dtype: str = "float32") -> list[tuple[str, int, str]]:
    """Compile a training step, and count the operations in its graph after PyTensor's rewrites.

    Parameters
    ----------
    kind : {"autoencoder", "rbm", "dnn"}
        The model. A network has two hidden layers.
    backend : {"numba", "c", "jax"}
        The backend that compiles the step.
    dtype : {"float32", "float64"}
        The model's dtype.

    Returns
    -------
    list of (str, int, str)
        For each operation its name, its number of occurrences, and its description. The description names
        fused operations, work in place, and matrix products with or without accumulation; or says that the
        operation does no work. Products come first, operations without work last.
    """
    step, batch = _step(kind, backend, dtype)
    step(*batch, *(np.asarray(value, dtype) for value in (0.1, 0.9)))
    seen = Counter(_described(node.op) for node in step.function.operations())
    rows = [(name, count, what) for (name, what), count in seen.most_common()]
    return sorted(rows, key=lambda row: (NO_WORK in row[2]) - ("product" in row[2]))


def _step(kind: str, backend: str, dtype: str) -> tuple[Any, list[np.ndarray]]:
    X, Y = np.full((B, D), 0.5, dtype), np.arange(B, dtype="int32") % K
    options: dict[str, Any] = {"random_state": 0, "dtype": dtype}
    if kind == "autoencoder":
        return AutoEncoder(M, **options).fit(X, epochs=0, backend=backend)._step(cross_entropy, 1 / B), [X]
    if kind == "rbm":
        rbm = RBM(M, **options).fit(X, epochs=0, backend=backend)
        further: dict[str, Any] = {"binarize": False, "centre": None, "backend": backend, "name": "CD-1"}
        return contrastive_step(rbm, Sampler(1, 0, 1), None, batch_sz=B, **further), [X]
    dnn = DNN([M, M], **options).fit(X, Y, X, Y, False, epochs=0, backend=backend)
    return dnn._step(K, 1 / B), [X, Y]


def _described(op: Any) -> tuple[str, str]:
    """Return an operation's name and its description."""
    name = type(op).__name__
    notes = ["in place"] if getattr(op, "destroy_map", None) else []
    scalar = getattr(op, "scalar_op", None)
    if scalar is not None and not hasattr(op, "axis"):  # element by element
        inner = getattr(scalar, "fgraph", None)
        if inner is None:
            name = f"{name} {_short(scalar)}"
        else:
            parts = Counter(_short(node.op) for node in inner.toposort())
            what = ", ".join(part if n == 1 else f"{n} {part}" for part, n in parts.items())
            notes.insert(0, f"fused of {what}")
    elif name in PRODUCTS:
        notes.insert(0, PRODUCTS[name])
    elif getattr(op, "view_map", None) or name in SHAPES:
        notes.insert(0, NO_WORK)
    return name, "; ".join(notes)


def _short(op: Any) -> str:
    return type(op).__name__.lower()
