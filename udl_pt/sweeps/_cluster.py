"""Dask as joblib's backend. Import this module only where ``distributed`` is installed."""

from joblib._dask import DaskDistributedBackend

__all__ = ["ClusterBackend"]


class ClusterBackend(DaskDistributedBackend):  # type: ignore[misc]
    """joblib's own backend, which also sends trials to a cluster of one thread."""

    def effective_n_jobs(self, n_jobs: int) -> int:
        return max(2, int(super().effective_n_jobs(n_jobs)))  # for 1, joblib would run them in this process
