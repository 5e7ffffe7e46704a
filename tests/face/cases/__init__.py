"""Small programs of Theano's, which run under the original and under `udl_pt.theano`.

Each function ``case_...(theano, T, np)`` returns numbers, arrays, text, or lists and dictionaries of them.
This package runs on Python 3.7 too, as the original Theano needs.
"""

import importlib
import os
import pkgutil
import warnings

import numpy as np

FLOATS = "float32", "float64"
HERE = os.path.dirname(__file__)


def load():
    """Return all cases: functions by ``module.name``, and those that state what a removed name meant."""
    cases, modern = {}, {}
    for module in sorted(found.name for found in pkgutil.iter_modules([HERE])):
        for name, function in vars(importlib.import_module("cases." + module)).items():
            kind, _, rest = name.partition("_")
            if kind == "case":
                cases[module + "." + rest] = function
            elif kind == "modern":
                modern[module + "." + rest] = function
    return cases, modern


def values(theano, *shape):
    """Return numbers of no regularity in floatX, between -2 and 2."""
    flat = 2 * np.sin(np.arange(np.prod(shape, dtype=int)) * 1.7 + 0.3)
    return flat.reshape(shape).astype(theano.config.floatX)


def error(function, *args, **kwargs):
    """Return the name of the type of the error that a call raises, or what it returned."""
    try:
        returned = function(*args, **kwargs)
    except Exception as raised:
        return "raises " + type(raised).__name__
    return "returned " + type(returned).__name__


def kind(variable):
    """Return what a variable's type says."""
    return [variable.dtype, variable.ndim, [bool(flag) for flag in variable.broadcastable]]


def run(case, theano):
    """Return what a case returns, in terms of JSON."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return plain(case(theano, importlib.import_module("theano.tensor"), np))


def plain(value):
    """Return a value in terms of JSON: arrays become dictionaries, NumPy's numbers become Python's."""
    if isinstance(value, np.generic) and value.dtype.kind != "c":
        value = value.item()
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    array = np.asarray(value)
    if array.dtype == object:
        raise TypeError("a case returned {!r}".format(value))
    flat = array.ravel()
    numbers = [flat.real.tolist(), flat.imag.tolist()] if array.dtype.kind == "c" else flat.tolist()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "numbers": numbers}
