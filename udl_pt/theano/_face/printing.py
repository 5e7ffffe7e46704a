"""``theano.printing``."""

from typing import TYPE_CHECKING

from pytensor.printing import debugprint as _debugprint

from udl_pt.theano._function import Function
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.printing",)


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
    """Print the graph of a variable, of a function, or of several; PyTensor's form."""
    several = obj if isinstance(obj, list | tuple) else [obj]
    graphs = [part._fn if isinstance(part, Function) else part for part in several]
    return _debugprint(
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


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


__all__ = public_names(globals(), _PLACES)
