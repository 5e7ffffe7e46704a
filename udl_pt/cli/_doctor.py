"""Findings of ``udl-pt doctor``: what works on this computer, where files are, and how to add the rest."""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytensor.tensor as pt
from rich.table import Table
from rich.text import Text
from threadpoolctl import threadpool_info

from udl_pt._support.files import printable
from udl_pt.backends import BACKENDS, Function, get_backend
from udl_pt.backends._blas import blas_of_c, blas_of_numba, compiler_of_c
from udl_pt.backends._cache import WAY_OUT, cache_folders, why_temporary
from udl_pt.book.report import versions
from udl_pt.datasets._mnist import describe_sources
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM

__all__ = ["examine", "warm"]

Row = tuple[str, ...]


def examine() -> Iterator[Table]:
    """Yield the doctor's findings, one table for each subject; compile a tiny function on each backend."""
    for title, subject in SUBJECTS.items():
        try:
            columns, *rows = subject()
        except Exception as error:  # one failed check must not hide the others
            columns, *rows = ("check failed",), (_said(error),)
        table = Table(*columns, title=title, title_justify="left", show_edge=False, pad_edge=False)
        for column in table.columns:
            column.overflow = "fold"
        for row in rows:
            table.add_row(
                *map(Text, map(printable, row))
            )  # as it is: brackets, as in udl_pt[jax], are not markup
        yield table


def warm() -> Iterator[str]:
    """Fit small models, so that the cache has the code for models of any size; yield a line for each."""
    backend = get_backend()
    if backend == "jax":
        yield "JAX keeps nothing of what it compiles, and compiles anew for each shape."
        return
    X, Y = np.random.RandomState(0).random_sample((20, 6)), np.arange(20) % 2
    for dtype in ("float32", "float64"):
        for kind, depth in product((AutoEncoder, RBM), (1, 2, 3)):
            start = time.perf_counter()
            network = DNN([5, 4, 3][:depth], UnsupervisedModel=kind, random_state=0, dtype=dtype)
            network.fit(X, Y, X, Y, batch_sz=10, pretrain_options={"batch_sz": 10}, backend=backend)
            network.predict(X)
            layers = "1 layer" if depth == 1 else f"{depth} layers"
            yield (
                f"{kind.__name__} and a DNN of {layers}, {dtype}, on {backend}: "
                f"{time.perf_counter() - start:.1f} s"
            )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _versions() -> Iterator[Row]:
    yield "package", "version"
    yield from versions().items()


def _backends() -> Iterator[Row]:
    yield "backend", "works", "BLAS for matrix products", "what to do"
    for name in BACKENDS:
        try:
            x = pt.matrix("x", dtype="float64")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # about BLAS; the table says it
                square = Function([x], x.dot(x), backend=name)(np.eye(2) * 3)
            works = "yes" if np.array_equal(square, np.eye(2) * 9) else f"no: 3 x 3 is {square[0, 0]:g} there"
            if name == "c" and not compiler_of_c():
                works = "no: PyTensor found no C++ compiler and runs in Python"
        except Exception as error:  # the doctor reports any error of a backend
            works = f"no: {_said(error)}"
        try:
            blas = _blas(name) if works == "yes" else "-"
        except Exception as error:
            blas = f"unknown: {_said(error)}"
        yield name, works, blas or "none: products are slow", _advice(name, works, blas)


def _blas(backend: str) -> str:
    """Name a backend's BLAS and its threads; empty where there is none."""
    pools = {Path(pool["filepath"]).parts: pool for pool in threadpool_info() if pool["user_api"] == "blas"}
    if backend == "jax":
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return (
            f"XLA's own, thread count not reported (its default: one for each CPU, here {cpus}); {_devices()}"
        )
    owner = blas_of_numba() if backend == "numba" else blas_of_c()
    if owner in ("NumPy", "SciPy"):
        wheels = f"{owner.lower()}.libs"
        return f"{owner}'s, {_said_of([pool for parts, pool in pools.items() if wheels in parts])}"
    linked = [pool for parts, pool in pools.items() if "site-packages" not in parts]  # not NumPy's or SciPy's
    return f"{owner}: {_said_of(linked)}" if owner else ""


def _devices() -> str:
    """Name the devices of JAX."""
    import jax

    names = [f"{device.platform}:{device.id} {device.device_kind}" for device in jax.devices()]
    return f"device{'s' * (len(names) != 1)} {', '.join(names)}"


def _said_of(pools: list[dict[str, Any]]) -> str:
    if len(pools) != 1:
        return "threads unknown"
    name, version, n = (pools[0][key] for key in ("internal_api", "version", "num_threads"))
    return f"{name} {version or ''}, {n} thread{'s' * (n != 1)}"


def _advice(name: str, works: str, blas: str) -> str:
    if name == "jax" and "not installed" in works:
        return "pip install 'udl_pt[jax]'"
    if name == "c" and works != "yes" and not compiler_of_c():
        return "install a C++ compiler (Debian: g++), or use numba"
    if name == "c" and not blas:
        return (
            "install a BLAS (Debian: libopenblas-dev), PYTENSOR_FLAGS=blas__ldflags=-lopenblas; or use numba"
        )
    return "-" if works == "yes" else "use another backend, and report this"


def _libraries() -> Iterator[Row]:
    yield "library", "threads", "kernels", "file", "what to do"
    forced = os.environ.get("OPENBLAS_CORETYPE")
    for pool in threadpool_info():
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        advice = "-"
        if forced and pool["internal_api"] == "openblas":
            advice = f"OPENBLAS_CORETYPE={forced} chose them; without it they are the processor's own"
        kernels = pool.get("architecture") or "-"
        yield name, str(pool["num_threads"]), kernels, Path(pool["filepath"]).name, advice


def _cache() -> Iterator[Row]:
    yield "folder", "size", "what to do"
    for folder in cache_folders():
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        advice = "may be deleted; it fills again" if size else "-"
        if reason := why_temporary():
            advice = f"this folder is temporary, since {reason}: {WAY_OUT}"
        yield str(folder), f"{size / 1e6:.1f} MB", advice


def _data() -> Iterator[Row]:
    yield "what", "where", "there", "what to do"
    for what, where, there in describe_sources():
        if there:
            advice = "-"
        elif "Kaggle" in what:
            advice = "udl-pt reproduce --data train.csv"
        else:
            advice = "udl-pt reproduce --data FOLDER, or load_mnist() downloads it (11 MB)"
        yield what, where, "yes" if there else "no", advice


SUBJECTS: dict[str, Callable[[], Iterator[Row]]] = {
    "Versions": _versions,
    "Backends": _backends,
    "BLAS and thread pools loaded now": _libraries,
    "Compile cache": _cache,
    "Data": _data,
}
