"""Build a graph once for all models of a kind.

A template is what a function keeps of its graph: the program, and the places of its shared variables among
those of its kind. So a function of the same kind needs no graph. A template holds no variable and no stream
of a model. It is used as long as its program is kept.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt.backends._graphs import is_replaceable
from udl_pt.backends._locks import compile_lock
from udl_pt.backends._programs import KEPT, Program, kept_programs, look_up_again, settings

__all__ = ["Kind", "Sample", "Stream", "Template", "find_template", "keep_template"]

Sample = Callable[[Any, Sequence[tuple[int, ...]]], list[np.ndarray]]  # of a generator and shapes

_templates: dict[Hashable, "Template"] = {}


class Stream(Protocol):
    """The source of a function's draws; see `udl_pt.symbolic.random`."""

    generator: Any
    n_derived: int
    has_drawn: bool

    def skip_derived(self, n: int, /) -> None:
        """Skip derived generators."""


@dataclass(frozen=True)
class Kind:
    """What a graph is built from: graphs of equal keys are equal up to shared variables and the stream.

    Attributes
    ----------
    key : hashable
        Everything that shapes the graph.
    variables : tuple of SharedVariable
        The shared variables that the graph may contain, in an order that all graphs of this key have.
    stream : RandomStreams or None
        The source of the graph's draws. No other graph uses it.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends import Kind, shared
    >>> kind = Kind(("sum of squares", "float64"), (shared(np.zeros(2), "p"),))
    >>> kind.key
    ('sum of squares', 'float64')
    """

    key: Hashable
    variables: tuple[SharedVariable, ...]
    stream: Any = None


class Template(NamedTuple):
    """A function without its shared variables: these are places in `Kind.variables`.

    Attributes
    ----------
    program : Program
        The compiled code.
    shared, updated : sequence of int
        Places of the program's shared variables, and of those that it updates.
    single : bool
        Whether the function returns one array, instead of a list.
    draws : sequence of (Sample, sequence of int)
        The draws in their order: the function that makes them, and each variable's number of dimensions.
    shapes : Template or None
        The function that computes the draws' shapes.
    n_derived : int
        The number of generators that the graph derived from its stream.
    """

    program: Program
    shared: Sequence[int]
    updated: Sequence[int]
    single: bool
    draws: Sequence[tuple[Sample, Sequence[int]]]
    shapes: "Template | None"
    n_derived: int


def find_template(kind: Kind, backend: str) -> Template | None:
    """Return the template of a kind of graph, if there is one whose program is kept."""
    template = _templates.get(_full_key(kind, backend))
    return template if template is not None and look_up_again(template.program) else None


def keep_template(kind: Kind, backend: str, template: Template) -> None:
    """Keep a template; drop those whose programs are no longer kept, and the oldest of too many."""
    key = _full_key(kind, backend)
    if key is None:
        return
    with compile_lock.lock:
        _templates[key] = template
        programs = kept_programs()
        kept = [(k, t) for k, t in _templates.items() if t.program in programs][-KEPT:]
        _templates.clear()
        _templates.update(kept)


def _full_key(kind: Kind, backend: str) -> Hashable:
    """Return all that the compiled code depends on; None where a variable has an update of its own."""
    if not all(map(is_replaceable, kind.variables)):
        return None
    places: dict[SharedVariable, int] = {}
    first = tuple(places.setdefault(v, i) for i, v in enumerate(kind.variables))  # tied ones occur twice
    return kind.key, backend, settings(), first, tuple(v.type for v in kind.variables)
