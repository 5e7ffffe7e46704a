"""``theano.d3viz``: graphs as pages of HTML. It needs pydot."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.printing import of_pytensor
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.d3viz",)


def d3viz(fct, outfile, *args, **options):
    """Write a graph as a page of HTML."""
    from pytensor import d3viz as pytensors

    return pytensors.d3viz(of_pytensor(fct), outfile, *args, **options)


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), ())
