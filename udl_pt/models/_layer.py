"""What auto-encoders and restricted Boltzmann machines have in common as layers of a deep network.

A layer has weights W of shape (D, M) between visible and hidden units, a bias for each side, and velocities
for all of them. A subclass defines each side's input from the other (`hidden_logits`, `visible_input`) and
its activation (`hidden_mean`, `visible_mean`).
"""

import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Self, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count
from udl_pt._support.arrays import check_weights
from udl_pt._support.classes import is_as_written, is_newer
from udl_pt._support.interrupts import uninterruptible
from udl_pt._support.parameters import LayerParameters
from udl_pt.backends import Function, Kind, float_dtype, shared
from udl_pt.models._attributes import Attributes
from udl_pt.models._saved import Saved
from udl_pt.models._warm_start import goes_on
from udl_pt.models._weights import Weights, rows_of
from udl_pt.symbolic.array_function import ArrayFunction
from udl_pt.symbolic.calling import SymbolicModel, symbolic_or_array
from udl_pt.symbolic.chance import Chance, WithChance
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.variables import Symbolic, SymbolicLike
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import Step, train
from udl_pt.training.records import cost_recorder
from udl_pt.training.run import Run

__all__ = ["Layer"]


def _is_id(value: Any) -> bool:
    """Return whether a file can hold an ``id``."""
    if isinstance(value, tuple):
        return all(map(_is_id, value))
    return value is None or isinstance(value, str | int | float | np.integer | np.floating)


class Layer(WithChance, LayerParameters, SymbolicModel, Saved, Weights):
    """Base of `AutoEncoder` and `RBM`, whose docstrings list the parameters."""

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
        """Whether the hidden units' values are in [0, 1]; None where that is not known.

        A subclass may override `hidden_mean` or `forward_hidden`, but not this. Then they are called with a
        few numbers to find out. The result is None where such a call fails.
        """
        raise NotImplementedError

    @property
    def output_unit_interval(self) -> bool | None:
        """Whether its reconstructions are in [0, 1]; None where that is not known.

        A subclass may override `visible_mean` or `backward`, but not this. Then they are called with a few
        numbers to find out. The result is None where such a call fails.
        """
        raise NotImplementedError

    def _probe(self, D: int) -> "Layer":
        """Return a copy with zeros for parameters and draws of its own, to try a function of the model on."""
        probe = copy.copy(self)
        probe._set_params(W=np.zeros((D, self.M), self.dtype), **self._zeros(D))
        probe.rng = RandomStreams(0)
        return probe

    def _in_unit_interval(self, side: str, *, known: bool | None) -> bool | None:
        """Return `known`, or call a side's units to find out, if a subclass has units of its own."""
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
        except Exception:  # whatever it is, it is the subclass's: it may need what only `fit` sets
            return None

    def _zeros(self, D: int) -> dict[str, np.ndarray]:
        """Return the parameters that start at zero, by name, for `D` visible units: all but W."""
        raise NotImplementedError

    def _check_attributes(self, own: Attributes) -> None:
        own.dtype()
        own.chance()
        own.backend()
        own.records("costs", "valid_costs")
        own.take("id", _is_id, "text, a number, or a tuple of these")
        own.one_of("unit_interval", (True, False), optional=True)
        D = own.count("n_features")
        own.parameters({"W": (D, self.M)})  # first: D and M are as large as a matrix of the file
        own.parameters({name: zeros.shape for name, zeros in self._zeros(D).items()})

    def _saved_attributes(self) -> dict[str, Any]:
        own = super()._saved_attributes()
        if not _is_id(self.id):
            own["id"] = None
        return own

    def _weights(self) -> dict[str, SharedVariable]:
        return dict(zip(self.names, self.params, strict=True))

    def _begin_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        D = rows_of(arrays, "W", self.M)
        self._set_params(W=np.zeros((D, self.M), self.dtype), **self._zeros(D))

    def takes_probabilities(self, **options: Any) -> bool:
        """Return whether ``fit`` is known to accept only values in [0, 1].

        Parameters
        ----------
        **options
            Arguments of ``fit`` besides the data.

        Returns
        -------
        bool
            False for a subclass with its own ``fit``, of which nothing is known.

        Raises
        ------
        ValueError
            When ``fit`` would refuse the cost among the options.
        """
        return False

    @property
    def title(self) -> str:
        """Name of the layer in progress and errors."""
        return f"{type(self).__name__}({self.M})" + ("" if self.id is None else f" {self.id}")

    @uninterruptible
    def _set_params(self, **values: np.ndarray) -> None:
        """Set new shared variables: W, the hidden bias, the others; and the velocities dW and so on, at zero.

        They are set at once. Another thread computes with the old ones or with the new ones.
        """
        new = {name: shared(value, name) for name, value in values.items()}
        new |= {f"d{name}": shared(np.zeros_like(value), f"d{name}") for name, value in values.items()}
        old = vars(self).copy()  # nothing of it dies before all are set: another thread might look then
        self._replace(**new, n_features=len(values["W"]))
        del old

    @classmethod
    def _from_arrays(
        cls, W: Any, an_id: Any, biases: Mapping[str, tuple[Any, int]], options: Mapping[str, Any]
    ) -> Self:
        """Create a layer that owns copies of parameters.

        `biases` has the others by name, each with the axis of W whose length it has. `options` are arguments
        of the constructor.
        """
        dtype = options.get("dtype")
        W, vectors = check_weights(W, None if dtype is None else float_dtype(dtype), **biases)
        layer = cls(W.shape[1], an_id, **{**options, "dtype": W.dtype})
        for name in biases:
            if name not in layer.names:
                raise ValueError(
                    f"{name} is not a parameter of this {cls.__name__}, which has {', '.join(layer.names)}: "
                    "omit it, or pass the option that adds it"
                )
        layer._set_params(**({"W": W} | layer._zeros(len(W)) | dict(zip(biases, vectors, strict=True))))
        layer._start_stream()
        return layer

    def _form(self) -> Hashable:
        """Return what shapes the layer's graphs besides its shared variables; None where that isn't known."""
        facts = self._facts() if is_as_written(self) else None
        return None if facts is None else (type(self), self.dtype, tuple(self.names), facts)

    def _facts(self) -> tuple[Hashable, ...] | None:
        """Return the options that the library's graphs of this class depend on; None for a user's."""
        return None

    def _kind(self, *options: Any, more: Sequence[SharedVariable] = (), stream: Any = None) -> Kind | None:
        """Return the kind of one of the layer's graphs; None where a user's function shapes it.

        Parameters
        ----------
        *options
            What shapes the graph besides the layer: its name, and arguments of ``fit``.
        more : sequence of SharedVariable
            Shared variables of the graph besides parameters and velocities.
        stream : RandomStreams, optional
            The source of its draws.
        """
        form = self._form()
        if form is None or any(map(callable, options)):
            return None
        return Kind((form, options), (*self.params, *self.dparams, *more), stream)

    def _begin(self, run: Run, W: np.ndarray, biases: dict[str, np.ndarray]) -> None:
        """Set new parameters, and forget what the last fit recorded."""
        self.backend, self.unit_interval = str(run.backend), run.unit_interval
        self._set_params(W=W, **biases)
        self.costs, self.valid_costs = [], []
        self._start_stream()

    def _goes_on(self, warm_start: Any, validation: Any, D: int) -> bool:
        """Return whether a fit to D features goes on from the present parameters."""
        features = {"features": (self.n_features, D)} if self.is_fitted else {}
        return goes_on(self, warm_start, validation, **features)

    def _go_on(self, run: Run) -> None:
        """Keep parameters, velocities and records for a further training."""
        self.backend, self.unit_interval = str(run.backend), run.unit_interval

    def _train(
        self,
        step: Step,
        run: Run,
        valid: Arrays | None,
        cost: Callable[[Symbolic, Symbolic], Symbolic],
        divisor: float = 1.0,
        kind: Kind | None = None,
    ) -> None:
        """Train, and record costs, of a validation set of one array too.

        `cost` compares visible units with their input from the hidden ones, entry by entry. `kind` is that of
        its graph.
        """
        measure = cost_recorder(
            self.costs,
            lambda x: cost(x, self.visible_input(self.forward_hidden(x))).sum(),
            run,
            name=f"{self.title} cost_op",
            divisor=divisor,
            valid=None if valid is None else (valid[0], self.valid_costs),
            kind=kind,
        )
        train(step, run, generator=self._generator, stage=self.title, measure=measure, model=self)

    def hidden_logits(self, V: Symbolic) -> Symbolic:
        """Return the hidden units' logits given the visible units, a graph: (N, D) to (N, M)."""
        raise NotImplementedError

    def hidden_mean(self, A: Symbolic) -> Symbolic:
        """Return the hidden units' values or means given their logits, a graph of shape (N, M)."""
        raise NotImplementedError

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return the visible units' input given the hidden units, a graph: (N, M) to (N, D)."""
        raise NotImplementedError

    def visible_mean(self, A: Symbolic) -> Symbolic:
        """Return the visible units' values or means given their input, a graph of shape (N, D)."""
        raise NotImplementedError

    @property
    def hidden_op(self) -> ArrayFunction:
        """The compiled `forward_hidden`, which takes and returns arrays."""
        return self.array_function("forward_hidden")

    @overload
    def forward_hidden(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward_hidden(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward_hidden(self, X: Any) -> Any:
        """Encode the data: return the hidden units' values given the visible units.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            Values of the hidden units; of an RBM their probabilities, ``P(h = 1 | v)``. A graph if `X` is a
            PyTensor variable, otherwise an array.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays([[1], [-1]], bh=[0], bo=[0, 0])
        >>> ae.forward_hidden([[0, 0], [1, 0]]).round(3).tolist()
        [[0.5], [0.731]]
        """
        return self.hidden_mean(self.hidden_logits(X))

    @overload
    def forward_output(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward_output(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward_output(self, X: Any) -> Any:
        """Reconstruct the data: encode them and decode the result, without a draw.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            `backward` of `forward_hidden`. A graph if `X` is a PyTensor variable, otherwise an array.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays(200 * np.eye(2), bh=[-100, -100], bo=[-100, -100])
        >>> ae.forward_output([[1, 0], [0, 1]]).round(3).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        return self.backward(self.forward_hidden(X))

    @overload
    def backward(self, H: SymbolicLike) -> Symbolic: ...
    @overload
    def backward(self, H: ArrayLike) -> np.ndarray: ...
    @partial(symbolic_or_array, takes_hidden=True)
    def backward(self, H: Any) -> Any:
        """Decode hidden values: return the visible units' values given the hidden units.

        Parameters
        ----------
        H : Variable or array_like of shape (N, M)
            Hidden values.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            Values of the visible units; of an RBM their means given the hidden units. A graph if `H` is a
            PyTensor variable, otherwise an array.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays([[1], [-1]], bh=[0], bo=[0, 0])
        >>> ae.backward([[1]]).round(3).tolist()
        [[0.731, 0.269]]
        """
        return self.visible_mean(self.visible_input(H))
