"""Names that Python's standard library had in Theano's time, under Python 3 too."""

import collections.abc
import errno
import functools
import html
import importlib
import importlib.machinery
import importlib.util
import inspect
import math
import os
import platform
import string
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MODULES"]


def _getargspec(function: Any) -> Any:
    spec = inspect.getfullargspec(function)
    ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


def _maketrans(old: Any, new: Any) -> Any:
    return bytes.maketrans(old, new) if isinstance(old, bytes) else str.maketrans(old, new)


def _string() -> Mapping[str, Any]:
    names: dict[str, Any] = {
        "maketrans": _maketrans, "letters": string.ascii_letters, "lowercase": string.ascii_lowercase,
        "uppercase": string.ascii_uppercase, "join": lambda words, sep=" ": sep.join(words), "atoi": int,
        "atof": float, "atol": int, "joinfields": lambda words, sep=" ": sep.join(words),
        "splitfields": str.split, "zfill": lambda x, width: str(x).zfill(width),
    }  # fmt: skip
    for name in [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "replace",
        "find",
        "rfind",
        "index",
        "count",
        "capitalize",
        "title",
    ]:
        names[name] = getattr(str, name)
    return names | {
        name: getattr(str, name) for name in ("ljust", "rjust", "center", "swapcase", "expandtabs")
    }


def _imp() -> Mapping[str, Any]:
    def load_source(name: str, path: str, file: Any = None) -> Any:
        loader = importlib.machinery.SourceFileLoader(name, path)
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    def find_module(name: str, path: Any = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None:
            raise ImportError(f"No module named {name!r}", name=name)
        return None, spec.origin, ("", "", 1)

    return {
        "load_source": load_source, "find_module": find_module, "reload": importlib.reload,
        "load_module": lambda name, file, path, description: load_source(name, path),
        "new_module": type(sys), "acquire_lock": lambda: None, "release_lock": lambda: None,
        "is_frozen": lambda name: False, "get_suffixes": lambda: [(".py", "r", 1)],
    }  # fmt: skip


def _base64() -> Mapping[str, Any]:
    base64 = importlib.import_module("base64")
    return {"encodestring": base64.encodebytes, "decodestring": base64.decodebytes}


def _clock() -> float:
    return time.process_time() if os.name != "nt" else time.perf_counter()


def _distribution() -> tuple[str, str, str]:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "", "", ""
    return release.get("ID", ""), release.get("VERSION_ID", ""), release.get("VERSION_CODENAME", "")


def _inspect() -> Mapping[str, Any]:
    return {"getargspec": _getargspec, "getmoduleinfo": lambda path: None}


def _collections() -> Mapping[str, Any]:
    return {name: getattr(collections.abc, name) for name in collections.abc.__all__}


def _platform() -> Mapping[str, Any]:
    return {"linux_distribution": _distribution, "dist": _distribution}


def _cgi() -> Mapping[str, Any]:
    return {"escape": functools.partial(html.escape, quote=False)}


def _json() -> Mapping[str, Any]:
    json = importlib.import_module("json")

    def lenient(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, encoding: Any = None, **options: Any) -> Any:
            return function(*arguments, **options)

        return call

    return {name: lenient(getattr(json, name)) for name in ("load", "loads", "dump", "dumps")}


MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "time": lambda: {"clock": _clock},
    "collections": _collections,
    "inspect": _inspect,
    "string": _string,
    "imp": _imp,
    "os": lambda: {"getcwdu": os.getcwd, "errno": errno},
    "fractions": lambda: {"gcd": math.gcd},
    "platform": _platform,
    "cgi": _cgi,
    "base64": _base64,
    "json": _json,
    "html": dict,
    "xml": dict,
    "xml.etree": dict,
    "xml.etree.cElementTree": lambda: vars(importlib.import_module("xml.etree.ElementTree")),
}
