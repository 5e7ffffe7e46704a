"""Distances other than Euclidean ones, by scikit-learn, for the neighbours of chapter 2."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from udl_pt._support.messages import shown
from udl_pt.models._sne.affinities import Points, check_points

__all__ = ["check_metric", "points_by_metric"]

OF_SCIPY = (
    *("braycurtis", "canberra", "chebyshev", "correlation", "dice", "hamming", "jaccard", "mahalanobis"),
    *("matching", "minkowski", "rogerstanimoto", "russellrao", "seuclidean", "sokalmichener", "sokalsneath"),
    *("sqeuclidean", "yule"),
)


def check_metric(metric: Any, params: Any, init: str, owner: str) -> None:
    """Check the arguments `metric` and `metric_params` of an embedding, whose class is called `owner`.

    Raises
    ------
    ValueError, TypeError
        For an unknown metric, for parameters that it can't have, and where it leaves nothing for `init`.
    """
    if not (params is None or isinstance(params, Mapping)):
        raise TypeError(f"metric_params of {owner} is {shown(params)}, expected a dict such as {{'p': 3}}")
    if isinstance(metric, str) and metric in ("euclidean", "precomputed"):
        if params:
            raise ValueError(
                f"metric_params of {owner} is {shown(params)}, but metric is {metric!r}, which has none: "
                "omit it"
            )
        if metric == "precomputed" and init == "pca":
            raise ValueError(
                f"init of {owner} is 'pca', but metric is 'precomputed', and distances have no principal "
                "components: pass init='random'"
            )
        return
    if not callable(metric):
        import scipy.spatial.distance  # here: importing them takes half a second
        from sklearn.metrics.pairwise import distance_metrics

        known = {name for name in OF_SCIPY if hasattr(scipy.spatial.distance, name)}
        names = sorted(known | set(distance_metrics()) - {"nan_euclidean"})
        if not (isinstance(metric, str) and metric in names):
            listed = ", ".join(map(repr, names))
            raise ValueError(
                f"metric of {owner} is {shown(metric)}, expected one of {listed}, or a function of two rows"
            )


def points_by_metric(X: Any, perplexity: Any, metric: Any, params: Any, owner: str) -> Points:
    """Check data and their perplexity, and compute the squared distances of all pairs.

    Parameters
    ----------
    X : array_like of shape (N, D), or (N, N)
        At least four points; or their distances, with the metric ``"precomputed"``.
    perplexity : float or None
        It is checked where it is given.
    metric : str or callable
        A metric that `check_metric` accepts.
    params : mapping or None
        Its parameters.
    owner : str
        The name of the user's class, for messages.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for a metric that fails or returns no distances.
    """
    array = check_points(X, perplexity).astype(float, copy=False)
    N = len(array)
    if isinstance(metric, str) and metric == "precomputed":
        what, D = "X", array
        if array.shape != (N, N):
            raise ValueError(
                f"X has shape {array.shape}, but metric of {owner} is 'precomputed': expected the distances "
                f"of {N} points, of shape ({N}, {N})"
            )
    else:
        from sklearn.metrics import pairwise_distances

        what = f"metric of {owner}, {shown(metric)},"
        try:
            D = pairwise_distances(array, metric=metric, **(params or {}))
        except Exception as error:  # whatever it is, it is the metric's
            raise ValueError(f"metric of {owner} is {shown(metric)}, which fails on X: {error}") from error
    apart = D[~np.eye(N, dtype=bool)].reshape(N, N - 1)
    if not np.isfinite(apart).all():
        raise ValueError(f"{what} has values that are not finite, expected distances")
    if apart.min() < 0:
        raise ValueError(
            f"Negative values in data: {what} has values from {apart.min():g} to {apart.max():g}, expected "
            "distances of at least 0"
        )
    largest = float(apart.max())
    if largest == 0:
        raise ValueError(
            f"all distances of {what} are 0 (n_features={array.shape[1]}), none is nearer than another: "
            "expected data that vary"
        )
    k = int(np.frexp(largest)[1])
    return Points(array, array, k, np.ldexp(D, -k) ** 2)
