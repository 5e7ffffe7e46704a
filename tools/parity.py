"""Print the tables of docs/parity.md: ``python tools/parity.py``, minutes with an empty compile cache.

Runs the cases of `tests/parity.py` on all backends and both twins.
"""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import parity

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


def table(dtype, backends, cases):
    columns = [(backend, twin) for backend in backends for twin in TWINS]
    heads = ["case", *(f"{NAMES[backend]}, {TWINS[twin]}" for backend, twin in columns)]
    rows = [[case, *(difference(case, *column, dtype) for column in columns)] for case in cases]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])


def main(backends=BACKENDS, dtypes=tuple(parity.LIMITS), cases=tuple(parity.CASES)):
    warnings.filterwarnings("ignore", "backend 'c' found no BLAS", UserWarning)
    text = "\n\n".join(f"## {dtype}\n\n{table(dtype, backends, cases)}" for dtype in dtypes)
    print(text)
    return text


if __name__ == "__main__":
    main()
