"""Modules that Theano's tests import: nose, parameterized, six; and NumPy's names of that time."""

import builtins
import collections
import collections.abc
import functools
import inspect
import io
import itertools
import pickle
import re
import sys
import types
import unittest

import numpy as np
import numpy.testing
import scipy.linalg

__all__ = ["install_stubs", "repair"]


class Parameterized:
    """``parameterized`` of the package of this name: a class's method, or a module's function, many times."""

    def __init__(self, cases=None):
        self.cases = cases

    def __call__(self, function):
        cases = [case if isinstance(case, tuple) else (case,) for case in self.cases]

        def generate(*me):
            return ((function, *me, *case) for case in cases)

        generate.generates = True
        return functools.wraps(function)(generate)

    @classmethod
    def expand(cls, cases, *_, **__):
        """Return a decorator that puts a function for each case into the class, or the module."""
        cases = [case if isinstance(case, tuple) else (case,) for case in cases]

        def decorate(function):
            place = sys._getframe(1).f_locals
            for number, case in enumerate(cases):

                def run(*me, _case=case):
                    return function(*me, *_case)

                text = "_".join(map(str, case))
                name = f"{function.__name__}_{number}_{re.sub(r'[^A-Za-z0-9]+', '_', text)}"
                run = functools.wraps(function)(run)
                del run.__wrapped__  # its signature is the case's
                run.__name__ = run.__qualname__ = name
                run.source = function
                place[name] = run

        return decorate

    @staticmethod
    def to_safe_name(name):
        """Return a name without other characters than letters, digits and underscores."""
        return re.sub(r"[^A-Za-z0-9_]+", "_", name)


def _module(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    vars(module).update(members)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
    return module


def _raises(*errors):
    def decorate(function):
        @functools.wraps(function)
        def run(*args, **keywords):
            with unittest.TestCase().assertRaises(errors):  # noqa: PT027
                function(*args, **keywords)

        return run

    return decorate


def _nose():
    case = unittest.TestCase()
    tools = {
        "".join(f"_{c.lower()}" if c.isupper() else c for c in name): getattr(case, name)
        for name in dir(case)
        if name.startswith("assert")
    }
    tools["assert_equals"] = case.assertEqual
    _module("nose")
    _module("nose.tools", raises=_raises, nottest=lambda f: f, istest=lambda f: f, **tools)
    _module("nose.plugins")
    _module("nose.plugins.skip", SkipTest=unittest.SkipTest)
    _module("nose.plugins.attrib", attr=lambda *_, **__: lambda function: function)
    decorators = {name: lambda *_, **__: lambda function: function for name in ("slow", "setastest")}
    skip_if = lambda condition, reason="": unittest.skipIf(condition, reason)  # noqa: E731
    numpy.testing.dec = types.SimpleNamespace(knownfailureif=skip_if, skipif=skip_if, **decorators)
    _module("parameterized", parameterized=Parameterized)
    _module("nose_parameterized", parameterized=Parameterized)
    _module("numpy.testing.noseclasses", KnownFailureTest=unittest.SkipTest)


def _reraise(kind, value, trace=None):
    raise (kind() if value is None else value).with_traceback(trace)


def _six():
    moves = {
        "builtins": builtins,
        "cPickle": pickle,
        "configparser": __import__("configparser"),
        "copyreg": __import__("copyreg"),
        "queue": __import__("queue"),
    }
    functions = {
        "filter": filter,
        "input": input,
        "map": map,
        "range": range,
        "reduce": functools.reduce,
        "reload_module": __import__("importlib").reload,
        "StringIO": io.StringIO,
        "xrange": range,
        "zip": zip,
        "zip_longest": itertools.zip_longest,
    }

    def with_metaclass(meta, *bases):
        return meta("base", bases or (object,), {})

    def add_metaclass(meta):
        return lambda cls: meta(
            cls.__name__, cls.__bases__, {k: v for k, v in vars(cls).items() if k != "__dict__"}
        )

    _module(
        "six",
        PY2=False,
        PY3=True,
        BytesIO=io.BytesIO,
        StringIO=io.StringIO,
        add_metaclass=add_metaclass,
        b=lambda text: text.encode("latin-1"),
        binary_type=bytes,
        class_types=(type,),
        exec_=exec,
        get_function_closure=lambda function: function.__closure__,
        integer_types=(int,),
        iteritems=lambda mapping, **_: iter(mapping.items()),
        iterkeys=lambda mapping, **_: iter(mapping),
        itervalues=lambda mapping, **_: iter(mapping.values()),
        reraise=_reraise,
        string_types=(str,),
        text_type=str,
        u=str,
        with_metaclass=with_metaclass,
    )
    _module("six.moves", **functions)
    for name, module in moves.items():
        sys.modules[f"six.moves.{name}"] = module
        setattr(sys.modules["six.moves"], name, module)


def _numpy():
    """Put NumPy's old names back."""

    class Cast(dict):
        def __missing__(self, dtype):
            return lambda value: np.asarray(value, dtype=dtype)

    old = {
        "float": float,
        "int": int,
        "bool": np.bool_,
        "object": object,
        "complex": complex,
        "str": str,
        "float_": np.float64,
        "complex_": np.complex128,
        "cast": Cast(),
        "asscalar": lambda array: np.asarray(array).item(),
        "product": np.prod,
        "cumproduct": np.cumprod,
        "alltrue": np.all,
        "sometrue": np.any,
        "round_": np.round,
        "Inf": np.inf,
        "NaN": np.nan,
        "row_stack": np.vstack,
        "find_common_type": lambda arrays, scalars: np.result_type(*arrays, *scalars),
        "MAXDIMS": 64,
        "ComplexWarning": np.exceptions.ComplexWarning,
        "VisibleDeprecationWarning": np.exceptions.VisibleDeprecationWarning,
        "trapz": np.trapezoid,
        "in1d": lambda a, b: np.isin(np.ravel(a), b),
    }
    for name, value in old.items():
        if name not in vars(np) or name in ("float", "int", "object", "complex", "str"):
            setattr(np, name, value)
    for name in "hstack", "vstack":  # they took iterators too
        setattr(np, name, _of_any_iterable(getattr(np, name)))
    np.core = np._core  # the old name warns
    np.linalg.linalg = np.linalg
    np.unique = _unique
    scipy.linalg.kron = _kron


def _of_any_iterable(stack):
    return functools.wraps(stack)(lambda arrays, **options: stack(list(arrays), **options))


_np_unique = np.unique


def _unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, **options):
    """Return what NumPy 1 returned: a vector of places in the flattened array."""
    found = _np_unique(ar, return_index, return_inverse, return_counts, axis, **options)
    if not return_inverse:
        return found
    place = 2 if return_index else 1
    return (*found[:place], found[place].reshape(-1), *found[place + 1 :])


def _kron(a, b):
    """Return SciPy's Kronecker product of that time, which joined two axes twice."""
    return np.concatenate(np.concatenate(np.multiply.outer(a, b), axis=1), axis=1)


def _concrete_types(cls=np.number, ignore=None):
    """Return the classes of numbers with a dtype of their own."""
    found = [] if cls.__subclasses__() and not issubclass(cls, float | complex) else [cls]
    for child in cls.__subclasses__():
        found += [one for one in _concrete_types(child) if one not in found]
    return found


def _all_bits(x, axis, dtype):
    identity = np.array([-1]).astype(dtype)[0]  # of unsigned integers too
    return (
        np.bitwise_and.reduce(x, axis=axis, initial=identity)
        if x.size == 0
        else np.bitwise_and.reduce(x, axis)
    )


def repair(module):
    """Replace helpers of a module of tests that NumPy no longer computes."""
    replaced = {"get_numeric_subclasses": _concrete_types, "reduce_bitwise_and": _all_bits}
    for name, function in replaced.items():
        if hasattr(module, name):
            setattr(module, name, function)


def install_stubs():
    """Make all of them importable in this process."""
    _nose()
    _six()
    _numpy()
    inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]
    for name in ("Callable", "Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence"):
        setattr(collections, name, getattr(collections.abc, name))
