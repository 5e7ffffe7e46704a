"""Arguments of models that the symbolic and the eager classes refuse in the same words."""

from typing import Any

from udl_pt._support.arguments import check_count

__all__ = ["check_chains", "check_components", "check_layer_dtype", "check_unit", "no_cross_entropy"]


def check_chains(n_chains: Any, batch_sz: int, *, persistent: bool) -> int | None:
    """Check the number of an RBM's persistent chains, and return it; None where it isn't given."""
    if n_chains is None:
        return None
    n = check_count(n_chains, "n_chains")
    if not persistent and n != batch_sz:
        raise ValueError(
            f"n_chains is {n}, but without persistent=True, each of the batch's {batch_sz} rows starts one "
            "chain: omit n_chains, or pass persistent=True"
        )
    return n


def check_components(K: int, N: int, D: int) -> None:
    """Raise unless N rows of D features have K principal components."""
    if N < 2:
        raise ValueError("X has 1 row, expected at least 2: 1 sample has no covariance")
    if min(N, D) < K:
        raise ValueError(
            f"n_components is {K}, but {N} rows of {D} features have at most {min(N, D)} components"
        )


def check_layer_dtype(number: int, found: str, expected: str) -> None:
    """Raise if a layer of a network has another dtype than the network."""
    if found != expected:
        raise ValueError(
            f"dtype of layer {number} is {found}, and the network's {expected}: pass the dtype to the "
            "network, which sets that of its layers"
        )


def check_unit(k: Any, M: int) -> None:
    """Raise unless `k` is the index of one of M hidden units."""
    if check_count(k, "k", at_least=0) >= M:
        raise ValueError(f"k is {k}, but the last layer has units 0 to {M - 1}")


def no_cross_entropy() -> ValueError:
    """Return the error that a reconstruction has no cross-entropy, since its units aren't probabilities."""
    return ValueError(
        "cost is 'cross_entropy', but the output units are not probabilities: pass cost='squared_error', or "
        "use sigmoid output units"
    )
