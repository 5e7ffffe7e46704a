"""Auto-encoder, RBM and DNN in PyTorch's eager style: costs are written, gradients are PyTorch's.

These are the classes of `udl_pt.eager` with tensors as parameters. Every step differentiates its cost anew.
NumPy makes the draws, so they equal those of `udl_pt.eager`; gradients treat them as constants. Arrays in,
arrays out; tensors in, tensors out. Parameters require gradients only during a step.
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
    """The stream of `udl_pt.eager`, with draws as tensors."""

    def _cast(self, values: Any, dtype: Any) -> Any:
        name = str(dtype).removeprefix("torch.")
        if isinstance(values, torch.Tensor):
            return values.to(getattr(torch, name))
        return torch.from_numpy(values.astype(name, copy=False))


class Tensors(Twin):
    """The base of the PyTorch twins: parameters as tensors, calls, and gradients."""

    @staticmethod
    def _param(value: np.ndarray) -> Any:
        """Return an array as a parameter: a tensor on the array's memory."""
        return torch.from_numpy(value)

    @staticmethod
    def _sign(values: Any) -> Any:
        return torch.sign(values)

    def _called(self, formula: Callable[[Any], Any], X: Any, **options: Any) -> Any:
        """Call a formula: with a tensor as it is, with an array once it is checked."""
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
    """Auto-encoder with tied weights in PyTorch, the twin of `udl_pt.AutoEncoder` (chapter 3).

    It encodes ``Z = s(XW + bh)`` and decodes ``X_hat = s(ZW' + bo)``. Arguments and methods are those of
    `udl_pt.eager.AutoEncoder`; PyTorch computes the gradients.

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of your own, kept as ``id``.
    corruption : callable, optional
        ``corruption(X, stream)`` returns the corrupted batch, which training encodes (denoising
        auto-encoder). X and the stream's draws are tensors.
    hidden, output : {"sigmoid", "linear", "relu"}
        Activation of the hidden and of the output units; "relu" is ``max(a, 0)``.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Source of the corruption's draws. An int restarts at each fit. None derives the draws from
        `random_state` where that is given; otherwise they are seeded afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts at each fit; None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.

    Attributes
    ----------
    W : torch.Tensor of shape (D, M)
        Weights.
    bh, bo : torch.Tensor of shape (M,) and (D,)
        Biases of the hidden and of the output units.
    dW, dbh, dbo : torch.Tensor
        Their velocities.
    params, dparams, forward_params, forward_dparams : list of torch.Tensor
        ``[W, bh, bo]`` and their velocities; ``[W, bh]`` and theirs.
    costs, valid_costs : list of float
        Costs that `fit` recorded, of rows reconstructed without corruption, and those of the validation set.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from udl_pt.eager.torch import AutoEncoder
    >>> ae = AutoEncoder.createFromArrays(np.eye(2), bh=np.zeros(2), bo=np.zeros(2))
    >>> ae.forward_hidden([[0, 1]]).round(3).tolist()  # an array; sigmoid of 0 and 1
    [[0.5, 0.731]]
    >>> ae.forward_hidden(torch.zeros(1, 2, dtype=torch.float64)).tolist()  # a tensor
    [[0.5, 0.5]]
    """

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
        """Return the cost of reconstructing `X` from its corrupted form, summed over rows."""
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
    """Restricted Boltzmann machine with Bernoulli units in PyTorch, the twin of `udl_pt.RBM` (chapter 4).

    ``P(v, h) = exp(-E(v, h)) / Z`` with the energy ``E(v, h) = -b'v - c'h - v'Wh``. Arguments and methods are
    those of `udl_pt.eager.RBM`; PyTorch computes the gradients of the free energy.

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of your own, kept as ``id``.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Source of the draws of units. An int restarts at each fit. None derives the draws from `random_state`
        where that is given; otherwise they are seeded afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts at each fit; None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.
    **beyond
        Arguments of `udl_pt.RBM` without a twin (`visible`, `learn_variance`), at their defaults.

    Attributes
    ----------
    W : torch.Tensor of shape (D, M)
        Weights.
    c, b : torch.Tensor of shape (M,) and (D,)
        Biases of the hidden and of the visible units.
    dW, dc, db : torch.Tensor
        Velocities for a network's fine-tuning, zero after `fit`.
    params, dparams, forward_params, forward_dparams : list of torch.Tensor
        ``[W, c, b]`` and their velocities; ``[W, c]`` and theirs.
    chains : torch.Tensor of shape (n_chains, M) or None
        Hidden units of the persistent chains after training.
    costs, valid_costs : list of float
        Costs that `fit` recorded, the cross-entropy of a row and its reconstruction in nats, and those of
        the validation set.

    Examples
    --------
    >>> from udl_pt.eager.torch import RBM
    >>> rbm = RBM.createFromArrays([[1.0], [1.0]], c=[0.0], b=[0.0, 0.0])
    >>> rbm.free_energy([[0, 0], [1, 1]]).round(3).tolist()  # -log(1 + exp(0)), -log(1 + exp(2))
    [-0.693, -2.127]
    """

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
    """Deep network of pretrained layers with a softmax on top in PyTorch, the twin of `udl_pt.DNN`.

    The network is that of chapter 3. Arguments and methods are those of `udl_pt.eager.DNN`; PyTorch computes
    the gradients.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on.
    UnsupervisedModel : callable or sequence of callable, optional
        Creates a layer from its size: `udl_pt.eager.torch.AutoEncoder` (the default),
        `udl_pt.eager.torch.RBM`, or a `functools.partial` of one with further arguments. One for all layers,
        or one for each.
    corruption : callable or None, or a sequence of them
        ``corruption(X, stream)`` returns a layer's input corrupted, in pretraining only. One for all layers,
        or one for each.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. An int restarts at each fit; None is NumPy's global
        legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.
    **beyond
        The argument `rng` of `udl_pt.DNN`, at its default None: there is no dropout here.

    Attributes
    ----------
    hidden_layers : list of udl_pt.eager.torch.AutoEncoder or udl_pt.eager.torch.RBM
        The layers, from the input on.
    W, b : torch.Tensor of shape (M, K) and (K,)
        The logistic layer.
    dW, db : torch.Tensor
        Its velocities.
    params, dparams : list of torch.Tensor
        ``[W, b]`` and the layers' weights and hidden biases, and the velocities of all.
    costs, errors : list of float
        Mean negative log-likelihood (nats) and error rate on the test set, as `fit` recorded them.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager.torch import DNN
    >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
    >>> dnn = DNN([2], random_state=0)
    >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
    >>> dnn.predict([[0.9, 0.1], [0.2, 0.8]]).tolist(), dnn.errors[-1]
    ([0, 1], 0.0)
    """

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
