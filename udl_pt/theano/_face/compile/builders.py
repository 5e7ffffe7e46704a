"""``theano.compile.builders``."""

from typing import TYPE_CHECKING

from pytensor.compile.builders import OpFromGraph as _OpFromGraph

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.compile.builders",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


class OpFromGraph(_OpFromGraph):
    """An operation of a graph.

    Its gradients can be replaced: ``grad_overrides(inputs, output_gradients)``,
    ``lop_overrides(inputs, outputs, output_gradients)`` and ``rop_overrides(inputs, eval_points)``, or a list
    of such functions, one for each input or output.
    """

    def __init__(
        self,
        inputs,
        outputs,
        inline=False,
        lop_overrides="default",
        grad_overrides="default",
        rop_overrides="default",
        **options,
    ):
        if grad_overrides != "default":
            if lop_overrides != "default":
                raise ValueError("lop_overrides and grad_overrides are mutually exclusive")
            lop_overrides = _each(grad_overrides, _without_outputs)
        for name, given in (("pullback", lop_overrides), ("pushforward", rop_overrides)):
            if (override := _each(given, lambda function: function)) is not None:
                options[name] = override
        super().__init__(inputs, outputs, inline=inline, **options)


def _each(override, change):
    """Return an override in PyTensor's form: None stands for the default."""
    if isinstance(override, list | tuple):
        return [_each(one, change) for one in override]
    if isinstance(override, str):
        if override != "default":
            raise ValueError(f"an override is 'default', a function or a list, got {override!r}")
        return None
    return change(override) if callable(override) else override


def _without_outputs(function):
    return lambda inputs, outputs, gradients: function(inputs, gradients)


__all__ = public_names(globals(), _PLACES)
