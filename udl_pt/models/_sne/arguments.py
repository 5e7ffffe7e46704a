"""Chapter 2: the arguments of an embedding, kept as they are until a fit checks them, as in scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count, check_number, check_option
from udl_pt._support.representation import Described
from udl_pt.models._sne.distances import check_metric
from udl_pt.symbolic.chance import Chance, WithChance
from udl_pt.training.rates import check_rate

__all__ = ["Arguments"]


@dataclass(frozen=True)
class Settings:
    """The checked arguments of an embedding's constructor, for one fit."""

    n_components: int
    perplexity: float
    learning_rate: float | str
    max_iter: int
    early_exaggeration: float
    exaggeration_iter: int
    s: float | None = None


class Arguments(WithChance, Described):
    """The arguments of all embeddings. Each fit checks them.

    Attributes
    ----------
    gradients, methods : tuple of str
        Options of the arguments `gradient` and `method` that the subclass has.
    """

    gradients: tuple[str, ...] = ("analytic", "autodiff")
    methods: tuple[str, ...] = ("auto", "exact", "fft")
    embedding_: np.ndarray

    def __init__(
        self,
        n_components: int,
        *,
        perplexity: float,
        learning_rate: float | str,
        max_iter: int,
        gradient: str,
        early_exaggeration: float,
        exaggeration_iter: int,
        init: str,
        random_state: Any,
        dtype: Any,
        metric: Any,
        metric_params: Any,
    ) -> None:
        self.n_components, self.perplexity, self.learning_rate = n_components, perplexity, learning_rate
        self.max_iter, self.gradient, self.init = max_iter, gradient, init
        self.early_exaggeration, self.exaggeration_iter = early_exaggeration, exaggeration_iter
        self.metric, self.metric_params = metric, metric_params
        self.random_state, self.dtype = random_state, dtype
        self.costs: list[float] = []

    def _check_arguments(self) -> None:
        """Check the arguments of the constructor, and keep their values for a fit."""
        dtype = self.dtype
        rate = self.learning_rate
        if not (isinstance(rate, str) and rate == "auto"):
            rate = check_rate(rate, "learning_rate", dtype)
        largest = float(np.finfo(dtype).max)
        settings = Settings(
            n_components=check_count(self.n_components, "n_components"),
            perplexity=check_number(self.perplexity, "perplexity", above=0),
            learning_rate=rate,
            max_iter=check_count(self.max_iter, "max_iter", at_least=0),
            early_exaggeration=check_number(
                self.early_exaggeration, "early_exaggeration", at_least=1, at_most=largest
            ),
            exaggeration_iter=check_count(self.exaggeration_iter, "exaggeration_iter", at_least=0),
            s=self._spread(),
        )
        check_option(self.gradient, "gradient", self.gradients)
        check_option(self.init, "init", ("pca", "random"))
        check_metric(self.metric, self.metric_params, self.init, type(self).__name__)
        Chance(self.random_state)
        self._settings = settings

    def _spread(self) -> float | None:
        """Return the width that all neighbourhoods share, where there is one."""
        return None

    @property
    def dtype(self) -> str:
        """Dtype of the embedding."""
        given = vars(self)["dtype"]
        return str(self.embedding_.dtype) if given is None and self.is_fitted else self._dtype(given)

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        vars(self)["dtype"] = dtype

    def _argument(self, name: str, default: Any) -> Any:
        try:
            return super()._argument(name, default)
        except (TypeError, ValueError):  # of a dtype that the next fit will refuse
            return vars(self)[name]

    @property
    def _chance(self) -> Chance:
        chance = vars(self).get("_chance")
        if chance is None or chance.source is not self.random_state:
            vars(self)["_chance"] = chance = Chance(self.random_state)
        return chance

    @_chance.setter
    def _chance(self, chance: Chance) -> None:
        vars(self)["_chance"] = chance

    @property
    def is_fitted(self) -> bool:  # type: ignore[override]
        """Whether there is an embedding."""
        return "embedding_" in vars(self)

    @property
    def default_dtype(self) -> str:  # type: ignore[override]
        """The dtype where none is given."""
        return self._dtype(None)

    @staticmethod
    def _dtype(dtype: Any) -> str:
        """Resolve `dtype`, where it is None, too."""
        raise NotImplementedError
