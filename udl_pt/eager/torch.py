"""Auto-encoder, RBM and DNN in PyTorch's eager style: costs are written, gradients are PyTorch's.

The classes of `udl_pt.eager` with tensors as parameters, and each cost differentiated anew in every step.
Draws are made on the host, so they are the same, and are no part of what is differentiated. Arrays in, arrays
out; tensors in, tensors out. Parameters ask for gradients only while a step needs them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from udl_pt import eager
from udl_pt.eager.layer import Twin
from udl_pt.eager.streams import Streams as HostStreams

__all__ = ["DNN", "RBM", "AutoEncoder"]


class Streams(HostStreams):
    """The same draws as tensors."""

    def _cast(self, values: Any, dtype: Any) -> Any:
        name = str(dtype).removeprefix("torch.")
        if isinstance(values, torch.Tensor):
            return values.to(getattr(torch, name))
        return torch.from_numpy(values.astype(name, copy=False))


class Tensors(Twin):
    """What the twins of PyTorch have in common."""

    @staticmethod
    def _param(value: np.ndarray) -> Any:
        """Make a parameter: a tensor on the array's memory."""
        return torch.from_numpy(value)

    def _called(self, formula: Callable[[Any], Any], X: Any, *, takes_hidden: bool = False) -> Any:
        """Call a formula with tensors as they are, and with arrays that are checked."""
        if isinstance(X, torch.Tensor):
            return formula(X)

        def of_array(X: Any) -> Any:
            with torch.no_grad():
                return formula(torch.from_numpy(X)).numpy()

        return super()._called(of_array, X, takes_hidden=takes_hidden)

    def _derived(self, cost: Callable[[], Any]) -> Any:
        """Let PyTorch follow a cost's computation, and differentiate it by the parameters."""
        for p in self.params:
            p.requires_grad_(True)
        try:
            return torch.autograd.grad(cost(), self.params)
        finally:
            for p in self.params:
                p.requires_grad_(False)


class AutoEncoder(Tensors, eager.AutoEncoder):
    """The twin of `udl_pt.AutoEncoder` in PyTorch."""

    Streams = Streams

    def _encode(self, X: Any) -> Any:
        A = torch.addmm(self.bh, X, self.W)  # (N, M)
        return torch.sigmoid(A) if self.hidden == "sigmoid" else A

    def _visible_input(self, Z: Any) -> Any:
        return torch.addmm(self.bo, Z, self.W.T)  # (N, D)

    def _decode(self, Z: Any) -> Any:
        B = self._visible_input(Z)
        return torch.sigmoid(B) if self.output == "sigmoid" else B

    def _cost(self, X: Any, noisy: Any = None) -> Any:
        """Give the cost of rebuilding `X` from its corrupted form, summed over rows."""
        Z = self._encode(X if noisy is None else noisy)
        if self.cost == "squared_error":
            return F.mse_loss(self._decode(Z), X, reduction="sum")
        return F.binary_cross_entropy_with_logits(self._visible_input(Z), X, reduction="sum")

    def _gradients(self, X: Any, scale: float) -> Any:
        """Give the gradients of ``scale * cost`` of a batch."""
        target = torch.from_numpy(X)
        noisy = self._corrupted(target)
        return self._derived(lambda: scale * self._cost(target, noisy))


class RBM(Tensors, eager.RBM):
    """The twin of `udl_pt.RBM` in PyTorch."""

    Streams = Streams

    def _encode(self, V: Any) -> Any:
        return torch.sigmoid(torch.addmm(self.c, V, self.W))  # (N, M)

    def _visible_input(self, H: Any) -> Any:
        return torch.addmm(self.b, H, self.W.T)  # (N, D)

    def _decode(self, H: Any) -> Any:
        return torch.sigmoid(self._visible_input(H))

    def _draw_h(self, V: Any, u: Any) -> Any:
        return (u < self._encode(V)).to(V.dtype)

    def _draw_v(self, H: Any, u: Any) -> Any:
        return (u < self._decode(H)).to(H.dtype)

    def _free_energy(self, V: Any) -> Any:
        A = torch.addmm(self.c, V, self.W)  # (N, M)
        return -V @ self.b - torch.logaddexp(A, torch.zeros_like(A)).sum(dim=1)  # (N,)

    def _cost(self, X: Any) -> Any:
        A = self._visible_input(self._encode(X))
        return F.binary_cross_entropy_with_logits(A, X, reduction="sum")

    def _gradients(self, X: Any, scale: float) -> Any:
        """Give the gradients of ``mean F(v0) - mean F(v1)``; v1 is drawn before, so it is constant."""
        v0 = torch.from_numpy(X)
        v1 = self._chain(v0, self.k) if self.chains is None else self._persistent_chain()
        return self._derived(
            lambda: scale * self._free_energy(v0).sum() - self._free_energy(v1).sum() / len(v1)
        )


class DNN(Tensors, eager.DNN):
    """The twin of `udl_pt.DNN` in PyTorch."""

    Model = AutoEncoder

    def _logits(self, X: Any) -> Any:
        return torch.addmm(self.b, self._activations(X)[-1], self.W)  # (N, K)

    def _probabilities(self, X: Any) -> Any:
        return torch.softmax(self._logits(X), dim=1)

    def _cost(self, X: Any, Y: Any) -> Any:
        return F.cross_entropy(self._logits(X), torch.as_tensor(Y, dtype=torch.int64), reduction="sum")

    def _gradients(self, X: Any, Y: Any, reg: float, scale: float) -> Any:
        """Give the gradients of ``scale * cost + reg * sum p^2`` of a batch."""

        def cost() -> Any:
            J = scale * self._cost(torch.from_numpy(X), Y)
            return J + reg * sum((p**2).sum() for p in self.params) if reg else J

        return self._derived(cost)

    def _input_gradient(self, X: Any, Y: Any) -> Any:
        """Let PyTorch differentiate the cost by the images."""
        with torch.enable_grad():
            X = X.detach().requires_grad_(True)
            return torch.autograd.grad(self._cost(X, Y), X)[0]
