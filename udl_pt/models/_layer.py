"""What auto-encoders and restricted Boltzmann machines have in common as layers of a deep network.

A layer has weights W of shape (D, M) between visible and hidden units, a bias for each side, and velocities
for all of them. A subclass says what either side gets from the other (`hidden_logits`, `visible_input`) and
what becomes of it in both (`hidden_mean`, `visible_mean`).
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count
from udl_pt._support.classes import is_newer
from udl_pt._support.interrupts import whole
from udl_pt._support.parameters import LayerParameters
from udl_pt.backends import Function, float_dtype, shared
from udl_pt.symbolic.calling import ArrayFunction, Callables, symbolic_or_array
from udl_pt.symbolic.random import Chance, RandomStreams, WithChance
from udl_pt.symbolic.variables import Symbolic, SymbolicLike
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import Step, cost_recorder, train
from udl_pt.training.run import Run

__all__ = ["Layer"]


class Layer(WithChance, LayerParameters, Callables):
    """The base of `AutoEncoder` and `RBM`, which document the parameters."""

    W: SharedVariable
    n_features: int
    backend: str

    def __init__(self, M: int, an_id: Any, *, rng: Any, random_state: Any, dtype: Any) -> None:
        self.M = check_count(M, "M")
        self.id = an_id
        self.dtype = float_dtype(dtype)
        self.costs: list[float] = []
        self.valid_costs: list[float] = []
        self._chance = Chance(random_state)
        self._make_stream(rng, RandomStreams)

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1].

        Where a subclass overrides `hidden_mean` or `forward_hidden`, but not this, it is found out by calling
        them with a few numbers; None where that fails.
        """
        return self._in_unit_interval("hidden", known=True)

    @property
    def output_unit_interval(self) -> bool | None:
        """Whether what it rebuilds is in [0, 1]; of `visible_mean` and `backward` likewise."""
        raise NotImplementedError

    def _probe(self, D: int) -> "Layer":
        """Return a copy with zeros for parameters and draws of its own, to try a function of the model on."""
        probe = copy.copy(self)
        probe._set_params(W=np.zeros((D, self.M), self.dtype), **self._zeros(D))
        probe.rng = RandomStreams(0)
        return probe

    def _in_unit_interval(self, side: str, *, known: bool | None) -> bool | None:
        """Return what is `known` of a side's units, unless a subclass has other ones: call these."""
        methods = {"hidden": ("hidden_mean", "forward_hidden"), "output": ("visible_mean", "backward")}[side]
        if known is not None and not is_newer(type(self), methods, f"{side}_unit_interval"):
            return known
        probe = copy.copy(self)
        probe._set_params(W=np.ones((1, self.M), self.dtype), **self._zeros(1))
        probe.rng = RandomStreams(0)
        x = pt.matrix("x", dtype=self.dtype)
        logits = np.linspace(-30, 30, 61, dtype=self.dtype)[:, None]
        if side == "output":  # the sum over all hidden units is the logit
            logits = np.tile(logits / np.asarray(self.M, self.dtype), self.M)
        try:
            values = Function([x], getattr(probe, methods[1])(x), compiled=False)(logits)
            return bool(((values >= 0) & (values <= 1)).all())
        except Exception:  # whatever it is, it is the subclass's: it may need what only `fit` gives it
            return None

    def _zeros(self, D: int) -> dict[str, np.ndarray]:
        """Return what starts at zero by its name, for `D` visible units: all parameters but W."""
        raise NotImplementedError

    def takes_probabilities(self, **options: Any) -> bool:
        """Whether ``fit`` is known to take values in [0, 1] only; of a ``fit`` of one's own nothing is known.

        Parameters
        ----------
        **options
            What ``fit`` will be given besides the data.

        Returns
        -------
        bool

        Raises
        ------
        ValueError
            When ``fit`` would refuse the cost among the options.
        """
        return False

    @property
    def title(self) -> str:
        """What progress and errors call it."""
        return f"{type(self).__name__}({self.M})" + ("" if self.id is None else f" {self.id}")

    @whole
    def _set_params(self, **values: np.ndarray) -> None:
        """Make the shared variables anew: W, the hidden bias, the rest; and dW and so on, at zero.

        They are set at once: what another thread computes meanwhile is of the old ones or of the new.
        """
        new = {name: shared(value, name) for name, value in values.items()}
        new |= {f"d{name}": shared(np.zeros_like(value), f"d{name}") for name, value in values.items()}
        old = vars(self).copy()  # nothing of it dies before all are set: another thread might look then
        self._replace(**new, n_features=len(values["W"]))
        del old

    def _begin(self, run: Run, W: np.ndarray, biases: dict[str, np.ndarray]) -> None:
        """Set new parameters, and forget what the last fit recorded."""
        self.backend, self.unit_interval = str(run.backend), run.unit_interval
        self._set_params(W=W, **biases)
        self.costs, self.valid_costs = [], []
        self._start_stream()

    def _train(
        self,
        step: Step,
        run: Run,
        valid: Arrays | None,
        cost: Callable[[Symbolic, Symbolic], Symbolic],
        divisor: float = 1.0,
    ) -> None:
        """Train, and record costs, of a validation set of one array too.

        `cost` compares visible units with what the hidden ones send down, entry by entry.
        """
        measure = cost_recorder(
            self.costs,
            lambda x: cost(x, self.visible_input(self.forward_hidden(x))).sum(),
            run,
            name=f"{self.title} cost_op",
            divisor=divisor,
            valid=None if valid is None else (valid[0], self.valid_costs),
        )
        train(step, run, generator=self._generator, stage=self.title, measure=measure, model=self)

    def hidden_logits(self, V: Symbolic) -> Symbolic:
        """Return what the visible units send up, the hidden units' logits; symbolic, (N, D) to (N, M)."""
        raise NotImplementedError

    def hidden_mean(self, A: Symbolic) -> Symbolic:
        """Turn what `hidden_logits` gives into the hidden units' values: the sigmoid; symbolic, (N, M)."""
        return pt.sigmoid(A)

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return what the hidden units send down; symbolic, (N, M) to (N, D)."""
        raise NotImplementedError

    def visible_mean(self, A: Symbolic) -> Symbolic:
        """Turn what `visible_input` gives into the visible units' values or means; symbolic, (N, D)."""
        raise NotImplementedError

    @property
    def hidden_op(self) -> ArrayFunction:
        """The compiled `forward_hidden`: arrays in, arrays out."""
        return self.array_function("forward_hidden")

    @overload
    def forward_hidden(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward_hidden(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward_hidden(self, X: Any) -> Any:
        """Encode: the hidden units' values; of an RBM their probabilities, P(h = 1 | v).

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return self.hidden_mean(self.hidden_logits(X))

    @overload
    def forward_output(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward_output(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward_output(self, X: Any) -> Any:
        """Reconstruct, without a draw: what `backward` makes of `forward_hidden`.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return self.backward(self.forward_hidden(X))

    @overload
    def backward(self, H: SymbolicLike) -> Symbolic: ...
    @overload
    def backward(self, H: ArrayLike) -> np.ndarray: ...
    @partial(symbolic_or_array, takes_hidden=True)
    def backward(self, H: Any) -> Any:
        """Decode: the visible units' values; of an RBM their means given the hidden units.

        Parameters
        ----------
        H : Variable or array_like of shape (N, M)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            A graph where `H` is a PyTensor variable, else an array.
        """
        return self.visible_mean(self.visible_input(H))
