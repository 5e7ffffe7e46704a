"""``theano.compile.pfunc``."""

from typing import TYPE_CHECKING

from pytensor.compile.rebuild import rebuild_collect_shared

from udl_pt.theano._function import In, Param, function
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.compile.rebuild",
    "pytensor.compile.io",
    "pytensor.compile.maker",
)
_RENAMED = {
    "SharedVariable": "pytensor.compile.sharedvalue:SharedVariable",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


def pfunc(params, outputs=None, **options):
    """Compile a graph, as `function` does."""
    keys = options.pop("output_keys", None)
    if keys is not None:
        outputs = dict(zip(keys, outputs, strict=True))
    return function(params, outputs, **options)


__all__ = public_names(globals(), _PLACES)
