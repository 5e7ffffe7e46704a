"""Python 2's standard library: modules that have other names or meanings now."""

import configparser
import csv
import functools
import gzip
import hashlib
import importlib
import io
import itertools
import operator
import pickle
import random
import subprocess
import sys
import types
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from udl_pt.theano._runner._builtins2 import decoded
from udl_pt.theano._runner._shims import of_python

__all__ = ["MODULES", "RENAMED"]


def _binary(file: Any) -> Any:
    """Return the file of bytes below a file of text: Python 2 did not tell them apart."""
    return getattr(file, "buffer", file)


def _load(file: Any) -> Any:
    if isinstance(file, io.StringIO):
        return _loads(file.read())
    return pickle.load(_binary(file), encoding="latin1")


def _loads(data: Any) -> Any:
    return pickle.loads(data.encode("latin-1") if isinstance(data, str) else data, encoding="latin1")


def _dump(value: Any, file: Any, protocol: int = 0) -> None:
    if isinstance(file, io.StringIO):
        file.write(pickle.dumps(value, 0).decode("latin-1"))
    else:
        pickle.dump(value, _binary(file), protocol)


def _dumps(value: Any, protocol: int = 0) -> bytes:
    return pickle.dumps(value, protocol)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any) -> None:
        self._file = file  # a file of text that nobody keeps closes the file of bytes below it
        super().__init__(_binary(file), encoding="latin1")


def _pickle() -> Mapping[str, Any]:
    changed = {"load": _load, "loads": _loads, "dump": _dump, "dumps": _dumps, "Unpickler": _Unpickler}
    return {name: getattr(pickle, name) for name in pickle.__all__} | changed


def _random() -> Mapping[str, Any]:
    """Return the functions that draw whole numbers: they multiplied one uniform number."""

    def randrange(start: int, stop: int | None = None, step: int = 1) -> int:
        values = range(start) if stop is None else range(start, stop, step)
        if not values:
            raise ValueError("empty range for randrange()")
        return values[int(random.random() * len(values))]

    def choice(seq: Sequence[Any]) -> Any:
        return seq[int(random.random() * len(seq))]

    def shuffle(x: Any, random: Callable[[], float] = random.random) -> None:
        for i in reversed(range(1, len(x))):
            j = int(random() * (i + 1))
            x[i], x[j] = x[j], x[i]

    def sample(population: Any, k: int) -> list[Any]:
        import math

        n = len(population)
        if not 0 <= k <= n:
            raise ValueError("sample larger than population")
        setsize = 21 + (4 ** math.ceil(math.log(k * 3, 4)) if k > 5 else 0)
        if n <= setsize or hasattr(population, "keys"):
            pool = list(population)
            drawn = []
            for i in range(k):
                j = int(random.random() * (n - i))
                drawn.append(pool[j])
                pool[j] = pool[n - i - 1]
            return drawn
        chosen: dict[int, Any] = {}
        while len(chosen) < k:
            j = int(random.random() * n)
            if j not in chosen:
                chosen[j] = population[j] if isinstance(population, Sequence) else list(population)[j]
        return list(chosen.values())

    def randint(a: int, b: int) -> int:
        return randrange(a, b + 1)

    own = {"randrange": randrange, "randint": randint, "choice": choice, "shuffle": shuffle, "sample": sample}
    return own | {"jumpahead": lambda n: None}


def _itertools() -> Mapping[str, Any]:
    return {
        "izip": zip, "imap": map, "ifilter": filter, "izip_longest": itertools.zip_longest,
        "ifilterfalse": itertools.filterfalse,
    }  # fmt: skip


def _quoted() -> dict[str, Any]:
    names = ("quote", "quote_plus", "unquote", "unquote_plus", "urlencode")
    return {name: getattr(urllib.parse, name) for name in names}


def _urllib() -> Mapping[str, Any]:
    request = urllib.request
    names = {
        name: getattr(request, name) for name in ("urlopen", "urlretrieve", "pathname2url", "url2pathname")
    }
    return names | _quoted()


def _urllib2() -> Mapping[str, Any]:
    errors = {name: getattr(urllib.error, name) for name in ("URLError", "HTTPError")}
    return {name: getattr(urllib.request, name) for name in dir(urllib.request) if name[0] != "_"} | errors


def _csv() -> Mapping[str, Any]:
    return {
        "reader": lambda lines, *arguments, **options: csv.reader(decoded(lines), *arguments, **options),
        "DictReader": lambda lines, *arguments, **options: csv.DictReader(
            decoded(lines), *arguments, **options
        ),
    }


def _sys() -> Mapping[str, Any]:
    return {"maxint": sys.maxsize, "setdefaultencoding": lambda name: None, "exc_clear": lambda: None}


def _hashlib() -> Mapping[str, Any]:
    def taking_text(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(data: Any = b"", *rest: Any) -> Any:
            return function(data.encode("utf-8") if isinstance(data, str) else data, *rest)

        return call

    return {
        name: taking_text(getattr(hashlib, name)) for name in ("md5", "sha1", "sha224", "sha256", "sha512")
    }


def _types() -> Mapping[str, Any]:
    return {
        "StringType": str, "UnicodeType": str, "StringTypes": (str,), "IntType": int, "LongType": int,
        "FloatType": float, "ListType": list, "TupleType": tuple, "DictType": dict, "NoneType": type(None),
        "BooleanType": bool, "ObjectType": object, "TypeType": type, "ClassType": type,
        "InstanceType": object,
        "ComplexType": complex, "SliceType": slice, "FileType": io.IOBase, "XRangeType": range,
        "StringIOType": io.StringIO, "UnboundMethodType": types.FunctionType,
    }  # fmt: skip


def _string() -> Mapping[str, Any]:
    def maketrans(old: str, new: str) -> str:
        return "".join(map(chr, range(256))).translate(str.maketrans(old, new))

    return {**of_python.MODULES["string"](), "maketrans": maketrans}


def _operator() -> Mapping[str, Any]:
    from udl_pt.theano._runner._builtins2 import div

    return {
        "div": div, "isCallable": callable, "sequenceIncludes": operator.contains,
        "isSequenceType": lambda value: isinstance(value, (list, tuple, str)),
        "isNumberType": lambda value: isinstance(value, (int, float, complex)), "repeat": operator.mul,
    }  # fmt: skip


def _commands() -> Mapping[str, Any]:
    return {"getoutput": subprocess.getoutput, "getstatusoutput": subprocess.getstatusoutput}


def _gzip() -> Mapping[str, Any]:
    class GzipFile(gzip.GzipFile):
        def write(self, data: Any) -> int:
            return super().write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)

    return {
        "open": lambda name, mode="rb", level=9: GzipFile(name, mode.replace("U", ""), level),
        "GzipFile": GzipFile,
    }  # fmt: skip


class _StringIO(io.StringIO):
    """Takes and returns text; a pickle is text too."""

    def write(self, data: Any) -> int:
        return super().write(data.decode("latin-1") if isinstance(data, bytes) else data)


def _string_io(value: Any = "") -> Any:
    return io.BytesIO(value) if isinstance(value, bytes) else _StringIO(value)


def _functools() -> Mapping[str, Any]:
    return {"reduce": functools.reduce}


RENAMED = {
    "ConfigParser": "configparser", "Queue": "queue", "HTMLParser": "html.parser", "Tkinter": "tkinter",
    "tkMessageBox": "tkinter.messagebox", "tkFileDialog": "tkinter.filedialog", "copy_reg": "copyreg",
    "httplib": "http.client", "SocketServer": "socketserver", "BaseHTTPServer": "http.server",
    "SimpleHTTPServer": "http.server", "CGIHTTPServer": "http.server", "Cookie": "http.cookies",
    "cookielib": "http.cookiejar", "urlparse": "urllib.parse", "robotparser": "urllib.robotparser",
    "thread": "_thread", "dummy_thread": "_thread", "repr": "reprlib", "xmlrpclib": "xmlrpc.client",
    "anydbm": "dbm", "gdbm": "dbm.gnu", "dbhash": "dbm", "htmlentitydefs": "html.entities",
    "UserString": "collections",
    "UserList": "collections", "UserDict": "collections",
}  # fmt: skip


def _renamed(module: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: {
        name: value for name, value in vars(importlib.import_module(module)).items() if name[:2] != "__"
    }


def _configparser() -> Mapping[str, Any]:
    class ConfigParser(configparser.ConfigParser):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{"strict": False, **options})

        def readfp(self, file: Iterable[str], filename: str | None = None) -> None:
            self.read_file(file, filename)

    changed = {"ConfigParser": ConfigParser, "SafeConfigParser": ConfigParser}
    return {**_renamed("configparser")(), **changed}


def _sets() -> Mapping[str, Any]:
    return {"Set": set, "ImmutableSet": frozenset}


def _exceptions() -> Mapping[str, Any]:
    kinds = vars(importlib.import_module("builtins")).items()
    errors = {
        name: kind for name, kind in kinds if isinstance(kind, type) and issubclass(kind, BaseException)
    }
    return errors | {"StandardError": Exception}


def _hash_of(name: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: {"new": _hashlib()[name], name: _hashlib()[name]}


MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    **{old: _renamed(new) for old, new in RENAMED.items()},
    "cPickle": _pickle,
    "pickle": _pickle,
    "random": _random,
    "itertools": _itertools,
    "urllib": _urllib,
    "urllib2": _urllib2,
    "StringIO": lambda: {"StringIO": _string_io},
    "cStringIO": lambda: {"StringIO": _string_io, "InputType": io.StringIO, "OutputType": io.StringIO},
    "ConfigParser": _configparser,
    "csv": _csv,
    "string": _string,
    "sys": _sys,
    "hashlib": _hashlib,
    "md5": _hash_of("md5"),
    "sha": _hash_of("sha1"),
    "types": _types,
    "operator": _operator,
    "commands": _commands,
    "gzip": _gzip,
    "functools": _functools,
    "sets": _sets,
    "exceptions": _exceptions,
    "__builtin__": dict,
}
