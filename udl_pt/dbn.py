"""Chapter 4: the deep belief network, layers trained one on top of the other without labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from udl_pt.autoencoder import AutoEncoder
from udl_pt.backend import get_backend
from udl_pt.calling import symbolic_or_array
from udl_pt.graph import Corruption
from udl_pt.pretraining import Stack, check_pretrain_epochs
from udl_pt.random import RandomStreams
from udl_pt.rbm import RBM
from udl_pt.sampling import fantasies
from udl_pt.storage import read_arrays, write_arrays
from udl_pt.training import MONITORS, Progress
from udl_pt.validation import (
    DataError,
    NotFittedError,
    check_callbacks,
    check_matrix,
    check_option,
)

__all__ = ["DBN"]

FORMAT = "udl_pt DBN 1"


class DBN(Stack):
    """A stack of restricted Boltzmann machines or auto-encoders (chapter 4; Hinton, Osindero and Teh 2006).

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on.
    UnsupervisedModel : callable
        Makes a layer from its size: `AutoEncoder`, `RBM`, or a `functools.partial` with further arguments.
    corruption : callable or sequence of callable or None, optional
        Of the layers, see `AutoEncoder`: the same for all, or one a layer.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        PyTensor's floatX where not given.

    Attributes
    ----------
    hidden_layers : list of models
        One a hidden layer, from the input on.
    params : list of SharedVariable
        The layers' forward parameters.
    """

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Callable[..., Any] = AutoEncoder,
        *,
        corruption: Corruption | Sequence[Corruption | None] | None = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            UnsupervisedModel,
            corruption=corruption,
            random_state=random_state,
            dtype=dtype,
        )

    def fit(
        self,
        X: Any,
        pretrain_epochs: int | Sequence[int] = 1,
        *,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        keep_layers: bool = False,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
    ) -> "DBN":
        """Train layer by layer; each learns from what the one below gives.

        Parameters
        ----------
        X : array_like of shape (N, D)
            The first layer's data.
        pretrain_epochs : int or sequence of int
            Epochs for each layer.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``: the same for all, or one mapping a layer.
        keep_layers : bool
            Leave layers that have parameters already as they are.
        monitor, backend, callbacks
            As of the layers' ``fit``.

        Returns
        -------
        DBN
            Itself.
        """
        check_option(monitor, "monitor", MONITORS)
        each = check_pretrain_epochs(pretrain_epochs, len(self.hidden_layers))
        backend = get_backend(backend)
        X = check_matrix(X, dtype=self.dtype)
        check_callbacks(callbacks)
        self._pretrain(
            X, each, pretrain_options, backend, keep=keep_layers, monitor=monitor, callbacks=callbacks
        )
        self.params = self._forward_params()
        return self

    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Pass data up through all layers.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M) with the last layer's M
            A graph where `X` is a PyTensor variable, else an array.
        """
        return self._up(X)

    def generate(self, start: Any, steps: Sequence[int] = (1, 10, 100, 1000)) -> np.ndarray:
        """Draw from the model: Gibbs steps in the top machine, then down through the layers.

        Parameters
        ----------
        start : int or array_like of shape (N, D)
            Where the top machine's chains start: at so many rows of noise, or at data passed up.
        steps : sequence of int
            After how many Gibbs steps to take a picture: ascending, at least 1.

        Returns
        -------
        numpy.ndarray of shape (len(steps), N, D)
            Means of the visible units; on the way down every layer passes on its means.

        Raises
        ------
        TypeError
            When the top layer isn't an RBM.
        """
        *below, top = self.hidden_layers
        if not hasattr(self, "params"):
            raise NotFittedError("this DBN has no parameters yet: call fit or load before generate")
        if not isinstance(top, RBM):
            raise TypeError(
                f"the top layer is of type {type(top).__name__}, and only an RBM has a distribution to draw "
                "from: DBN(sizes, UnsupervisedModel=RBM)"
            )
        if not isinstance(start, int | np.integer):
            for layer in below:
                start = layer.forward_hidden(start)
        pictures = fantasies(top, start, steps)
        flat = pictures.reshape(-1, pictures.shape[-1])
        for layer in reversed(below):
            flat = layer.backward(flat)
        return np.asarray(flat).reshape(*pictures.shape[:2], -1)

    def save(self, path: Any) -> None:
        """Write all layers into a safetensors file, with a digest.

        Parameters
        ----------
        path : path-like
            The file; one that is there is replaced.

        Raises
        ------
        TypeError
            When a layer is of another type than AutoEncoder and RBM.
        """
        if not hasattr(self, "params"):
            raise NotFittedError("this DBN has no parameters yet: call fit before save")
        arrays: dict[str, np.ndarray] = {}
        facts: list[dict[str, Any]] = []
        for number, layer in enumerate(self.hidden_layers, start=1):
            kind = type(layer).__name__
            if type(layer) not in (AutoEncoder, RBM):
                raise TypeError(f"layer {number} is of type {kind}, expected AutoEncoder or RBM")
            facts.append({"model": kind, "M": layer.M, "unit_interval": layer.unit_interval})
            if isinstance(layer, RBM):
                facts[-1] |= {"visible": layer.visible, "learn_variance": layer.learn_variance}
            else:
                facts[-1] |= {"hidden": layer.hidden, "output": layer.output}
            arrays |= {f"{number}.{p.name}": p.get_value() for p in layer.params}
        write_arrays(path, arrays, {"format": FORMAT, "dtype": self.dtype, "layers": facts})

    @staticmethod
    def load(path: Any) -> "DBN":
        """Read a network that `save` wrote; its streams of draws are seeded afresh.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        DBN

        Raises
        ------
        FileNotFoundError
            When there is no such file.
        DataError
            When it isn't such a file, or is damaged.
        """
        arrays, facts = read_arrays(path)
        if facts.get("format") != FORMAT:
            raise DataError(f"{path} holds {facts.get('format')!r}, expected {FORMAT!r}")
        dbn = DBN([layer["M"] for layer in facts["layers"]], dtype=facts["dtype"])
        dbn.hidden_layers = [
            _restored(layer, {n.split(".")[1]: a for n, a in arrays.items() if n.startswith(f"{number}.")})
            for number, layer in enumerate(facts["layers"], start=1)
        ]
        dbn._look_at_first_layer(dbn.hidden_layers[0].n_features)
        dbn.params = dbn._forward_params()
        return dbn


def _restored(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Any:
    """Make a layer from what `DBN.save` wrote of it."""
    dtype = arrays["W"].dtype
    if facts["model"] == "RBM":
        rbm = RBM(
            facts["M"],
            visible=facts["visible"],
            learn_variance=facts["learn_variance"],
            rng=RandomStreams(),
            dtype=dtype,
        )
        rbm._set_params(**{name: arrays[name] for name in ("W", "c", "b", "z") if name in arrays})
        return rbm
    ae = AutoEncoder(facts["M"], hidden=facts["hidden"], output=facts["output"], dtype=dtype)
    ae._set_params(**{name: arrays[name] for name in ("W", "bh", "bo")})
    ae.unit_interval = facts["unit_interval"]
    return ae
