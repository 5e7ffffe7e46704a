"""``theano.compat.python2x``: names that Python 2.4 lacked, in scripts of Theano 0.6."""

from collections import Counter, OrderedDict, defaultdict
from functools import partial
from itertools import combinations, product

__all__ = [
    "Counter",
    "OrderedDict",
    "all",
    "any",
    "combinations",
    "defaultdict",
    "maxsize",
    "partial",
    "product",
]

from builtins import all, any
from sys import maxsize
