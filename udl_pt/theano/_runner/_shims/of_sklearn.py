"""Names that scikit-learn and pandas had in Theano's time."""

import functools
import importlib
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from udl_pt.theano._runner._report import note
from udl_pt.theano._runner._shims.of_scipy import _all_of, _from

__all__ = ["MODULES"]

_SELECTION = "sklearn.model_selection"


def _gone(name: str, way_out: str) -> Callable[..., Any]:
    """Return a function that says why it can't be served."""

    def function(*arguments: Any, **options: Any) -> Any:
        raise RuntimeError(f"{name} is gone: {way_out}")

    function.__name__ = name.rpartition(".")[2]
    return function


class _Splits:
    """A splitter that is made of the number of samples or of the labels, and is iterated over."""

    made_of = "n"

    def __init__(self, data: Any, *arguments: Any, **options: Any) -> None:
        options = {
            self.renamed.get(name, name): value for name, value in options.items() if name != "indices"
        }
        self._data = np.zeros(data) if self.made_of == "n" else np.asarray(data)
        if type(self).__name__ in ("KFold", "StratifiedKFold") and not (arguments or "n_splits" in options):
            options["n_splits"] = 3  # the default of that time
        if not options.get("shuffle", True) or ("shuffle" not in options and "KFold" in type(self).__name__):
            options.pop("random_state", None)
        self._splitter = getattr(importlib.import_module(_SELECTION), type(self).__name__)(
            *arguments, **options
        )

    renamed: Mapping[str, str] = types.MappingProxyType({"n_folds": "n_splits", "n_iter": "n_splits"})

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._splitter.split(np.zeros((len(self._data), 1)), self._data))

    def __len__(self) -> int:
        return int(self._splitter.get_n_splits(np.zeros((len(self._data), 1)), self._data))


def _cross_validation() -> Mapping[str, Any]:
    names = dict(_all_of(_SELECTION)())
    for name in ("KFold", "LeaveOneOut", "ShuffleSplit", "LeavePOut"):
        names[name] = type(
            name, (_Splits,), {"__doc__": f"``cross_validation.{name}``, made of the number of samples."}
        )
    for name in ("StratifiedKFold", "StratifiedShuffleSplit", "LeaveOneGroupOut"):
        names[name] = type(
            name, (_Splits,), {"made_of": "y", "__doc__": f"``cross_validation.{name}``, made of labels."}
        )
    return names


def _renaming(cls: type, **renamed: str) -> type:
    """Return a class whose constructor takes keywords under their old names."""

    class Renaming(cls):  # type: ignore[misc]
        @functools.wraps(cls.__init__)  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            for old, new in renamed.items():
                if old in options:
                    note(f"{cls.__name__}({old}=)")
                    options[new] = options.pop(old)
            super().__init__(*arguments, **options)

    Renaming.__name__, Renaming.__qualname__, Renaming.__module__ = (
        cls.__name__,
        cls.__qualname__,
        cls.__module__,
    )
    return Renaming


def _datasets() -> Mapping[str, Any]:
    way_out = "mldata.org no longer exists. fetch_openml('mnist_784') has MNIST; it is not the same order"
    return {
        "fetch_mldata": _gone("sklearn.datasets.fetch_mldata", way_out),
    }


def _extmath() -> Mapping[str, Any]:
    special = importlib.import_module("scipy.special")
    return {
        "logsumexp": special.logsumexp, "fast_dot": np.dot, "norm": np.linalg.norm,
        "log_logistic": special.log_expit,
        "pinvh": importlib.import_module("scipy.linalg").pinvh, "logistic_sigmoid": special.expit,
    }  # fmt: skip


def _manifold() -> Mapping[str, Any]:
    return {"TSNE": _renaming(importlib.import_module("sklearn.manifold").TSNE, n_iter="max_iter")}


def _preprocessing() -> Mapping[str, Any]:
    module = importlib.import_module("sklearn.preprocessing")
    impute = importlib.import_module("sklearn.impute")
    return {
        "OneHotEncoder": _renaming(module.OneHotEncoder, sparse="sparse_output"),
        "Imputer": _renaming(impute.SimpleImputer),
    }


def _linear_assignment() -> Mapping[str, Any]:
    def linear_assignment(costs: Any) -> Any:
        return np.column_stack(importlib.import_module("scipy.optimize").linear_sum_assignment(costs))

    return {"linear_assignment": linear_assignment}


def _externals() -> Mapping[str, Any]:
    return {}


def _pandas() -> Mapping[str, Any]:
    pandas = importlib.import_module("pandas")

    def rolling(statistic: str) -> Callable[..., Any]:
        def function(
            data: Any, window: int, *arguments: Any, min_periods: Any = None, center: bool = False
        ) -> Any:
            return getattr(data.rolling(window, min_periods=min_periods, center=center), statistic)(
                *arguments
            )

        return function

    def ewm(statistic: str) -> Callable[..., Any]:
        return lambda data, com=None, span=None, **o: getattr(data.ewm(com=com, span=span, **o), statistic)()

    def reading(function: Callable[..., Any]) -> Callable[..., Any]:
        known = inspect.signature(function).parameters

        @functools.wraps(function)
        def read(*arguments: Any, **options: Any) -> Any:
            if options.pop("error_bad_lines", True) is False:
                options["on_bad_lines"] = "skip"
            if options.pop("delim_whitespace", False):
                options["sep"] = r"\s+"
            squeeze = options.pop("squeeze", False)
            if isinstance(options.get("parse_dates"), dict):
                raise TypeError(
                    "pandas no longer joins columns into a date (parse_dates={...}): join them first"
                )
            for name in set(options) - set(known):
                note(f"pandas.{function.__name__}({name}=), without effect")
                del options[name]
            frame = function(*arguments, **options)
            return frame.squeeze("columns") if squeeze else frame

        return read

    names: dict[str, Any] = {
        f"rolling_{name}": rolling(name)
        for name in [
            "mean",
            "sum",
            "std",
            "var",
            "min",
            "max",
            "median",
            "count",
            "apply",
            "quantile",
            "skew",
            "kurt",
        ]
    }
    names |= {"ewma": ewm("mean"), "ewmstd": ewm("std"), "ewmvar": ewm("var")}
    names |= {"datetime": importlib.import_module("datetime").datetime, "np": np}
    names |= {"read_csv": reading(pandas.read_csv), "read_table": reading(pandas.read_table)}
    names["value_counts"] = lambda values, **options: pandas.Series(values).value_counts(**options)
    names["Panel"] = _gone("pandas.Panel", "use an array of NumPy's, or a DataFrame with a MultiIndex")
    return names


MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "sklearn": dict,
    "sklearn.cross_validation": _cross_validation,
    "sklearn.grid_search": _all_of(_SELECTION),
    "sklearn.learning_curve": _all_of(_SELECTION),
    "sklearn.externals": _externals,
    "sklearn.externals.joblib": _all_of("joblib"),
    "sklearn.externals.six": lambda: importlib.import_module("udl_pt.theano._runner._shims.of_six").six(),
    "sklearn.externals.six.moves": lambda: importlib.import_module(
        "udl_pt.theano._runner._shims.of_six"
    ).moves(),
    "sklearn.datasets": _datasets,
    "sklearn.datasets.base": _all_of("sklearn.datasets"),
    "sklearn.datasets.samples_generator": _all_of("sklearn.datasets"),
    "sklearn.datasets.mldata": _datasets,
    "sklearn.utils": dict,
    "sklearn.utils.extmath": _extmath,
    "sklearn.utils.linear_assignment_": _linear_assignment,
    "sklearn.utils.testing": _all_of("numpy.testing"),
    "sklearn.manifold": _manifold,
    "sklearn.manifold.t_sne": _manifold,
    "sklearn.preprocessing": _preprocessing,
    "sklearn.lda": _from("sklearn.discriminant_analysis", LDA="LinearDiscriminantAnalysis"),
    "sklearn.qda": _from("sklearn.discriminant_analysis", QDA="QuadraticDiscriminantAnalysis"),
    "sklearn.decomposition": _from("sklearn.decomposition", RandomizedPCA="PCA", ProjectedGradientNMF="NMF"),
    "sklearn.mixture": _from("sklearn.mixture", GMM="GaussianMixture", DPGMM="BayesianGaussianMixture"),
    "sklearn.neural_network": dict,
    "sklearn.neural_network.rbm": _from("sklearn.neural_network", BernoulliRBM="BernoulliRBM"),
    "sklearn.linear_model": dict,
    "sklearn.linear_model.logistic": _from("sklearn.linear_model", LogisticRegression="LogisticRegression"),
    "sklearn.ensemble": dict,
    "sklearn.ensemble.forest": _all_of("sklearn.ensemble"),
    "sklearn.svm": dict,
    "sklearn.svm.classes": _all_of("sklearn.svm"),
    "sklearn.metrics": _from("sklearn.metrics", jaccard_similarity_score="jaccard_score"),
    "sklearn.metrics.scorer": _from("sklearn.metrics", make_scorer="make_scorer", SCORERS="get_scorer_names"),
    "sklearn.cluster": dict,
    "sklearn.cluster.k_means_": _from("sklearn.cluster", KMeans="KMeans", MiniBatchKMeans="MiniBatchKMeans"),
    "pandas": _pandas,
    "pandas.tools": dict,
    "pandas.tools.plotting": _all_of("pandas.plotting"),
}
