"""``theano.scan_module``: loops, whose updates are `OrderedUpdates`."""

import warnings
from typing import TYPE_CHECKING

import pytensor
from pytensor import tensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors, graph_inputs
from pytensor.raise_op import CheckAndRaise
from pytensor.scan import checkpoints, views
from pytensor.scan.basic import get_updates_and_outputs
from pytensor.scan.utils import until
from pytensor.tensor.variable import TensorVariable

from udl_pt.theano._face.updates import OrderedUpdates
from udl_pt.theano._mode import loop_mode
from udl_pt.theano._names import fallback, public_names
from udl_pt.theano._test_values import compute_where_possible, paused

_PLACES = (
    "pytensor.scan",
    "pytensor.scan.utils",
)
_RENAMED = {
    "DEPRECATED_ARG": "udl_pt.theano._face.scan_module.scan_utils:DEPRECATED_ARG",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


def _with_updates(function, fn, /, *args, **options):
    """Call a function of PyTensor's that builds a loop; return outputs and updates as Theano did.

    The loop updates at each step what has a default update, such as the states of random streams: PyTensor
    does so only where `fn` creates the stream's draw. And PyTensor removes the default updates of what `fn`
    creates. In Theano they stay, so a function without the loop's updates goes on by one draw at each call.
    """
    created = {}

    def recorded(*arguments):
        condition, outputs, updates = get_updates_and_outputs(fn(*arguments))
        ends = [] if condition is None else [condition]
        defaults = _default_updates([*outputs, *updates.values(), *ends], arguments)
        created.update(defaults)
        parts = [outputs, {**defaults, **updates}, until(condition) if condition is not None else None]
        parts = [part for part in parts if part]
        return tuple(parts) if len(parts) > 1 else outputs or updates

    with warnings.catch_warnings(), paused():
        warnings.filterwarnings(
            "ignore", message="Scan return signature will change", category=DeprecationWarning
        )
        warnings.filterwarnings("ignore", message=".*return_updates", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="Setting default_update", category=DeprecationWarning)
        outputs, updates = function(recorded, *args, **options, return_updates=True)
        for variable, new in created.items():
            if variable.default_update is None and _reads_shared_alone(new):
                variable.default_update = new
    compute_where_possible(outputs)
    return outputs, OrderedUpdates(updates)


def _default_updates(results, arguments):
    """Return the default updates of what a loop's step reads, apart from its arguments."""
    found = {}
    waiting = list(results)
    while waiting:
        new = {
            v: v.default_update
            for v in ancestors(waiting, blockers=arguments)
            if isinstance(v, SharedVariable) and v.default_update is not None and v not in found
        }
        found.update(new)
        waiting = list(new.values())
    return found


def _reads_shared_alone(expression):
    return all(isinstance(root, SharedVariable | Constant) for root in graph_inputs([expression]))


def _long_enough(sequences, n_steps):
    """Return sequences whose lengths are checked: a compiled loop would read beyond a short one."""
    if isinstance(sequences, list | tuple):
        return [_long_enough(sequence, n_steps) for sequence in sequences]
    if isinstance(sequences, dict) and sequences.get("taps") in (None, 0, [0]):
        return {**sequences, "input": _long_enough(sequences["input"], n_steps)}
    if not isinstance(sequences, TensorVariable):
        return sequences  # none, or one with taps
    return _check_length(sequences, tensor.ge(sequences.shape[0], n_steps))


_check_length = CheckAndRaise(ValueError, "a sequence of scan has fewer elements than n_steps")


def scan(
    fn,
    sequences=None,
    outputs_info=None,
    non_sequences=None,
    n_steps=None,
    truncate_gradient=-1,
    go_backwards=False,
    mode=None,
    name=None,
    profile=False,
    allow_gc=None,
    strict=False,
    return_list=False,
    info=None,
):
    """Build a loop; return its outputs and the updates of shared variables."""
    return _with_updates(
        pytensor.scan,
        fn,
        sequences=sequences if n_steps is None else _long_enough(sequences, n_steps),
        outputs_info=outputs_info,
        non_sequences=non_sequences,
        n_steps=n_steps,
        truncate_gradient=truncate_gradient,
        go_backwards=go_backwards,
        mode=loop_mode(mode),
        name=name,
        profile=profile,
        allow_gc=allow_gc,
        strict=strict,
        return_list=return_list,
    )


def map(fn, sequences, non_sequences=None, truncate_gradient=-1, go_backwards=False, mode=None, name=None):
    """Apply a function to each element of sequences."""
    options = truncate_gradient, go_backwards, loop_mode(mode), name
    return _with_updates(views.map, fn, sequences, non_sequences, *options)


def reduce(fn, sequences, outputs_info, non_sequences=None, go_backwards=False, mode=None, name=None):
    """Combine the elements of sequences; return the last result."""
    options = go_backwards, loop_mode(mode), name
    return _with_updates(views.reduce, fn, sequences, outputs_info, non_sequences, *options)


def foldl(fn, sequences, outputs_info, non_sequences=None, mode=None, name=None):
    """Combine the elements of sequences, from the first on."""
    mode = loop_mode(mode)
    return _with_updates(views.foldl, fn, sequences, outputs_info, non_sequences, mode, name)


def foldr(fn, sequences, outputs_info, non_sequences=None, mode=None, name=None):
    """Combine the elements of sequences, from the last on."""
    mode = loop_mode(mode)
    return _with_updates(views.foldr, fn, sequences, outputs_info, non_sequences, mode, name)


def scan_checkpoints(
    fn,
    sequences=None,
    outputs_info=None,
    non_sequences=None,
    name="checkpointscan_fn",
    n_steps=None,
    save_every_N=10,
    padding=True,
):
    """Build a loop whose gradient needs less memory."""
    return _with_updates(
        checkpoints.scan_checkpoints,
        fn,
        sequences,
        outputs_info,
        non_sequences,
        name,
        n_steps,
        save_every_N,
        padding,
    )


def clone(output, replace=None, strict=True, share_inputs=True, copy_inputs=None):
    """Return a copy of a graph, with variables replaced."""
    shares = share_inputs if copy_inputs is None else copy_inputs
    return clone_replace(output, replace, rebuild_strict=strict, copy_inputs_over=shares)


__all__ = public_names(globals(), _PLACES)
