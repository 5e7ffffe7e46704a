"""The training steps that benchmarks time, as arrays; and their matrix products alone.

Each step is the book's, on 784 pixels: an auto-encoder of 1,000 hidden units, the same with 30% of the pixels
masked, the fine-tuning of [1000, 750, 500] with ten classes, and an RBM of 1,000 hidden units by CD-1 and by
persistent chains (PCD-1). Other sizes can be chosen.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

AE, DENOISING, DEEP, CD, PCD = KINDS = ("auto-encoder", "denoising", "fine-tuning", "rbm", "persistent rbm")
RBMS = (CD, PCD)
K = 10  # classes
MASKED = 0.3
RATE, MU = 0.01, 0.9


@dataclass(frozen=True)
class Problem:
    """A kind of step, its dtype, and its sizes."""

    kind: str
    dtype: str = "float32"
    batch: int = 100
    D: int = 784
    hidden: tuple[int, ...] = ()

    @property
    def sizes(self):
        return list(self.hidden or ((1000, 750, 500) if self.kind == DEEP else (1000,)))

    def arrays(self):
        """Return batch, labels and first parameters: [W, b, W, b, ...]; of one layer [W, hidden, visible]."""
        rs = np.random.RandomState(0)
        X, params = rs.rand(self.batch, self.D).astype(self.dtype), []
        for m, n in pairwise([self.D, *self.sizes, *([K] if self.kind == DEEP else [])]):
            params += [(rs.randn(m, n) / np.sqrt(m + n)).astype(self.dtype), np.zeros(n, self.dtype)]
        if self.kind != DEEP:
            params.append(np.zeros(self.D, self.dtype))
        return X, (np.arange(self.batch) % K).astype("int32"), params

    def products(self):
        """Return a function that does the step's products alone, and how many floating-point operations.

        They are the forward ones, the weights' gradients, and the deltas back to all layers but the input.
        """
        X, _, params = self.arrays()
        W = [p for p in params if p.ndim == 2]
        A = list(accumulate(W, lambda H, w: 1 / (1 + np.exp(-H @ w)), initial=X))
        # what comes down from the hidden units, what goes up again, and the second gradient of the weights
        back = [(A[1], W[0].T), (A[0], W[0]), (A[0].T, A[1])] if self.kind != DEEP else []
        back += [(A[i].T, A[i + 1]) for i in range(len(W))] + [(A[i + 1], W[i].T) for i in range(1, len(W))]
        pairs = [*zip(A, W, strict=False), *back]
        todo = [(x, y, np.empty((len(x), y.shape[1]), self.dtype)) for x, y in pairs]
        operations = sum(2 * len(x) * x.shape[1] * y.shape[1] for x, y in pairs)
        return lambda: [np.dot(x, y, out=out) for x, y, out in todo], operations
