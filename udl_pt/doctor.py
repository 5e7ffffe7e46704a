"""What works on this machine, where things are, and what to do about what is missing."""

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytensor.tensor as pt
from rich.table import Table
from threadpoolctl import threadpool_info

from udl_pt.backend import BACKENDS, Function, blas_of_c, cache_folders
from udl_pt.datasets import describe_sources
from udl_pt.report import versions

__all__ = ["examine"]


def examine() -> Iterator[Table]:
    """Yield the doctor's findings, one table a subject; compiles a tiny function on each backend."""
    yield _versions()
    yield _backends()
    yield _libraries()
    yield _cache()
    yield _data()


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    return table


def _versions() -> Table:
    table = _table("Versions", "package", "version")
    for package, version in versions().items():
        table.add_row(package, version)
    return table


def _backends() -> Table:
    table = _table("Backends", "backend", "works", "BLAS for matrix products", "what to do")
    for name in BACKENDS:
        try:
            x = pt.matrix("x", dtype="float64")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # about BLAS; the table says it
                product = Function([x], x.dot(x), backend=name)(np.eye(2) * 3)
            works = "yes" if np.array_equal(product, np.eye(2) * 9) else f"no: 3 x 3 gave {product[0, 0]:g}"
        except Exception as error:  # whatever is wrong with a backend is what the doctor is asked for
            works = f"no: {type(error).__name__}: {str(error).splitlines()[0]}"
        blas = _blas(name) if works == "yes" else "-"
        table.add_row(name, works, blas or "none: products are slow", _advice(name, works, blas))
    return table


def _blas(backend: str) -> str:
    """Name a backend's BLAS and its threads."""
    if backend == "numba":
        for pool in threadpool_info():
            if "scipy.libs" in pool["filepath"]:
                return f"SciPy's {pool['internal_api']} {pool['version']}, {pool['num_threads']} threads"
        return "SciPy's"
    if backend == "jax":
        return f"XLA's own, {os.cpu_count()} threads"
    return blas_of_c()


def _advice(name: str, works: str, blas: str) -> str:
    if name == "jax" and works != "yes":
        return "pip install 'udl_pt[jax]'"
    if name == "c" and works != "yes" and shutil.which("g++") is None:
        return "install a C++ compiler (Debian: g++), or use numba"
    if name == "c" and not blas:
        return (
            "install a BLAS (Debian: libopenblas-dev), PYTENSOR_FLAGS=blas__ldflags=-lopenblas; or use numba"
        )
    return "-" if works == "yes" else "use another backend, and report this"


def _libraries() -> Table:
    table = _table("BLAS and thread pools loaded now", "library", "threads", "file")
    for pool in threadpool_info():
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        table.add_row(name, str(pool["num_threads"]), Path(pool["filepath"]).name)
    return table


def _cache() -> Table:
    table = _table("Compile cache", "folder", "size", "what to do")
    for folder in cache_folders():
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        table.add_row(str(folder), f"{size / 1e6:.1f} MB", "may be deleted; it fills again" if size else "-")
    return table


def _data() -> Table:
    table = _table("Data", "what", "where", "there", "what to do")
    for what, where, there in describe_sources():
        if there:
            advice = "-"
        elif "Kaggle" in what:
            advice = "udl-pt reproduce --data train.csv"
        else:
            advice = "udl-pt reproduce --data FOLDER, or load_mnist() downloads it (11 MB)"
        table.add_row(what, where, "yes" if there else "no", advice)
    return table
