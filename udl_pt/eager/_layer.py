"""What the eager twins have in common: parameters by name, a step of momentum, calls with arrays.

What is a formula stands in the model's own file.
"""

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from udl_pt._support.arguments import check_count, check_dtype
from udl_pt._support.arrays import check_matrix, check_weights
from udl_pt._support.classes import is_newer
from udl_pt._support.interrupts import whole
from udl_pt._support.parameters import LayerParameters, Parameters
from udl_pt.eager._streams import Streams
from udl_pt.symbolic.random import Chance, HostGenerator, WithChance
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import monitored_rows, train
from udl_pt.training.run import Run

__all__ = ["Array", "Layer", "MomentumStep", "Twin", "init_weights", "softplus"]

Array = Any  # of NumPy; in `udl_pt.eager.torch` a tensor


def init_weights(shape: Sequence[int], generator: HostGenerator, dtype: str) -> np.ndarray:
    """Draw the book's ``np.random.randn(*shape) / np.sqrt(sum(shape))``."""
    return np.asarray(generator.standard_normal(tuple(shape)) / np.sqrt(sum(shape)), dtype)


def softplus(a: np.ndarray) -> np.ndarray:
    """``log(1 + exp(a))``, from the side on which nothing overflows."""
    return np.asarray(np.maximum(a, 0) + np.log1p(np.exp(-abs(a))))


class MomentumStep:
    """One step of the book's momentum, whole or not at all.

    Parameters
    ----------
    gradients : callable
        ``gradients(*batch, *rates)`` returns dJ/dp for each parameter p.
    params, dparams : sequence of ndarray
        Parameters and velocities; they are changed in place.
    names : sequence of str
        What errors call the parameters.
    rates : sequence of str
        Names of the rates that `gradients` takes besides.

    Attributes
    ----------
    rates : list of str
        As of `udl_pt.training.loop.Step`: ``"learning_rate"``, ``"mu"``, and these.
    """

    def __init__(
        self,
        gradients: Callable[..., Sequence[Any]],
        params: Sequence[Any],
        dparams: Sequence[Any],
        names: Sequence[str],
        rates: Sequence[str] = (),
    ) -> None:
        self.gradients, self.params, self.dparams = gradients, list(params), list(dparams)
        self.names, self.rates = list(names), ["learning_rate", "mu", *rates]

    def __call__(self, *arguments: Any) -> np.ndarray:
        """Carry out ``v <- mu v - learning_rate dJ/dp``, then ``p <- p + v``."""
        n_arrays = len(arguments) - len(self.rates)
        batch = arguments[:n_arrays]
        learning_rate, mu, *rates = map(float, arguments[n_arrays:])
        with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite is refused
            for v, g in zip(self.dparams, self.gradients(*batch, *rates), strict=True):
                v *= mu
                v -= learning_rate * g
            moved = [p + v for p, v in zip(self.params, self.dparams, strict=True)]
            finite = np.array([math.isfinite(m.sum()) for m in moved])
            for p, v, m in zip(self.params, self.dparams, moved, strict=True):
                if finite.all():
                    p[...] = m
                else:
                    v[...] = 0
        return finite

    def settle(self) -> None:
        """Leave the parameters as they are: plain arrays at all times."""


class Twin(WithChance, Parameters):
    """A model's eager twin: chance, dtype, and arrays that are checked at the door."""

    M: int
    n_features: int
    unit_interval = False

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1]; None where that isn't known."""
        return True

    def __init__(self, *, random_state: Any, dtype: Any) -> None:
        self.dtype = check_dtype("float64" if dtype is None else dtype)
        self._chance = Chance(random_state)
        self.costs: list[float] = []

    @staticmethod
    def _param(value: np.ndarray) -> Any:
        """Make a parameter of an array: here the array itself."""
        return value

    @staticmethod
    def _sign(values: Any) -> Any:
        return np.sign(values)

    def _called(
        self,
        formula: Callable[[Any], Any],
        X: Any,
        *,
        takes_hidden: bool = False,
        unit_interval: bool | None = None,
        name: str = "X",
    ) -> Any:
        """Call a formula with arrays of visible or of hidden units, in [0, 1] where they are to be."""
        self._check_fitted("it is called")
        if unit_interval is None:
            unit_interval = bool(self.hidden_unit_interval if takes_hidden else self.unit_interval)
        width = self.M if takes_hidden else self.n_features
        X = check_matrix(X, name, dtype=self.dtype, n_features=width, unit_interval=unit_interval)
        with np.errstate(over="ignore", invalid="ignore"):  # of parameters as large as the dtype allows
            return formula(np.asarray(X, self.dtype))


class Layer(LayerParameters, Twin):
    """The base of `udl_pt.eager.AutoEncoder` and `udl_pt.eager.RBM`, which document the parameters.

    A subclass writes its formulas: `_encode` and `_decode`; `_gradients` of a batch's cost by the parameters;
    and `_cost`, the sum over rows that is recorded.
    """

    W: Array
    rng: Any
    units: ClassVar[Any] = None  # the formulas, where there are several kinds of units
    Streams = Streams

    def __init__(
        self, M: int, an_id: Any = None, *, rng: Any = None, random_state: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(random_state=random_state, dtype=dtype)
        self.M, self.id = check_count(M, "M"), an_id
        self._make_stream(rng, partial(self.Streams, dtype=self.dtype))
        self.valid_costs: list[float] = []

    @property
    def title(self) -> str:
        """What progress and errors call it."""
        return f"{type(self).__name__}({self.M})" + ("" if self.id is None else f" {self.id}")

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1], as of `udl_pt.models._layer.Layer`."""
        return self._in_unit_interval(known=True)

    def _in_unit_interval(self, *, known: bool) -> bool | None:
        """Return what is `known` of the hidden units, unless a subclass has other ones: look at these."""
        if not is_newer(type(self), ("units", "_encode", "forward_hidden"), "hidden_unit_interval"):
            return known
        probe = copy.copy(self)
        probe.unit_interval = False
        probe._set_params(*(np.ones(shape, self.dtype) for shape in ((1, self.M), self.M, 1)))
        try:
            values = np.asarray(probe.forward_hidden(np.linspace(-30, 30, 61)[:, None]))
            return bool(((values >= 0) & (values <= 1)).all())
        except Exception:  # whatever it is, it is the subclass's
            return None

    def takes_probabilities(self, **options: Any) -> bool:
        """Whether ``fit`` is known to take values in [0, 1] only; of a ``fit`` of one's own nothing is."""
        return False

    @whole
    def _set_params(self, *values: np.ndarray) -> None:
        """Set W, the hidden and the visible bias; and their velocities, at zero."""
        self.n_features = len(values[0])
        for name, value in zip(self.names, values, strict=True):
            setattr(self, name, self._param(value))
            setattr(self, f"d{name}", self._param(np.zeros_like(value)))

    def _start(self, run: Run) -> tuple[Run, Arrays | None]:
        """Hold out the validation set, draw weights, and start the stream of draws."""
        run.announce(self)
        self._chance.restart()
        run, valid = run.split(self._generator)
        D = run.data[0].shape[1]
        self.unit_interval = run.unit_interval
        W = init_weights((D, self.M), self._generator, self.dtype)
        self._set_params(W, np.zeros(self.M, self.dtype), np.zeros(D, self.dtype))
        self._start_stream()
        self.costs, self.valid_costs = [], []
        return run, valid

    def _train(
        self, run: Run, valid: Arrays | None, dparams: Sequence[Any], scale: float, divisor: float = 1.0
    ) -> None:
        """Train on the run's rows, and record the cost of a row, by `divisor`.

        `scale` is what a batch's cost is multiplied with.
        """
        if run.epochs == 0:
            return
        X = run.data[0]
        seen = X if run.monitor == "batch" else X[monitored_rows(len(X))]

        def mean(X: np.ndarray) -> float:
            return float(self._called(self._cost, X)) / (len(X) * divisor)

        def measure() -> dict[str, float]:
            self.costs.append(mean(seen))
            if valid is None:
                return {"cost": self.costs[-1]}
            self.valid_costs.append(mean(valid[0]))
            return {"cost": self.costs[-1], "validation cost": self.valid_costs[-1]}

        step = MomentumStep(lambda X: self._gradients(X, scale), self.params, dparams, self.names)
        train(step, run, generator=self._generator, stage=self.title, measure=measure, model=self)

    def _encode(self, X: Any) -> Any:
        """Return the hidden units' values, (N, D) to (N, M)."""
        raise NotImplementedError

    def _decode(self, H: Any) -> Any:
        """Return the visible units' values or means, (N, M) to (N, D)."""
        raise NotImplementedError

    def _cost(self, X: Any) -> Any:
        """Return the sum over rows of what is recorded."""
        raise NotImplementedError

    def _gradients(self, X: Any, scale: float) -> Sequence[Any]:
        """Return the gradients of a batch's cost by the parameters."""
        raise NotImplementedError

    def forward_hidden(self, X: Any) -> Any:
        """Encode: the hidden units' values, of shape (N, M); of an RBM ``P(h = 1 | v)``."""
        return self._called(self._encode, X)

    @property
    def hidden_op(self) -> Callable[[Any], Any]:
        """The same as `forward_hidden`: nothing is compiled here."""
        return self.forward_hidden

    def backward(self, H: Any) -> Any:
        """Decode: the visible units' values, of shape (N, D); of an RBM ``P(v = 1 | h)``."""
        return self._called(self._decode, H, takes_hidden=True, name="H")

    def forward_output(self, X: Any) -> Any:
        """Reconstruct, without a draw, of shape (N, D)."""
        return self._called(lambda X: self._decode(self._encode(X)), X)

    @classmethod
    def _from_arrays(cls, W: Any, hidden_bias: Any, visible_bias: Any, an_id: Any) -> Any:
        """Make a layer that owns copies of given parameters."""
        _, hidden, visible = cls.names
        W, biases = check_weights(W, **{hidden: (hidden_bias, 1), visible: (visible_bias, 0)})
        layer = cls(W.shape[1], an_id, rng=cls.Streams(), dtype=W.dtype)
        layer._set_params(W, *biases)
        return layer
