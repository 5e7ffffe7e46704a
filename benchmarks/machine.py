"""What a benchmark ran on: cores, and each BLAS with the kernels that it chose for this processor."""

import os
from pathlib import Path

from threadpoolctl import threadpool_info


def pools():
    """Return for each loaded library its threads and, of a BLAS that tells them, its kernels."""
    found = {}
    for pool in threadpool_info():
        kernels = [pool["architecture"]] if "architecture" in pool else []
        found[Path(pool["filepath"]).name] = [pool["num_threads"], *kernels]
    return found


def kernels():
    """Return the kernels and threads of BLAS, such as "OpenBLAS with the kernels SkylakeX, 2 threads"."""
    found = {(p["architecture"], p["num_threads"]) for p in threadpool_info() if "architecture" in p}
    return "; ".join(
        f"OpenBLAS with the kernels {name}, {n} thread{'s' * (n > 1)}" for name, n in sorted(found)
    )


def describe():
    """Say it in a line for the reader of a table."""
    libraries = ", ".join(f"{name} {' '.join(map(str, facts))}" for name, facts in pools().items())
    chosen = {
        name: os.environ[name] for name in ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS") if name in os.environ
    }
    forced = "".join(f"; {name}={value}" for name, value in chosen.items())
    return f"{os.cpu_count()} cores; threads: {libraries}{forced}"


def jax_devices():
    """Name the devices that JAX computes on."""
    try:
        import jax
    except ImportError:
        return "JAX is not installed"
    devices = jax.devices()
    kinds = ", ".join(sorted({device.device_kind for device in devices}))
    without = "" if jax.default_backend() == "gpu" else "; no GPU was at hand"
    return f"JAX computes on {len(devices)} x {kinds}{without}"
