"""Compare outcomes of `tensor_cases` under the face with those of the original."""

import gzip
import json
import math
from pathlib import Path

import pytensor
import tensor_cases
from tensor_known import KNOWN

with gzip.open(Path(__file__).with_name("tensor_expected.json.gz"), "rt") as file:
    EXPECTED = json.load(file)
BROADER = {"AxisError": "ValueError"}  # NumPy's error is a ValueError too
TOLERANCE = {"float64": 1e-9, "float32": 3e-5}


def equal(got, expected, tolerance):
    """Return whether two outcomes are the same; numbers within a tolerance."""
    if isinstance(expected, str) and isinstance(got, str):
        return expected in ("Exception", got, BROADER.get(got))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(equal(got[k], expected[k], tolerance) for k in got)
    if isinstance(expected, list) and isinstance(got, list):
        return len(got) == len(expected) and all(
            equal(a, b, tolerance) for a, b in zip(got, expected, strict=True)
        )
    if type(got) is not type(expected):
        return False
    if isinstance(expected, float):
        return (
            got == expected
            or math.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)
            or (math.isnan(got) and math.isnan(expected))
        )
    return got == expected


def check(theano, case, floatX, mode="FAST_COMPILE"):
    """Assert that a case's outcome is the original's, or one of the known differences."""
    with pytensor.config.change_flags(floatX=floatX):
        got = json.loads(json.dumps(tensor_cases.evaluate(case, theano, mode=mode)))
    same = equal(got, EXPECTED[floatX][case], TOLERANCE[floatX])
    if case in KNOWN:
        assert not same or floatX == "float32", f"{case} is served now: take it out of KNOWN"
    else:
        assert same, f"{case}: {got}, and the original {EXPECTED[floatX][case]}"
