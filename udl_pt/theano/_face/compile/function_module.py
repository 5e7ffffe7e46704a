"""``theano.compile.function_module``."""

from typing import TYPE_CHECKING

from udl_pt.theano._function import Function, In, Param, function
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.compile.executor",
    "pytensor.compile.maker",
    "pytensor.compile.aliasing",
    "pytensor.compile.io",
)
_RENAMED = {
    "is_same_graph": "udl_pt.theano._face.gof.graph:is_same_graph",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


def orig_function(
    inputs,
    outputs,
    mode=None,
    accept_inplace=False,
    name=None,
    profile=None,
    on_unused_input=None,
    output_keys=None,
):
    """Compile a graph, as `function` does."""
    if output_keys is not None:
        outputs = dict(zip(output_keys, outputs, strict=True))
    return function(
        list(inputs),
        outputs,
        mode=mode,
        accept_inplace=accept_inplace,
        name=name,
        profile=profile,
        on_unused_input=on_unused_input,
    )


__all__ = public_names(globals(), _PLACES)
