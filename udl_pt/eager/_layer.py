"""The code that the eager twins share: parameters by name, a step of momentum, calls with arrays.

Each formula is in its model's own file.
"""

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np

from udl_pt._support.arguments import check_count, check_dtype
from udl_pt._support.arrays import check_matrix, check_weights
from udl_pt._support.classes import is_newer
from udl_pt._support.interrupts import uninterruptible
from udl_pt._support.parameters import LayerParameters, Parameters
from udl_pt.eager._streams import Streams
from udl_pt.symbolic.chance import Chance, HostGenerator, WithChance
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import train
from udl_pt.training.records import monitored_rows
from udl_pt.training.run import Run

__all__ = ["Array", "Layer", "MomentumStep", "Twin", "init_weights", "softplus"]

Array = Any  # of NumPy; in `udl_pt.eager.torch` a tensor


def init_weights(shape: Sequence[int], generator: HostGenerator, dtype: str) -> np.ndarray:
    """Draw initial weights, the book's ``np.random.randn(*shape) / np.sqrt(sum(shape))``."""
    return np.asarray(generator.standard_normal(tuple(shape)) / np.sqrt(sum(shape)), dtype)


def softplus(a: np.ndarray) -> np.ndarray:
    """Return ``log(1 + exp(a))``, computed so that nothing overflows."""
    return np.asarray(np.maximum(a, 0) + np.log1p(np.exp(-abs(a))))


class MomentumStep:
    """One step of the book's momentum, whole or not at all.

    Parameters
    ----------
    gradients : callable
        ``gradients(*batch, *rates)`` returns dJ/dp for each parameter p.
    params, dparams : sequence of ndarray
        Parameters and velocities; a step changes them in place.
    names : sequence of str
        Names of the parameters for error messages.
    rates : sequence of str
        Names of further rates that `gradients` takes.

    Attributes
    ----------
    rates : list of str
        Names of the rates that a step takes after the batch: ``"learning_rate"``, ``"mu"``, and the further
        ones.
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
        """Update each parameter: ``v <- mu v - learning_rate dJ/dp``, then ``p <- p + v``.

        If any new parameter isn't finite, none is changed, and all velocities become zero.

        Returns
        -------
        numpy.ndarray of bool
            Whether each parameter's step was finite.
        """
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
        """Do nothing: the parameters are plain arrays at all times."""


class Twin(WithChance, Parameters):
    """The base of all eager models: randomness, dtype, and checks of arrays."""

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

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a parameter or velocity must be like the one before."""
        if self._is_parameter(name) and name in vars(self):
            self._check_settable(name, f"model.{name}[...] = array")
            before = vars(self)[name]
            if type(value) is not type(before) or value.dtype != before.dtype:
                raise TypeError(
                    f"{name} of {type(self).__name__} is set to {type(value)} of dtype "
                    f"{getattr(value, 'dtype', None)}, expected {type(before)} of dtype {before.dtype}"
                )
            if value.shape != before.shape:
                raise ValueError(
                    f"{name} of {type(self).__name__} is set to an array of shape {tuple(value.shape)}, "
                    f"expected {tuple(before.shape)}: fit sets all parameters for data of another shape"
                )
        super().__setattr__(name, value)

    def _replace(self, **parameters: np.ndarray) -> None:
        """Set parameters, of other shapes too, and their velocities, at zero."""
        for name, value in parameters.items():
            vars(self)[name], vars(self)[f"d{name}"] = self._param(value), self._param(np.zeros_like(value))

    @staticmethod
    def _param(value: np.ndarray) -> Any:
        """Return an array as a parameter: here the array itself."""
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
        """Check an array of visible or of hidden units, and call a formula with it."""
        self._check_fitted("it is called")
        if unit_interval is None:
            unit_interval = bool(self.hidden_unit_interval if takes_hidden else self.unit_interval)
        width = self.M if takes_hidden else self.n_features
        X = check_matrix(X, name, dtype=self.dtype, n_features=width, unit_interval=unit_interval)
        with np.errstate(over="ignore", invalid="ignore"):  # of parameters as large as the dtype allows
            return formula(np.asarray(X, self.dtype))


class Layer(LayerParameters, Twin):
    """The base of `udl_pt.eager.AutoEncoder` and `udl_pt.eager.RBM`, which document the parameters.

    A subclass writes its formulas: `_encode` and `_decode`; `_gradients`, of a batch's cost by the
    parameters; and `_cost`, the recorded cost summed over rows.
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
        """The layer's name in progress reports and error messages."""
        return f"{type(self).__name__}({self.M})" + ("" if self.id is None else f" {self.id}")

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1]; None where that isn't known.

        Where a subclass overrides the units, `_encode` or `forward_hidden`, a call with a few numbers finds
        it out.
        """
        return self._in_unit_interval(known=True)

    def _in_unit_interval(self, *, known: bool) -> bool | None:
        """Return `known`, unless a subclass has other hidden units: then look at their values."""
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
        """Return whether ``fit`` is known to accept only values in [0, 1].

        Nothing is known of a subclass's own ``fit``.

        Parameters
        ----------
        **options
            Arguments for ``fit`` besides the data.

        Returns
        -------
        bool

        Examples
        --------
        >>> from udl_pt.eager import AutoEncoder
        >>> AutoEncoder(2).takes_probabilities(cost="squared_error")
        False
        """
        return False

    @uninterruptible
    def _set_params(self, *values: np.ndarray) -> None:
        """Set W, the hidden and the visible bias; and their velocities, at zero."""
        self.n_features = len(values[0])
        self._replace(**dict(zip(self.names, values, strict=True)))

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
        """Train on the run's rows, and record the mean cost of a row, divided by `divisor`.

        Training multiplies a batch's cost by `scale`.
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
        """Return the recorded cost, summed over rows."""
        raise NotImplementedError

    def _gradients(self, X: Any, scale: float) -> Sequence[Any]:
        """Return the gradients of a batch's cost by the parameters."""
        raise NotImplementedError

    def forward_hidden(self, X: Any) -> Any:
        """Encode: return the hidden units' values; for an RBM ``P(h = 1 | v)``.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Visible units.

        Returns
        -------
        numpy.ndarray of shape (N, M)

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> from udl_pt.eager import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays([[2.0], [-2.0]], bh=[0.0], bo=[0.0, 0.0])
        >>> ae.forward_hidden([[1, 0], [1, 1], [0, 1]]).round(3).tolist()  # sigmoid of 2, 0 and -2
        [[0.881], [0.5], [0.119]]
        """
        return self._called(self._encode, X)

    @property
    def hidden_op(self) -> Callable[[Any], Any]:
        """The method `forward_hidden`; the symbolic models have its compiled form here."""
        return self.forward_hidden

    def backward(self, H: Any) -> Any:
        """Decode: return the visible units' values; for an RBM ``P(v = 1 | h)``.

        Parameters
        ----------
        H : array_like of shape (N, M)
            Hidden units.

        Returns
        -------
        numpy.ndarray of shape (N, D)

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> from udl_pt.eager import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays([[2.0], [-2.0]], bh=[0.0], bo=[0.0, 0.0])
        >>> ae.backward([[1.0]]).round(3).tolist()  # sigmoid of 2 and -2
        [[0.881, 0.119]]
        """
        return self._called(self._decode, H, takes_hidden=True, name="H")

    def forward_output(self, X: Any) -> Any:
        """Reconstruct rows: encode, then decode, without a draw.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Visible units.

        Returns
        -------
        numpy.ndarray of shape (N, D)

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> from udl_pt.eager import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays([[9.0], [-9.0]], bh=[0.0], bo=[-4.5, 4.5])
        >>> ae.forward_output([[1, 0], [0, 1]]).round(2).tolist()
        [[0.99, 0.01], [0.01, 0.99]]
        """
        return self._called(lambda X: self._decode(self._encode(X)), X)

    @classmethod
    def _from_arrays(cls, W: Any, hidden_bias: Any, visible_bias: Any, an_id: Any, options: Any) -> Self:
        """Create a layer that owns copies of parameters; `options` are arguments of the constructor."""
        _, hidden, visible = cls.names
        dtype = options.get("dtype")
        biases = {hidden: (hidden_bias, 1), visible: (visible_bias, 0)}
        W, vectors = check_weights(W, None if dtype is None else check_dtype(dtype), **biases)
        layer = cls(W.shape[1], an_id, **{**options, "dtype": W.dtype})
        layer._set_params(W, *vectors)
        layer._start_stream()
        return layer
