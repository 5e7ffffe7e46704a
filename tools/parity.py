"""Print the tables of docs/parity.md: ``python tools/parity.py --dtype float64 [--json FILE]``.

Runs the cases of `tests/parity.py` on all backends and both twins: minutes with an empty compile cache.
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import parity
import records
from rich.console import Console
from rich.table import Table

from udl_pt.backends import BACKENDS

TWINS = {"numpy": "NumPy", "torch": "PyTorch"}
NAMES = {"numba": "Numba", "c": "C", "jax": "JAX"}


def difference(case, backend, twin, dtype):
    """Write the largest difference of anything that both sides have; nothing where there is no such twin."""
    if twin not in parity.CASES[case].twins:
        return ""
    apart = parity.differences(parity.symbolic(case, backend, dtype), parity.twin(case, twin, dtype))
    largest = max(apart.values())
    return f"{largest:.0e}" if largest else "0"


def table(dtype, backends=BACKENDS, cases=tuple(parity.CASES)):
    """Return the table of a dtype."""
    columns = [(backend, twin) for backend in backends for twin in TWINS]
    found = Table("case", *(f"{NAMES[backend]}, {TWINS[twin]}" for backend, twin in columns), title=dtype)
    for case in cases:
        found.add_row(case, *(difference(case, *column, dtype) for column in columns))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtype", choices=list(parity.LIMITS), required=True)
    records.add_json(parser)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", "backend 'c' found no BLAS", UserWarning)
    found = table(options.dtype)
    Console().print(found)
    records.write(options.json, found)


if __name__ == "__main__":
    main()
