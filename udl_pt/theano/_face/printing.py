"""``theano.printing``: graphs of variables and of functions, in PyTensor's form."""

from typing import TYPE_CHECKING

from pytensor import printing as _printing

from udl_pt.theano._function import Function
from udl_pt.theano._names import fallback, is_module, public_names

_PLACES = ("pytensor.printing",)


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


pydot_imported = is_module("pydot")
pydot_imported_msg = "" if pydot_imported else "Install the python package pydot. Install graphviz."


def debugprint(
    obj,
    depth=-1,
    print_type=False,
    file=None,
    ids="CHAR",
    stop_on_name=False,
    done=None,
    print_storage=False,
    print_clients=False,
    used_ids=None,
):
    """Print a graph as a tree; return it as text where `file` is ``"str"``."""
    several = isinstance(obj, list | tuple)
    graphs = [of_pytensor(each) for each in obj] if several else of_pytensor(obj)
    printed = _printing.debugprint(
        graphs,
        depth=depth,
        print_type=print_type,
        file=file,
        id_type=ids,
        stop_on_name=stop_on_name,
        done=done,
        print_storage=print_storage,
        used_ids=used_ids,
    )
    return None if file is None else printed


def pydotprint(fct, *args, **options):
    """Draw a graph into a file; it needs pydot and Graphviz."""
    return _printing.pydotprint(of_pytensor(fct), *args, **options)


def of_pytensor(graph):
    """Return PyTensor's function of a function; other objects as they are."""
    return graph._fn if isinstance(graph, Function) else graph


__all__ = public_names(globals(), _PLACES)
