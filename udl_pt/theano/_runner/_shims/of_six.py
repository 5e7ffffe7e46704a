"""The part of six, future and pkg_resources that scripts use, for where they aren't installed."""

import collections.abc
import functools
import importlib
import importlib.metadata
import io
import itertools
import numbers
import operator
import re
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MODULES", "moves", "six"]


def moves() -> Mapping[str, Any]:
    """Return the names of ``six.moves``."""
    modules = {
        "cPickle": "pickle", "configparser": "configparser", "queue": "queue", "urllib": "urllib",
        "builtins": "builtins",
        "http_client": "http.client", "copyreg": "copyreg",
    }  # fmt: skip
    return {name: importlib.import_module(module) for name, module in modules.items()} | {
        "xrange": range, "range": range, "zip": zip, "map": map, "filter": filter, "input": input,
        "reduce": functools.reduce, "zip_longest": itertools.zip_longest, "StringIO": io.StringIO,
        "cStringIO": io.StringIO, "intern": sys.intern, "reload_module": importlib.reload,
    }  # fmt: skip


def six() -> Mapping[str, Any]:
    """Return the names of ``six``."""

    def with_metaclass(meta: Any, *bases: type) -> Any:
        class Temporary(type):
            def __new__(cls, name: str, _: Any, namespace: dict[str, Any]) -> Any:
                return meta(name, bases, namespace)

        return type.__new__(Temporary, "temporary", (), {})

    def add_metaclass(meta: Any) -> Callable[[type], type]:
        def rebuild(cls: type) -> type:
            kept = {
                name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")
            }
            return meta(cls.__name__, cls.__bases__, kept)

        return rebuild

    def reraise(kind: Any, value: Any, traceback: Any = None) -> None:
        raise value.with_traceback(traceback)

    def raise_from(value: Any, from_value: Any) -> None:
        raise value from from_value

    return {
        "PY2": False, "PY3": True, "PY34": True, "string_types": (str,), "integer_types": (int,),
        "text_type": str,
        "binary_type": bytes, "class_types": (type,), "MAXSIZE": sys.maxsize, "StringIO": io.StringIO,
        "BytesIO": io.BytesIO, "iteritems": lambda d: iter(d.items()),
        "itervalues": lambda d: iter(d.values()),
        "iterkeys": lambda d: iter(d), "next": next, "callable": callable, "u": lambda text: text,
        "b": lambda text: text.encode("latin-1"), "print_": print, "exec_": exec,
        "with_metaclass": with_metaclass,
        "add_metaclass": add_metaclass, "reraise": reraise, "unichr": chr, "Iterator": object,
        "create_bound_method": types.MethodType, "get_function_code": lambda f: f.__code__,
        "Mapping": collections.abc.Mapping,
        "wraps": functools.wraps,
        "raise_from": raise_from,
        "python_2_unicode_compatible": lambda cls: cls,
        "viewkeys": operator.methodcaller("keys"),
        "viewvalues": operator.methodcaller("values"),
        "viewitems": operator.methodcaller("items"),
        "get_method_function": operator.attrgetter("__func__"),
        "get_method_self": operator.attrgetter("__self__"),
        "int2byte": lambda number: bytes((number,)),
        "byte2int": operator.itemgetter(0),
        "indexbytes": operator.getitem,
        "iterbytes": iter,
        "ensure_str": _as_text,
        "ensure_text": _as_text,
        "ensure_binary": lambda text, *how: text if isinstance(text, bytes) else text.encode(*how),
    }  # fmt: skip


def _as_text(text: str | bytes, encoding: str = "utf-8", errors: str = "strict") -> str:
    return text.decode(encoding, errors) if isinstance(text, bytes) else text


def _same(module: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: {
        name: value for name, value in vars(importlib.import_module(module)).items() if name[0] != "_"
    }


def _utils() -> Mapping[str, Any]:
    names = dict(six())
    names |= {f"view{what}": operator.methodcaller(what) for what in ("keys", "values", "items")}
    names |= {
        f"list{what}": lambda d, what=what: list(getattr(d, what)()) for what in ("keys", "values", "items")
    }
    return names | {
        "lmap": lambda f, *s: list(map(f, *s)),
        "lzip": lambda *s: list(zip(*s)),  # noqa: B905
        "native": lambda x: x,
    }


def _old_div(a: Any, b: Any) -> Any:
    """Divide as Python 2 did: ``past.utils.old_div``."""
    return a // b if isinstance(a, numbers.Integral) and isinstance(b, numbers.Integral) else a / b


def _past() -> Mapping[str, Any]:
    return {"xrange": range, "basestring": str, "unicode": str, "long": int, "raw_input": input,
    "unichr": chr,
            "reduce": functools.reduce, "cmp": lambda a, b: (a > b) - (a < b)}  # fmt: skip


def _parse_version(text: str) -> tuple[int, ...]:
    """Return a version's leading numbers, which can be compared."""
    return tuple(int(number) for number in re.match(r"(\d+\.?)*", text)[0].split(".") if number)  # type: ignore[index]


def _pkg_resources() -> Mapping[str, Any]:
    return {
        "parse_version": _parse_version,
        "get_distribution": importlib.metadata.distribution,
        "DistributionNotFound": importlib.metadata.PackageNotFoundError,
    }


# Only consulted where the real packages are absent, see `_shims.modules`.
MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "six": six,
    "six.moves": moves,
    "six.moves.cPickle": _same("pickle"),
    "six.moves.queue": _same("queue"),
    "six.moves.configparser": _same("configparser"),
    "six.moves.urllib": dict,
    "six.moves.urllib.request": _same("urllib.request"),
    "six.moves.urllib.parse": _same("urllib.parse"),
    "six.moves.urllib.error": _same("urllib.error"),
    "future": dict,
    "future.utils": _utils,
    "future.builtins": _same("builtins"),
    "future.standard_library": lambda: {"install_aliases": lambda: None, "install_hooks": lambda: None},
    "past": dict,
    "past.utils": lambda: {"old_div": _old_div},
    "past.builtins": _past,
    "pkg_resources": _pkg_resources,
}
