"""Each case returns under `udl_pt.theano` what it returns under the original Theano.

``make_cases.py`` wrote the expected results with the original.
"""

import gzip
import importlib
import json
import math

import numpy as np
import pytest
from cases import FLOATS, load, run
from known import KNOWN, KNOWN_IN_FLOAT32
from make_cases import EXPECTED

import udl_pt.theano

OPTIMISED = "optimised"
BACKENDS = {"numba": "NUMBA", "c": "CVM"}
# instead of on C; make exhaustive runs all on both
ON_NUMBA = {OPTIMISED + name for name in (".logistic_regression", ".contrastive_divergence", ".mrg_streams")}
ON_NUMBA_TOO = {
    "nnet.crossentropy_categorical_1hot",
    "optimised.stable_log_of_one_minus_sigmoid",
    "reductions.max_of_nan",
    "scans.scan_n_steps",
}
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
CASES, _ = load()
with gzip.open(EXPECTED, "rt") as file:
    RESULTS = json.load(file)


def _parameters():
    """Yield each case in each floatX; those of the optimised mode on each backend that compiles."""
    for name in CASES:
        for floatX in FLOATS:
            known = KNOWN.get(name) or (KNOWN_IN_FLOAT32.get(name) if floatX == "float32" else None)
            marks = [pytest.mark.xfail(reason=known, strict=True)] if known else []
            more_backends = ["numba"] if name in ON_NUMBA_TOO else []
            for backend in BACKENDS if name.startswith(OPTIMISED) else ["vm", *more_backends]:
                is_usual = name in ON_NUMBA_TOO or (backend == "numba") == (name in ON_NUMBA)
                more = [] if is_usual else [pytest.mark.exhaustive]
                yield pytest.param(name, floatX, backend, id=f"{name}-{floatX}-{backend}", marks=marks + more)


def _close(got, expected, tolerance):
    """Return whether arrays agree, relative to their largest number."""
    finite = np.abs(expected)[np.isfinite(expected)]
    scale = max(1.0, finite.max(initial=0))
    return np.allclose(got, expected, tolerance, tolerance * scale, equal_nan=True)


def differences(got, expected, tolerance, path="result"):
    """Yield a sentence for each part in which two results differ."""
    if isinstance(expected, dict) and "numbers" in expected:
        if not isinstance(got, dict) or "numbers" not in got:
            yield f"{path} is {got!r}, not an array"
        elif (got["dtype"], got["shape"]) != (expected["dtype"], expected["shape"]):
            yield f"{path} is {got['dtype']} {got['shape']}, not {expected['dtype']} {expected['shape']}"
        elif np.dtype(expected["dtype"]).kind not in "fc":
            if got["numbers"] != expected["numbers"]:
                yield f"{path} is {got['numbers']}, not {expected['numbers']}"
        elif not _close(got["numbers"], expected["numbers"], tolerance):
            yield f"{path} is {got['numbers']}, not {expected['numbers']}"
    elif isinstance(expected, (dict, list)):
        if type(got) is not type(expected) or len(got) != len(expected):
            yield f"{path} is {got!r}, not {expected!r}"
            return
        for key in expected if isinstance(expected, dict) else range(len(expected)):
            if isinstance(got, dict) and key not in got:
                yield f"{path} has no {key!r}"
            else:
                yield from differences(got[key], expected[key], tolerance, f"{path}[{key!r}]")
    elif type(got) is float and type(expected) is float:
        if not math.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance):
            yield f"{path} is {got}, not {expected}"
    elif type(got) is not type(expected) or got != expected:
        yield f"{path} is {got!r}, not {expected!r}"


@pytest.fixture(scope="module")
def theano():
    """Theano's top module, installed once: most cases take milliseconds."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("THEANO_FLAGS", raising=False)
        environment.setenv("THEANORC", "/nothing")
        udl_pt.theano.install()
        yield importlib.import_module("theano")
        udl_pt.theano.uninstall()


@pytest.mark.parametrize(("name", "floatX", "backend"), list(_parameters()))
def test_case_returns_what_the_original_returns(theano, name, floatX, backend):
    with theano.configparser.change_flags(floatX=floatX, mode=BACKENDS.get(backend, "FAST_COMPILE")):
        got = run(CASES[name], theano)
    found = list(differences(got, RESULTS[name][floatX], TOLERANCE[floatX]))
    assert not found, "\n".join(found)


def test_every_case_has_a_result_in_each_floatx():
    """None is left out silently, and no result is of a case that is gone."""
    assert {name: sorted(of) for name, of in RESULTS.items()} == {name: sorted(FLOATS) for name in CASES}
    assert set(KNOWN) | set(KNOWN_IN_FLOAT32) <= set(CASES)
    assert len(CASES) >= 300


@pytest.mark.parametrize(
    ("got", "wrong"),
    [
        (1, 2),
        (1.0, 1.1),
        (1, True),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ("raises TypeError", "raises ValueError"),
        (
            {"dtype": "float32", "shape": [1], "numbers": [1.0]},
            {"dtype": "float64", "shape": [1], "numbers": [1.0]},
        ),
        ({"dtype": "int64", "shape": [1], "numbers": [1]}, {"dtype": "int64", "shape": [1], "numbers": [2]}),
        (
            {"dtype": "float64", "shape": [], "numbers": [1.0]},
            {"dtype": "float64", "shape": [], "numbers": [1.001]},
        ),
        (
            {"dtype": "float64", "shape": [], "numbers": [1.0]},
            {"dtype": "float64", "shape": [], "numbers": [math.nan]},
        ),
        ({"dtype": "float64", "shape": [], "numbers": [1.0]}, 1.0),
    ],
)
def test_differences_are_found(got, wrong):
    assert list(differences(got, wrong, 1e-5))
    assert not list(differences(got, got, 1e-5))
