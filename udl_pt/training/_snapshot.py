"""The state of a training as plain values, and back into the live objects.

A snapshot has the values of shared variables, attributes and lists. It also has the states of all generators
that these objects hold, and of NumPy's global one. Functions, streams and models stay the live ones.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from udl_pt._support.messages import shown
from udl_pt.backends._internals import bit_generator, global_generator
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.random import RandomStreams

__all__ = ["put", "sources_of", "states_of", "take", "to_states"]

PLAIN = (type(None), bool, int, float, str, np.generic)
ABSENT: Any = object()
KEEP = ("keep",)
Tree = tuple[Any, ...]


class _Walk:
    """Visits objects and their attributes, each once."""

    def __init__(self, objects: Mapping[str, Any], *, copies: bool) -> None:
        self.sources: list[Any] = [global_generator()]
        self._copies = copies
        self._seen = {id(value): value for value in objects.values()}  # an id is that of a living object
        self.trees = {name: self._content(value, name, is_object=True) for name, value in objects.items()}

    def visit(self, value: Any, where: str) -> Tree:
        if isinstance(value, PLAIN):
            return "value", value
        if isinstance(value, np.ndarray):
            return _array(value) if self._copies else KEEP
        if id(value) in self._seen:
            return KEEP
        self._seen[id(value)] = value
        return self._content(value, where)

    def _content(self, value: Any, where: str, *, is_object: bool = False) -> Tree:
        if isinstance(value, SharedVariable):
            return ("shared", _array(_value(value))) if self._copies else KEEP
        if isinstance(value, list | tuple):
            return self._sequence(value, where)
        if isinstance(value, dict):
            return "dict", {k: self.visit(v, f"{where}[{k!r}]") for k, v in value.copy().items()}
        if isinstance(value, set | frozenset):
            return "value", value
        if self._is_source(value) or isinstance(value, Variable):
            return KEEP
        if is_object or hasattr(type(value), "not_saved"):
            return "object", {
                name: self.visit(v, f"{where}.{name}" if where else name)
                for name, v in getattr(value, "__dict__", {}).copy().items()
                if name not in getattr(value, "not_saved", ())
            }
        if callable(value):
            return KEEP
        raise TypeError(
            f"{where} is {shown(value)}, which a checkpoint can't hold: set another value, or name the "
            "attribute in not_saved of its class"
        )

    def _sequence(self, value: Sequence[Any], where: str) -> Tree:
        if isinstance(value, list) and _are_rows(value):
            return "rows", np.array(value)
        if isinstance(value, list) and all(type(v) is float for v in value):
            return "value", list(value)
        kind = "list" if isinstance(value, list) else "tuple"
        return kind, [self.visit(v, f"{where}[{i}]") for i, v in enumerate(value)]

    def _is_source(self, value: Any) -> bool:
        """Note a value's generators; return whether it is a source of random numbers."""
        if isinstance(value, Chance):
            self.visit(value.own, "")
            self.visit(value._rng, "")
        elif isinstance(value, RandomStreams):
            self.visit(value.generator, "")
        elif isinstance(value, np.random.Generator | np.random.RandomState):
            if value is not global_generator():
                self.sources.append(value)
        else:
            return isinstance(value, np.random.BitGenerator)
        return True


def take(objects: Mapping[str, Any]) -> dict[str, Tree]:
    """Return the state of objects by name.

    Parameters
    ----------
    objects : mapping of str to object
        Models, callbacks, and lists of shared variables and streams, by names for messages.

    Raises
    ------
    TypeError
        For an attribute that a checkpoint can't hold.
    """
    return _Walk(objects, copies=True).trees


def sources_of(objects: Mapping[str, Any]) -> list[Any]:
    """Return the generators that objects hold, in a fixed order; NumPy's global one is the first."""
    return _Walk(objects, copies=False).sources


def states_of(sources: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the states of generators."""
    return [_state(source) for source in sources]


def to_states(sources: Sequence[Any], states: Sequence[dict[str, Any]]) -> None:
    """Set generators to states.

    Raises
    ------
    ValueError
        When there are more or fewer generators, or others.
    """
    if len(sources) != len(states):
        raise ValueError(f"it has the states of {len(states)} generators, expected {len(sources)}")
    for source, state in zip(sources, states, strict=True):
        if state["bits"]["bit_generator"] != _bits(source).state["bit_generator"]:
            raise ValueError(
                f"it has the state of {shown(state['bits']['bit_generator'])}, expected that of {source}"
            )
    for source, state in zip(sources, states, strict=True):
        seed = getattr(_bits(source), "seed_seq", None)
        if isinstance(source, np.random.RandomState):
            source.set_state(state["bits"] | state["gauss"])
        else:
            source.bit_generator.state = state["bits"]
        if isinstance(seed, np.random.SeedSequence):
            seed.spawn(max(0, state["n_spawned"] - seed.n_children_spawned))


def put(objects: Mapping[str, Any], trees: Mapping[str, Tree]) -> None:
    """Set objects to a state that `take` returned. Those without one stay as they are.

    Raises
    ------
    ValueError
        When the state doesn't fit them. Nothing has changed then.
    """
    placing = _Placing()
    for name, value in objects.items():
        if name in trees:
            placing.value(value, trees[name], name)
    for action in placing.actions:
        action()


class _Placing:
    """Finds what to change in live objects, and changes nothing itself."""

    def __init__(self) -> None:
        self.actions: list[Callable[[], Any]] = []

    def value(self, live: Any, tree: Tree, where: str) -> Any:
        """Return the value of a tree: the live one where that is changed in place."""
        kind, content = tree[:2] if len(tree) > 1 else (tree[0], None)
        if kind == "keep":
            return live
        if kind in ("array", "bits"):
            return _from_array(tree)
        if kind == "shared":
            return self._shared(live, _from_array(content), where)
        if kind == "rows" or isinstance(content, list):
            return self._sequence(live, kind, content, where)
        if kind == "value":
            return content
        if kind == "dict":
            return self._dict(live, content, where)
        if kind == "object" and hasattr(live, "__dict__"):
            for name, part in content.items():
                old = vars(live).get(name, ABSENT)
                if (new := self.value(old, part, f"{where}.{name}")) is not old:
                    self.actions.append(partial(setattr, live, name, new))
            return live
        raise self._misfit(live, where)

    def _shared(self, live: Any, array: np.ndarray, where: str) -> Any:
        if not isinstance(live, SharedVariable) or live.type.dtype != array.dtype:
            raise self._misfit(live, where)
        if _value(live).shape != array.shape:
            raise ValueError(f"{where} has shape {array.shape} there, here {_value(live).shape}")
        self.actions.append(partial(live.set_value, array))
        return live

    def _sequence(self, live: Any, kind: str, content: Any, where: str) -> Any:
        new = list(content) if kind == "value" else content.tolist() if kind == "rows" else []
        if kind in ("list", "tuple"):
            olds = [*live] if isinstance(live, list | tuple) else []
            olds += [ABSENT] * (len(content) - len(olds))
            for i, part in enumerate(content):
                new.append(self.value(olds[i], part, f"{where}[{i}]"))
            if any(entry is ABSENT for entry in new):
                raise self._misfit(live, where)
        if kind == "tuple":
            return tuple(new)
        if not isinstance(live, list):
            return new
        self.actions.append(partial(live.__setitem__, slice(None), new))
        return live

    def _dict(self, live: Any, content: dict[Any, Tree], where: str) -> Any:
        olds = live if isinstance(live, dict) else {}
        values = {k: self.value(olds.get(k, ABSENT), part, f"{where}[{k!r}]") for k, part in content.items()}
        new = {k: value for k, value in values.items() if value is not ABSENT}
        if not isinstance(live, dict):
            return new
        self.actions += [live.clear, partial(live.update, new)]
        return live

    @staticmethod
    def _misfit(live: Any, where: str) -> ValueError:
        here = "missing" if live is ABSENT else shown(live)
        return ValueError(f"{where} is {here}, and has no state like that of the checkpoint")


def _value(variable: SharedVariable) -> np.ndarray:
    return np.asarray(variable.get_value(borrow=True))


def _array(array: np.ndarray) -> Tree:
    """Return an array for a file, which holds finite numbers alone."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return "bits", np.ascontiguousarray(array).view(f"u{array.itemsize}"), array.dtype.name
    return "array", array


def _from_array(tree: Tree) -> np.ndarray:
    array = tree[1]
    return array.view(tree[2]) if tree[0] == "bits" else array


def _are_rows(value: list[Any]) -> bool:
    """Return whether a list has lists of floats, all of one length."""
    return bool(
        value
        and all(type(row) is list and row and all(type(v) is float for v in row) for row in value)
        and len({len(row) for row in value}) == 1
        and np.isfinite(value).all()
    )


def _bits(source: Any) -> Any:
    return bit_generator(source) if isinstance(source, np.random.RandomState) else source.bit_generator


def _state(source: Any) -> dict[str, Any]:
    bits = _bits(source)
    seed = getattr(bits, "seed_seq", None)
    n_spawned = seed.n_children_spawned if isinstance(seed, np.random.SeedSequence) else 0
    gauss = {}
    if isinstance(source, np.random.RandomState):
        state: Any = source.get_state(legacy=False)
        gauss = {name: state[name] for name in ("has_gauss", "gauss")}
    return {"bits": bits.state, "gauss": gauss, "n_spawned": n_spawned}
