"""Python 2's builtins, and the operations that `_python2` puts into a script."""

import builtins
import codecs
import contextlib
import functools
import importlib
import io
import itertools
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from pytensor.graph.basic import Variable

from udl_pt.theano._runner._imports import Proxy
from udl_pt.theano._runner._python2 import compile_python2
from udl_pt.theano._runner._shims.attributes import attribute
from udl_pt.theano._runner._source import PREFIX

__all__ = ["builtins2", "cmp", "decoded", "div", "functions2", "open2", "text_of"]

_Truth = (bool, np.bool_)


def _is_integer(value: Any) -> bool:
    if isinstance(value, (int, np.integer, np.bool_)):
        return True
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biu"
    return isinstance(value, Variable) and _is_discrete(value)


def _is_discrete(value: Variable[Any, Any]) -> bool:
    return str(getattr(value.type, "dtype", "")).startswith(("int", "uint", "bool"))


def div(a: Any, b: Any) -> Any:
    """Divide as Python 2 did: two integers are divided downwards, NumPy's and PyTensor's too."""
    if type(a) is float or type(b) is float or not (_is_integer(a) and _is_integer(b)):
        return a / b
    return a // b


def idiv(a: Any, b: Any) -> Any:
    """Divide in place, as Python 2 did."""
    if _is_integer(a) and _is_integer(b):
        a //= b
    else:
        a /= b
    return a


def _idiv_item(owner: Any, index: Any, b: Any) -> None:
    owner[index] = idiv(owner[index], b)


def _idiv_attribute(owner: Any, name: str, b: Any) -> None:
    setattr(owner, name, idiv(getattr(owner, name), b))


def cmp(a: Any, b: Any) -> int:
    """Compare as Python 2's builtin of this name."""
    return int(a > b) - int(a < b)


def _sorted(iterable: Iterable[Any], cmp: Any = None, key: Any = None, reverse: bool = False) -> list[Any]:
    if cmp is not None:
        order = functools.cmp_to_key(cmp)
        chosen = order if key is None else lambda item: order(key(item))
    else:
        chosen = key
    return builtins.sorted(iterable, key=chosen, reverse=reverse)


def _ordered(cls: type) -> type:
    """Compare instances of a class with its method ``__cmp__``."""
    for name, holds in {
        "__lt__": lambda c: c < 0, "__le__": lambda c: c <= 0, "__eq__": lambda c: c == 0,
        "__ne__": lambda c: c != 0, "__gt__": lambda c: c > 0, "__ge__": lambda c: c >= 0,
    }.items():  # fmt: skip
        if name not in vars(cls):
            setattr(cls, name, lambda a, b, holds=holds: holds(a.__cmp__(b)))
    if cls.__hash__ is None:
        cls.__hash__ = object.__hash__
    return cls


_DICTIONARY: dict[str, Callable[[Any], Any]] = {
    "keys": list, "values": list, "items": list, "iterkeys": iter, "itervalues": iter, "iteritems": iter,
    "viewkeys": lambda view: view, "viewvalues": lambda view: view, "viewitems": lambda view: view,
}  # fmt: skip


def method(owner: Any, name: str) -> Any:
    """Return a method that Python 3's objects lack, or that does something else there."""
    if name in _DICTIONARY:
        if isinstance(owner, Mapping) and not isinstance(owner, type):
            wrap, new = _DICTIONARY[name], name.removeprefix("iter").removeprefix("view")
            return lambda: wrap(getattr(owner, new)())
        if not hasattr(owner, name) and name.startswith("iter"):
            return lambda: iter(getattr(owner, name.removeprefix("iter"))())
    elif isinstance(owner, str) and not isinstance(owner, type):
        if name == "decode":
            return functools.partial(_decode, owner)
        if name == "encode":
            return functools.partial(_encode, owner)
        if name == "translate":
            return functools.partial(_translate, owner)
    elif name == "sort" and isinstance(owner, list):
        return functools.partial(_sort, owner)
    elif name == "next" and not hasattr(owner, "next") and hasattr(owner, "__next__"):
        return owner.__next__
    elif name == "has_key" and not hasattr(owner, "has_key") and hasattr(owner, "__contains__"):
        return owner.__contains__
    elif name == "xreadlines" and not hasattr(owner, name):
        return lambda: iter(owner)
    return attribute(owner, name)


def _sort(items: list[Any], cmp: Any = None, key: Any = None, reverse: bool = False) -> None:
    items[:] = _sorted(items, cmp, key, reverse)


_BYTES = ("hex", "base64", "zlib", "zip", "bz2", "uu", "quopri")


def _decode(text: str, encoding: Any = "ascii", errors: str = "strict") -> Any:
    if encoding.replace("_codec", "") in _BYTES:
        return codecs.decode(text.encode("latin-1"), encoding).decode("latin-1")
    if encoding in ("string_escape", "string-escape", "unicode_escape", "rot13", "rot_13"):
        return codecs.decode(text, encoding.replace("string", "unicode").replace("-", "_"))
    with contextlib.suppress(UnicodeError):  # bytes that were read as Latin-1
        return text if text.isascii() else text.encode("latin-1").decode(encoding, errors)
    return text


def _encode(text: str, encoding: Any = "ascii", errors: str = "strict") -> Any:
    if encoding.replace("_codec", "") in _BYTES:
        return codecs.encode(text.encode("latin-1"), encoding).decode("latin-1")
    if errors in ("ignore", "replace"):
        return text.encode(encoding, errors).decode(encoding)
    return text  # text and its bytes were one class


def _translate(text: str, table: Any = None, deletechars: str = "") -> str:
    if isinstance(table, str):
        table = {index: char for index, char in enumerate(table)}
    kept = "".join(char for char in text if char not in deletechars) if deletechars else text
    return kept if table is None else kept.translate(table)


def text_of(value: Any) -> str:
    """Return what Python 2's ``str`` and ``print`` wrote: twelve digits of a float."""
    if type(value) is float and math.isfinite(value):
        text = f"{value:.12g}"
        if len(text.lstrip("-")) == 12 and text.lstrip("-").isdigit():  # there is no place for ".0"
            digits, exponent = f"{value:.11e}".split("e")
            return f"{digits.rstrip('0').rstrip('.')}e{exponent}"
        return text if any(mark in text for mark in ".e") else text + ".0"
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    return str(value)


def _ends_line(text: str) -> bool:
    return text[-1:].isspace() and text[-1] != " "


_soft: dict[int, bool] = {}  # files whose last print ended with a comma


def _print(*values: Any, sep: str = " ", end: str = "\n", file: Any = None, flush: bool = False) -> None:
    out = sys.stdout if file is None else file
    text = ""
    for index, value in enumerate(values):  # a string that ends a line needs no blank after it
        text += sep if index and not _ends_line(text) else ""
        text += text_of(value)
    if _soft.pop(id(out), False) and text:
        out.write(" ")
    if end == " ":  # a comma ended the statement: the next one begins with a blank, but not after a new line
        if not _ends_line(text):
            _soft[id(out)] = True
        end = ""
    out.write(text + end)
    if flush:
        out.flush()


def decoded(lines: Iterable[Any]) -> Iterable[Any]:
    """Yield lines as text, those of binary files too."""
    return (line.decode("latin-1") if isinstance(line, bytes) else line for line in lines)


class _Lenient(io.BufferedWriter):
    """A binary file that takes text too."""

    def write(self, data: Any) -> int:
        return super().write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)


def open2(name: Any, mode: str = "r", buffering: int = -1) -> Any:
    """Open a file as Python 2 did: bytes and text are not told apart."""
    mode = mode.replace("U", "") or "r"
    if "b" not in mode:
        return builtins.open(name, mode, encoding="utf-8", errors="surrogateescape")
    if any(letter in mode for letter in "wa") and "+" not in mode:
        return _Lenient(io.FileIO(name, mode.replace("b", "")))
    return builtins.open(name, mode)


class _AnyFile(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, io.IOBase)

    def __call__(cls, *arguments: Any) -> Any:
        return open2(*arguments)


class _AnyText(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, (str, bytes) if cls.__name__ == "basestring" else str)

    def __call__(cls, value: Any = "", encoding: str = "utf-8", errors: str = "strict") -> str:
        return value.decode(encoding, errors) if isinstance(value, bytes) else text_of(value)


def _map(function: Any, *sequences: Iterable[Any]) -> list[Any]:
    if function is None:
        rows = list(itertools.zip_longest(*sequences))
        return [row[0] for row in rows] if len(sequences) == 1 else rows
    return [function(*row) for row in itertools.zip_longest(*sequences)]


def _filter(function: Any, sequence: Any) -> Any:
    kept = builtins.filter(function, sequence)
    if isinstance(sequence, str):
        return "".join(kept)
    return tuple(kept) if isinstance(sequence, tuple) else list(kept)


def _round(number: Any, ndigits: int = 0) -> float:
    number = float(number)
    if not math.isfinite(number):
        return number
    if ndigits == 0:
        whole = math.floor(abs(number))
        return math.copysign(whole + (abs(number) - whole >= 0.5), number)
    return float(builtins.round(number, ndigits))


def _exec(code: Any, globals: Any = None, locals: Any = None) -> None:
    frame = sys._getframe(1)
    if globals is None:
        globals, locals = frame.f_globals, frame.f_locals
    globals.setdefault("__builtins__", frame.f_builtins)
    if isinstance(code, (str, bytes)):
        code = compile_python2(code, "<string>")
    builtins.exec(code, globals, locals)


def _eval(code: Any, globals: Any = None, locals: Any = None) -> Any:
    frame = sys._getframe(1)
    if globals is None:
        globals, locals = frame.f_globals, frame.f_locals
    globals.setdefault("__builtins__", frame.f_builtins)
    if isinstance(code, (str, bytes)):
        code = compile_python2(code, "<string>", "eval")
    return builtins.eval(code, globals, locals)


def _execfile(path: str, globals: Any = None, locals: Any = None) -> None:
    frame = sys._getframe(1)
    if globals is None:
        globals, locals = frame.f_globals, frame.f_locals
    with builtins.open(path, "rb") as file:
        code = compile_python2(file.read(), path)
    globals.setdefault("__builtins__", frame.f_builtins)
    builtins.exec(code, globals, locals)


def _reload(module: Any) -> Any:
    """Load a module anew; ``reload(sys)`` and other modules that a proxy stands for stay as they are."""
    return module if isinstance(module, Proxy) else importlib.reload(module)


def builtins2(ask: Callable[[str], str]) -> dict[str, Any]:
    """Return Python 2's builtins; `ask` answers ``raw_input`` and ``input``."""

    def raw_input(prompt: Any = "") -> str:
        return ask(text_of(prompt))

    def evaluated(prompt: Any = "") -> Any:
        frame = sys._getframe(1)
        code = compile_python2(ask(text_of(prompt)), "<string>", "eval")
        return builtins.eval(code, frame.f_globals, frame.f_locals)

    return {
        "StandardError": Exception, "apply": lambda f, args=(), kwargs={}: f(*args, **kwargs),
        "basestring": _AnyText("basestring", (), {}), "buffer": memoryview, "cmp": cmp, "eval": _eval,
        "exec": _exec, "execfile": _execfile, "file": _AnyFile("file", (), {}), "filter": _filter,
        "input": evaluated, "intern": sys.intern, "long": int, "map": _map, "open": open2, "print": _print,
        "range": lambda *bounds: list(builtins.range(*bounds)), "raw_input": raw_input,
        "reduce": functools.reduce, "reload": _reload, "round": _round, "sorted": _sorted,
        "unichr": chr, "unicode": _AnyText("unicode", (), {}), "xrange": builtins.range,
        "zip": lambda *sequences: list(builtins.zip(*sequences)),  # noqa: B905
    }  # fmt: skip


def functions2() -> dict[str, Callable[..., Any]]:
    """Return the functions that translated code calls."""
    functions: dict[str, Callable[..., Any]] = {
        "div": div, "idiv": idiv, "idiv_item": _idiv_item, "idiv_attribute": _idiv_attribute, "slice": slice,
        "method": method, "str": text_of, "ordered": _ordered,
    }  # fmt: skip
    return {PREFIX + name: function for name, function in functions.items()}
