"""Every model against its eager twins on every backend, step for step (docs/parity.md shows the numbers)."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import parity
import pytest
import records
from parity import CASES, LIMITS

from udl_pt.backends import BACKENDS

ROOT = Path(__file__).parents[1]


def _parameters():
    """Yield all runs, the twins of one run side by side: each worker of xdist compiles it once.

    Numba and C take long to compile, so each trains every second case, in one of the dtypes. The rest is
    exhaustive. All dtypes run on JAX.
    """
    for (number, case), (place, dtype), backend in itertools.product(
        enumerate(CASES), enumerate(LIMITS), BACKENDS
    ):
        marks = []
        if backend != "jax":
            is_sampled = number % 2 == (backend == "c") and place == number // 2 % 2
            marks = [pytest.mark.slow if is_sampled else pytest.mark.exhaustive]
        for twin in CASES[case].twins:
            yield pytest.param(case, twin, dtype, backend, marks=marks)


@pytest.mark.parametrize(("case", "twin", "dtype", "backend"), list(_parameters()))
def test_a_hundred_steps_end_at_the_same_numbers(case, twin, dtype, backend):
    apart = parity.differences(parity.symbolic(case, backend, dtype), parity.twin(case, twin, dtype))
    for kind, difference in apart.items():
        assert difference <= LIMITS[dtype], kind


@pytest.mark.parametrize("case", [name for name in CASES if "PCA" not in name and "gradient" not in name])
def test_what_agrees_has_gone_somewhere(case):
    all_costs = [costs for costs in parity.twin(case, "numpy", "float64")["costs"] if len(costs)]
    assert all_costs
    for costs in all_costs:
        assert costs.min() < 0.99 * costs[0]


@pytest.mark.parametrize("case", [name for name in CASES if "RBM" in name])
def test_no_draw_is_so_near_to_its_probability_that_float32_turns_it(case):
    assert parity.margin(case) > 3e-5


def test_no_pixel_has_a_gradient_so_small_that_float32_turns_its_sign():
    (gradient,) = parity.twin("input gradient", "numpy", "float64")["images"]
    assert abs(gradient).min() > 1e-6


def test_other_numbers_are_other_numbers():
    """The comparison itself: parameters, costs and draws of another seed; NaN; shapes; dtypes."""
    run = parity.twin("RBM, persistent", "numpy", "float64")
    models = parity.side("numpy")
    other = parity.rbm(models, "float64", {}, seed=305, persistent=True)
    apart = parity.differences(run, other)
    assert min(apart[kind] for kind in ("parameters", "costs", "draws")) > 0.01
    zeros = np.zeros(3)
    assert np.isnan(parity.max_difference([zeros, zeros], [zeros, np.array([0, np.nan, 0])]))
    for others in ([zeros[:2]], [zeros.astype("float32")], [], [zeros, zeros]):
        with pytest.raises(AssertionError):
            parity.max_difference([zeros], others)


def test_the_tool_measures_a_case():
    spec = importlib.util.spec_from_file_location("tools_parity", ROOT / "tools" / "parity.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    columns, rows = records.as_columns(tool.table("float64", ["jax"], ["PCA"]))
    assert columns == ["case", "JAX, NumPy", "JAX, PyTorch"]
    ((name, apart, nothing),) = rows
    assert (name, nothing) == ("PCA", "")
    assert float(apart) <= LIMITS["float64"]


@pytest.mark.parametrize("dtype", LIMITS)
def test_the_page_shows_every_case_within_its_limit(dtype):
    record = records.read(f"parity_{dtype}")
    assert [name for name, *_ in record["rows"]] == list(CASES)
    for name, *cells in record["rows"]:
        expected = [twin in CASES[name].twins for _ in BACKENDS for twin in ("numpy", "torch")]
        assert [bool(cell) for cell in cells] == expected
        assert all(float(cell) <= LIMITS[dtype] for cell in cells if cell)
