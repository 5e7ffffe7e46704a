"""Names that NumPy had in Theano's time."""

import builtins
import functools
import importlib
import math
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from udl_pt.theano._runner._report import note

__all__ = ["MODULES", "array_names", "integral_shapes"]


class _Cast(dict[Any, Callable[[Any], Any]]):
    """``numpy.cast[dtype](x)``."""

    def __missing__(self, dtype: Any) -> Callable[[Any], Any]:
        return lambda value: np.asarray(value).astype(dtype)[()]


def _ragged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an array of objects for rows of several lengths, as NumPy did before 1.24."""

    @functools.wraps(function)
    def make(value: Any, dtype: Any = None, *arguments: Any, **options: Any) -> Any:
        if options.get("copy", True) is False:
            options["copy"] = None  # it meant: only if needed
        try:
            return function(value, dtype, *arguments, **options)
        except ValueError as error:
            if dtype is not None or "inhomogeneous" not in str(error):
                raise
            note(f"numpy.{function.__name__} of rows of several lengths")
            return _objects(value)

    return make


def _objects(rows: Any) -> np.ndarray[Any, Any]:
    try:
        return np.array(rows, dtype=object)
    except ValueError:  # arrays whose first dimensions are equal
        made = np.empty(len(rows), dtype=object)
        for index, row in enumerate(rows):
            made[index] = row
        return made


def _listed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take an iterator of arrays, as before NumPy 1.16."""

    @functools.wraps(function)
    def stack(arrays: Any, *arguments: Any, **options: Any) -> Any:
        if not hasattr(arrays, "__getitem__"):
            arrays = builtins.list(arrays)
        return function(arrays, *arguments, **options)

    return stack


def _whole(size: Any) -> Any:
    if isinstance(size, (float, np.floating)) and float(size).is_integer():
        note("a whole float as a size")
        return int(size)
    return type(size)(map(_whole, size)) if type(size) in (tuple, list) else size


def integral_shapes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take whole floats in a shape, as before NumPy 1.12."""

    @functools.wraps(function)
    def make(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except TypeError:
            if not arguments:
                raise
            return function(
                *map(_whole, arguments), **{name: _whole(value) for name, value in options.items()}
            )

    return make


def _load(file: Any, mmap_mode: Any = None, allow_pickle: bool = True, **options: Any) -> Any:
    options.setdefault("encoding", "latin1")
    return np.load(file, mmap_mode, allow_pickle, **options)


def _fromstring(text: Any, dtype: Any = float, count: int = -1, sep: str = "") -> Any:
    if sep:
        return np.fromstring(text, dtype, count, sep=sep)
    return np.frombuffer(text.encode("latin-1") if isinstance(text, str) else text, dtype, count).copy()


def _histogram(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def histogram(*arguments: Any, normed: bool | None = None, **options: Any) -> Any:
        if normed is not None:
            note(f"{function.__name__}(normed=)")
            options["density"] = bool(normed)
        return function(*arguments, **options)

    return histogram


def _asscalar(array: Any) -> Any:
    return np.asarray(array).item()


def _find_common_type(array_types: Any, scalar_types: Any) -> Any:
    arrays = [np.dtype(one) for one in array_types]
    scalars = [np.dtype(one) for one in scalar_types]
    if not arrays or (scalars and np.result_type(*scalars).kind > np.result_type(*arrays).kind):
        return np.result_type(*arrays, *scalars)
    return np.result_type(*arrays)


def _trapz(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    return np.trapezoid(y, x, dx, axis)


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def array_names() -> dict[str, Any]:
    """Return names of functions on arrays and of types, which SciPy's and pylab's namespaces had too."""
    names: dict[str, Any] = {
        "Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "PINF": np.inf, "NINF": -np.inf, "NaN": np.nan,
        "NAN": np.nan, "PZERO": 0.0, "NZERO": -0.0, "float_": np.float64, "complex_": np.complex128,
        "cfloat": np.complex128, "singlecomplex": np.complex64, "longfloat": np.longdouble,
        "longcomplex": np.clongdouble, "clongfloat": np.clongdouble, "string_": np.bytes_, "str0": np.str_,
        "unicode_": np.str_, "bytes0": np.bytes_, "bool8": np.bool_, "object0": np.object_, "int0": np.intp,
        "uint0": np.uintp, "void0": np.void,
        "product": np.prod, "cumproduct": np.cumprod, "sometrue": np.any, "alltrue": np.all,
        "round_": np.round,
        "row_stack": _listed(np.vstack), "vstack": _listed(np.vstack), "hstack": _listed(np.hstack),
        "dstack": _listed(np.dstack), "column_stack": _listed(np.column_stack), "stack": _listed(np.stack),
        "concatenate": _listed(np.concatenate), "array": _ragged(np.array), "asarray": _ragged(np.asarray),
        "zeros": integral_shapes(np.zeros), "ones": integral_shapes(np.ones),
        "empty": integral_shapes(np.empty),
        "eye": integral_shapes(np.eye), "linspace": integral_shapes(np.linspace),
        "reshape": integral_shapes(np.reshape), "tile": integral_shapes(np.tile),
        "repeat": integral_shapes(np.repeat),
        "asscalar": _asscalar, "msort": lambda a: np.sort(a, axis=0), "rank": np.ndim, "in1d": _in1d,
        "trapz": _trapz, "mat": np.asmatrix, "cast": _Cast(), "fromstring": _fromstring,
        "histogram": _histogram(np.histogram), "find_common_type": _find_common_type, "load": _load,
        "issubclass_": lambda a, b: isinstance(a, type) and issubclass(a, b),
        "issctype": lambda kind: isinstance(kind, type) and issubclass(kind, np.generic),
        "obj2sctype": lambda kind: np.dtype(kind).type, "sctype2char": lambda kind: np.dtype(kind).char,
        "typeDict": np.sctypeDict, "sctypeDict": np.sctypeDict, "nbytes": _sizes(),
        "alen": lambda a: len(np.atleast_1d(a)), "disp": lambda text, *rest: print(text),  # noqa: T201
        "byte_bounds": lambda a: np.lib.array_utils.byte_bounds(a),
        "safe_eval": lambda text: importlib.import_module("ast").literal_eval(text),
        "recfromcsv": lambda name, **options: np.genfromtxt(
            name, **{"delimiter": ",", "names": True, "dtype": None, "encoding": None, **options}
        ).view(np.recarray),
        "sctypes": {
            "int": [np.int8, np.int16, np.int32, np.int64], "uint": [np.uint8, np.uint16, np.uint32,
            np.uint64],
            "float": [np.float16, np.float32, np.float64, np.longdouble],
            "complex": [np.complex64, np.complex128, np.clongdouble],
            "others": [bool, object, bytes, str, np.void],
        },
    }  # fmt: skip
    return names


def _sizes() -> dict[type, int]:
    return {kind: np.dtype(kind).itemsize for kind in set(np.sctypeDict.values()) if np.dtype(kind).itemsize}


def _numpy() -> Mapping[str, Any]:
    compat = types.SimpleNamespace(
        long=int, basestring=str, unicode=str, asstr=str, asbytes=lambda s: s.encode("latin-1"), py3k=None
    )
    return array_names() | {
        "bool": bool, "int": int, "float": float, "complex": complex, "object": object, "str": str,
        "long": int,
        "unicode": str, "math": math, "compat": compat, "sys": sys,
    }  # fmt: skip


def _random() -> Mapping[str, Any]:
    def random_integers(low: int, high: int | None = None, size: Any = None) -> Any:
        return np.random.randint(*((1, low + 1) if high is None else (low, high + 1)), size)

    sized = "uniform normal binomial randn rand random_sample random permutation randint"
    names = {name: integral_shapes(getattr(np.random, name)) for name in sized.split()}
    names["choice"] = integral_shapes(np.random.choice)
    return names | {"random_integers": random_integers, "ranf": np.random.random_sample, **_seeding()}


def _seeding() -> Mapping[str, Any]:
    from udl_pt.theano._runner._seeds import next_seed, seeded, seeds_wanted

    if not seeds_wanted():
        return {}

    def default_rng(seed: Any = None) -> np.random.Generator:
        return np.random.default_rng(next_seed() if seed is None else seed)

    return {"RandomState": seeded(np.random.RandomState), "default_rng": default_rng}


def _testing() -> Mapping[str, Any]:
    names = {name: getattr(np.testing, name) for name in np.testing.__all__}
    names["rand"] = np.random.rand
    names["run_module_suite"] = lambda *arguments: importlib.import_module("unittest").main()
    names["dec"] = types.SimpleNamespace(**_decorators())
    return names


def _decorators() -> Mapping[str, Any]:
    def skipif(condition: Any, reason: str | None = None) -> Callable[[Any], Any]:
        skip = condition() if callable(condition) else condition
        return importlib.import_module("unittest").skipIf(skip, reason or "")

    return {
        "slow": lambda test: test,
        "skipif": skipif,
        "knownfailureif": skipif,
        "setastest": lambda tf=True: lambda f: f,
    }


MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "numpy": _numpy,
    "numpy.random": _random,
    "numpy.testing": _testing,
    "numpy.testing.utils": _testing,
    "numpy.testing.decorators": _decorators,
    "numpy.matlib": array_names,
}
