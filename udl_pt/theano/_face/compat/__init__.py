"""``theano.compat``: what Python 2 and 3 have under different names."""

import configparser
import pickle
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import cmp_to_key, partial
from io import BytesIO
from operator import truediv as operator_div

from udl_pt.theano._face.compat import python2x, six

__all__ = [
    "PY3",
    "BytesIO",
    "Callable",
    "Counter",
    "Iterable",
    "Iterator",
    "Mapping",
    "MutableMapping",
    "OrderedDict",
    "cmp",
    "cmp_to_key",
    "configparser",
    "decode",
    "decode_iter",
    "decode_with",
    "defaultdict",
    "exc_message",
    "get_unbound_function",
    "ifilter",
    "imap",
    "izip",
    "operator_div",
    "partial",
    "pickle",
    "six",
]

PY3 = True
ifilter, imap, izip = filter, map, zip


def cmp(a, b):
    """Return -1, 0 or 1: how `a` compares with `b`."""
    return (a > b) - (a < b)


def get_unbound_function(unbound):
    """Return the function of a method."""
    return getattr(unbound, "__func__", unbound)


def exc_message(error):
    """Return the first argument of an exception."""
    return error.args[0] if error.args else ""


def decode(value):
    """Return bytes as a text."""
    return value.decode("utf-8") if isinstance(value, bytes) else value


def decode_with(value, encoding):
    """Return bytes of an encoding as a text."""
    return value.decode(encoding) if isinstance(value, bytes) else value


def decode_iter(values):
    """Yield bytes as texts."""
    return map(decode, values)
