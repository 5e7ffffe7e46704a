"""Auto-encoder, RBM and DNN in PyTorch's eager style: costs are written, gradients are PyTorch's.

The classes of `udl_pt.eager` with tensors as parameters, and each cost differentiated anew in every step.
Draws are made on the host, so they are the same, and are no part of what is differentiated. Arrays in, arrays
out; tensors in, tensors out. Parameters ask for gradients only while a step needs them.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torch.nn import functional as F

from udl_pt import eager
from udl_pt.eager._layer import Twin
from udl_pt.eager._streams import Streams as HostStreams

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

    @staticmethod
    def _sign(values: Any) -> Any:
        return torch.sign(values)

    def _called(self, formula: Callable[[Any], Any], X: Any, **options: Any) -> Any:
        """Call a formula with tensors as they are, and with arrays that are checked."""
        if isinstance(X, torch.Tensor):
            self._check_fitted("it is called")
            return formula(X)

        def of_array(X: Any) -> Any:
            with torch.no_grad():
                return formula(torch.from_numpy(np.require(X, requirements=["C", "W"]))).numpy()

        return super()._called(of_array, X, **options)

    def _derived(self, cost: Callable[[], Any]) -> Any:
        """Differentiate a cost by the parameters, with PyTorch."""
        for p in self.params:
            p.requires_grad_(True)
        try:
            with torch.enable_grad():
                return torch.autograd.grad(cost(), self.params)
        finally:
            for p in self.params:
                p.requires_grad_(False)


class AutoEncoder(Tensors, eager.AutoEncoder):
    """The twin of `udl_pt.AutoEncoder` in PyTorch."""

    Streams = Streams
    units: ClassVar = {"sigmoid": torch.sigmoid, "linear": lambda A: A, "relu": torch.relu}
    hidden_unit_interval = eager.AutoEncoder.hidden_unit_interval  # these are the same units

    def _encode(self, X: Any) -> Any:
        return self.units[self.hidden](torch.addmm(self.bh, X, self.W))  # (N, M)

    def _visible_input(self, Z: Any) -> Any:
        return torch.addmm(self.bo, Z, self.W.T)  # (N, D)

    def _decode(self, Z: Any) -> Any:
        return self.units[self.output](self._visible_input(Z))

    def _cost(self, X: Any, noisy: Any = None) -> Any:
        """Return the cost of rebuilding `X` from its corrupted form, summed over rows."""
        Z = self._encode(X if noisy is None else noisy)
        if self.cost == "squared_error":
            return F.mse_loss(self._decode(Z), X, reduction="sum")
        return F.binary_cross_entropy_with_logits(self._visible_input(Z), X, reduction="sum")

    def _gradients(self, X: Any, scale: float) -> Any:
        """Return the gradients of ``scale * cost`` of a batch."""
        target = torch.from_numpy(X)
        noisy = self._corrupted(target)
        return self._derived(lambda: scale * self._cost(target, noisy))


class RBM(Tensors, eager.RBM):
    """The twin of `udl_pt.RBM` in PyTorch."""

    Streams = Streams
    hidden_unit_interval = eager.RBM.hidden_unit_interval

    def _encode(self, V: Any) -> Any:
        return torch.sigmoid(torch.addmm(self.c, V, self.W))  # (N, M)

    def _visible_input(self, H: Any) -> Any:
        return torch.addmm(self.b, H, self.W.T)  # (N, D)

    def _decode(self, H: Any) -> Any:
        return torch.sigmoid(self._visible_input(H))

    def _draw(self, u: Any, p: Any) -> Any:
        return (u < p).to(u.dtype)

    def _free_energy(self, V: Any) -> Any:
        return self._energy(V, torch.addmm(self.c, V, self.W))

    def _energy(self, V: Any, A: Any) -> Any:
        """Return the free energy of `V`, of shape (N,), where ``A = VW + c`` is known."""
        return -V @ self.b - torch.logaddexp(A, torch.zeros_like(A)).sum(dim=1)

    def _cost(self, X: Any) -> Any:
        A = self._visible_input(self._encode(X))
        return F.binary_cross_entropy_with_logits(A, X, reduction="sum")

    def _gradients(self, X: Any, scale: float) -> Any:
        """Return the gradients of ``mean F(v0) - mean F(v1)``; v1 is drawn without gradients."""
        v0 = torch.from_numpy(X)

        def cost() -> Any:
            A = torch.addmm(self.c, v0, self.W)  # (n, M); the chain starts from it, too
            with torch.no_grad():
                v1 = self._persistent_chain() if self.chains is not None else self._chain(A.sigmoid(), self.k)
            return scale * self._energy(v0, A).sum() - self._free_energy(v1).sum() / len(v1)

        return self._derived(cost)


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
        """Return the gradients of ``scale * cost + reg * sum p^2`` of a batch."""

        def cost() -> Any:
            J = scale * self._cost(torch.from_numpy(X), Y)
            return J + reg * sum((p**2).sum() for p in self.params) if reg else J

        return self._derived(cost)

    def _input_gradient(self, X: Any, Y: Any) -> Any:
        """Differentiate the cost by the images, with PyTorch."""
        with torch.enable_grad():
            X = X.detach().requires_grad_(True)
            return torch.autograd.grad(self._cost(X, Y), X)[0]
