"""``theano.gof.utils``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.graph.utils",
    "pytensor.utils",
    "pytensor.misc.ordered_set",
)
_RENAMED = {
    "scratchpad": "pytensor.graph.utils:Scratchpad",
    "object2": "builtins:object",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


class _Keyword:
    """A name that stands for itself."""

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return f"<{self.name}>"


Keyword = _Keyword


def give_variables_names(variables):
    """Set unique names of variables: those that have none, or one that another has too, get another."""
    taken = {}
    for i, variable in enumerate(variables):
        name = variable.name or f"{variable}_{i}"
        taken[name] = taken.get(name, 0) + 1
        variable.name = name if taken[name] == 1 else f"{name}_{taken[name] - 1}"
    return [variable.name for variable in variables]


def hashtype(self):
    """Return a hash of an object's class."""
    return hash(type(self).__name__) ^ hash(type(self).__module__)


def remove(predicate, coll):
    """Return what of `coll` doesn't satisfy a condition."""
    return [x for x in coll if not predicate(x)]


__all__ = public_names(globals(), _PLACES)
