"""The environment of a benchmark's children: which BLAS kernels, how many threads, which compile cache."""

import os

OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def own_kernels():
    """Return this environment without what overrides a BLAS's choice of kernels and threads."""
    return {name: value for name, value in os.environ.items() if name not in OVERRIDES}


def with_threads(count):
    """Return this environment with `count` threads for each BLAS, and without `udl_pt`'s own choice."""
    return os.environ | dict.fromkeys(THREADS, str(count)) | {"UDL_PT_THREADS": "fixed"}


def with_cache(folder):
    """Return this environment with PyTensor's compile cache in this folder."""
    flags = filter(None, [os.environ.get("PYTENSOR_FLAGS"), f"base_compiledir={folder}"])
    return os.environ | {"PYTENSOR_FLAGS": ",".join(flags)}
