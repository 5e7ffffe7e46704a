"""The state of a training as plain values, and back into the live objects.

A snapshot has the values of shared variables, attributes and containers. The states of generators are apart,
by the places where these were found. Functions, streams and models stay the live ones.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.op import Op

from udl_pt._support.messages import shown
from udl_pt.backends._internals import bit_generator, global_generator
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.random import RandomStreams

__all__ = ["attributes_of", "models_of", "owner_of", "put", "sources_of", "states_of", "take", "to_states"]

PLAIN = (type(None), bool, int, float, str)
CODE = (FunctionType, BuiltinFunctionType, type, np.ufunc, Op, ModuleType)
GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator)
DEPTH = 20  # of containers and objects within each other
ABSENT: Any = object()
KEEP = ("keep",)
Tree = tuple[Any, ...]
Actions = list[Callable[[], Any]]


def attributes_of(value: Any) -> dict[str, Any]:
    """Return the attributes that an object has state in: those of its dict and of its slots."""
    found = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    left_out: set[str] = set()
    for kind in type(value).__mro__:
        names = vars(kind).get("not_saved", ())
        left_out |= {names} if isinstance(names, str) else set(names)
    return {name: v for name, v in found.items() if name not in left_out}


def owner_of(callback: Any) -> Any:
    """Return the object that has a callback's state: of a method of an object, that object."""
    if isinstance(callback, MethodType) and not isinstance(callback.__self__, type):
        return callback.__self__
    return callback


class _Walk:
    """Visits objects and their attributes, each once."""

    def __init__(
        self, objects: Mapping[str, Any], models: Collection[Any] | None = None, *, copies: bool = False
    ) -> None:
        self.sources: dict[str, Any] = {"numpy.random": global_generator()}
        self.models: list[Any] = []  # those that belong to a callback alone
        self._known = models  # which of them may be there; None: all
        self._copies = copies
        self._seen = {id(value): (value, "") for value in objects.values()}  # with each object, its place
        self.trees = {name: self._object(value, name) for name, value in objects.items()}

    def visit(self, value: Any, where: str) -> Tree:
        if type(value) in PLAIN:
            return "value", value
        if isinstance(value, GENERATORS):
            self.sources[where] = value
            return KEEP
        if isinstance(value, np.bool_ | np.integer | np.float16 | np.float32 | np.float64):
            return "number", value.item(), value.dtype.name
        if id(value) in self._seen:
            place = self._seen[id(value)][1]
            return ("same", place) if place else KEEP
        self._seen[id(value)] = value, where
        if where.count(".") + where.count("[") > DEPTH:
            raise TypeError(f"{where} is nested too deeply for a checkpoint: keep a flatter object")
        if isinstance(value, np.ndarray):
            if type(value) is not np.ndarray:
                raise _refusal(value, where)
            return _array(value) if self._copies else KEEP
        if isinstance(value, SharedVariable):
            return ("shared", _array(_value(value))) if self._copies else KEEP
        if type(value) in (list, tuple):
            return self._sequence(value, where)
        if type(value) is dict:
            return "dict", {k: self.visit(v, f"{where}[{k!r}]") for k, v in value.copy().items()}
        if type(value) in (set, frozenset):
            return "value", value
        if self._is_source(value, where) or isinstance(value, Variable):
            return KEEP
        return self._other(value, where)

    def _other(self, value: Any, where: str) -> Tree:
        """Return the state of a model, a method, or an object that can be called."""
        if isinstance(value, CODE):
            return KEEP
        if isinstance(value, partial | MethodType):
            return "parts", [self.visit(v, f"{where}[{i}]") for i, v in enumerate(_parts_of(value))]
        if hasattr(value, "_chance") and not where.startswith(("model", "layer")):
            self.models.append(value)
            if self._known is not None and not any(value is model for model in self._known):
                raise TypeError(
                    f"{where} is {shown(value)}, a model of the callback, which a checkpoint can't hold: "
                    "keep its state_dict() instead"
                )
            return KEEP
        if hasattr(type(value), "not_saved"):
            return self._object(value, where)
        if callable(value):  # an option of a model, or a callback within another
            return KEEP if where.startswith(("model", "layer")) else self._object(value, where)
        raise _refusal(value, where)

    def _object(self, value: Any, where: str) -> Tree:
        if type(value) is list:
            return self._sequence(value, where)
        if isinstance(value, partial):
            return self._other(value, where)
        return "object", {n: self.visit(v, f"{where}.{n}") for n, v in attributes_of(value).items()}

    def _sequence(self, value: Sequence[Any], where: str) -> Tree:
        if type(value) is list and _are_rows(value):
            return "rows", np.array(value)
        if type(value) is list and all(type(v) is float for v in value):
            return "value", list(value)
        kind = "list" if type(value) is list else "tuple"
        return kind, [self.visit(v, f"{where}[{i}]") for i, v in enumerate(value)]

    def _is_source(self, value: Any, where: str) -> bool:
        """Note the generators of a value; return whether it is a source of random numbers."""
        if isinstance(value, Chance):
            self.visit(value.own, f"{where}.own")
            self.visit(value._rng, f"{where}._rng")
        elif isinstance(value, RandomStreams):
            self.visit(value.generator, f"{where}.generator")
        else:
            return False
        return True


def take(objects: Mapping[str, Any], models: Collection[Any] = ()) -> dict[str, Tree]:
    """Return the state of objects by name.

    Parameters
    ----------
    objects : mapping of str to object
        Models, callbacks, and lists of shared variables and streams, by names for messages.
    models : collection of models
        Further models that callbacks had from the start. They are not part of the state.

    Raises
    ------
    TypeError
        For an attribute that a checkpoint can't hold.
    """
    return _Walk(objects, models, copies=True).trees


def models_of(objects: Mapping[str, Any]) -> list[Any]:
    """Return the models that belong to callbacks alone."""
    return _Walk(objects).models


def sources_of(objects: Mapping[str, Any]) -> dict[str, Any]:
    """Return the generators that objects hold, by their places, and NumPy's global one."""
    return _Walk(objects).sources


def states_of(sources: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the states of generators."""
    return {place: _state(source) for place, source in sources.items()}


def to_states(
    sources: Mapping[str, Any], states: Mapping[str, dict[str, Any]], *, all_: bool = False
) -> None:
    """Set generators to states, by their places; with `all_`, each state must have its generator.

    Raises
    ------
    ValueError
        When a generator is missing, or is of another kind. Nothing has changed then.
    """
    for place, state in states.items():
        if place not in sources:
            if all_:
                raise ValueError(f"{place} is a generator there, but not here")
        elif state["bits"]["bit_generator"] != _bits(sources[place]).state["bit_generator"]:
            raise ValueError(
                f"{place} is {shown(sources[place])}, but a {state['bits']['bit_generator']} there"
            )
    for place, state in states.items():
        if place in sources:
            _set_state(sources[place], state)


def put(objects: Mapping[str, Any], trees: Mapping[str, Tree]) -> None:
    """Set objects to a state that `take` returned. Those without one stay as they are.

    Raises
    ------
    ValueError
        When the state doesn't fit them. Nothing has changed then.
    """
    placing = _Placing()
    for name, tree in trees.items():
        if name in objects:
            placing.value(objects[name], tree, name)
    for action in placing.actions:
        action()


class _Placing:
    """Finds what to change in live objects, and changes nothing itself."""

    def __init__(self) -> None:
        self.actions: Actions = []
        self._placed: dict[str, Any] = {}  # by their places
        self._used: dict[int, Any] = {}  # live containers that are changed in place, each for one place

    def value(self, live: Any, tree: Tree, where: str) -> Any:
        """Return the value of a tree: the live one where that is changed in place."""
        found = self._placed[where] = self._value(live, tree, where)
        return found

    def _value(self, live: Any, tree: Tree, where: str) -> Any:
        kind, content = tree[:2] if len(tree) > 1 else (tree[0], None)
        if kind == "keep":
            return live
        if kind == "same":
            return self._placed.get(content, live)
        if kind == "number":
            return np.dtype(tree[2]).type(content)
        if kind == "parts":
            for i, (old, part) in enumerate(zip(_parts_of(live), content, strict=True)):
                self.value(old, part, f"{where}[{i}]")
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
        if kind == "object" and live is not ABSENT and live is not None:
            for name, part in content.items():
                old = getattr(live, name, ABSENT)
                if (new := self.value(old, part, f"{where}.{name}")) is not old:
                    self.actions.append(partial(setattr, live, name, new))
            return live
        raise self._misfit(live, where)

    def _is_free(self, live: Any, kind: type) -> bool:
        """Return whether a live container may be changed in place: only once, since two may be one."""
        if type(live) is not kind or id(live) in self._used:
            return False
        self._used[id(live)] = live
        return True

    def _shared(self, live: Any, array: np.ndarray, where: str) -> Any:
        if not isinstance(live, SharedVariable) or live.type.dtype != array.dtype:
            raise self._misfit(live, where)
        if _value(live).shape != array.shape:
            raise ValueError(f"{where} has shape {array.shape} there, here {_value(live).shape}")
        self.actions.append(partial(live.set_value, array))
        return live

    def _sequence(self, live: Any, kind: str, content: Any, where: str) -> Any:
        new = list(content) if kind == "value" else content.tolist() if kind == "rows" else []
        in_place = kind != "tuple" and self._is_free(live, list)
        if in_place:
            self._placed[where] = live
        if kind in ("list", "tuple"):
            olds = [*live] if isinstance(live, list | tuple) else []
            olds += [ABSENT] * (len(content) - len(olds))
            for i, part in enumerate(content):
                new.append(self.value(olds[i], part, f"{where}[{i}]"))
            if any(entry is ABSENT for entry in new):
                raise self._misfit(live, where)
        if kind == "tuple":
            return tuple(new)
        if not in_place:
            return new
        self.actions.append(partial(live.__setitem__, slice(None), new))
        return live

    def _dict(self, live: Any, content: dict[Any, Tree], where: str) -> Any:
        in_place = self._is_free(live, dict)
        olds = live if isinstance(live, dict) else {}
        values = {k: self.value(olds.get(k, ABSENT), part, f"{where}[{k!r}]") for k, part in content.items()}
        new = {k: value for k, value in values.items() if value is not ABSENT}
        if not in_place:
            return new
        self.actions += [live.clear, partial(live.update, new)]
        return live

    @staticmethod
    def _misfit(live: Any, where: str) -> ValueError:
        here = "missing" if live is ABSENT else shown(live)
        return ValueError(f"{where} is {here}, and has no state like that of the checkpoint")


def _refusal(value: Any, where: str) -> TypeError:
    return TypeError(
        f"{where} is {shown(value)}, which a checkpoint can't hold: set another value, or name the attribute "
        "in not_saved of its class"
    )


def _parts_of(value: Any) -> list[Any]:
    """Return the objects that a partial or a method consists of."""
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    return [value.__self__] if isinstance(value, MethodType) else []


def _value(variable: SharedVariable) -> np.ndarray:
    return np.asarray(variable.get_value(borrow=True))


def _native(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _array(array: np.ndarray) -> Tree:
    """Return an array for a file, which holds finite numbers alone."""
    array = _native(array)
    if array.dtype.name in ("float16", "float32", "float64") and not np.isfinite(array).all():
        return "bits", np.array(array, order="C").view(f"u{array.itemsize}"), array.dtype.name
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
        and len({id(row) for row in value}) == len(value)
        and np.isfinite(value).all()
    )


def _bits(source: Any) -> Any:
    if isinstance(source, np.random.RandomState):
        return bit_generator(source)
    return source if isinstance(source, np.random.BitGenerator) else source.bit_generator


def _state(source: Any) -> dict[str, Any]:
    bits = _bits(source)
    seed = getattr(bits, "seed_seq", None)
    n_spawned = seed.n_children_spawned if isinstance(seed, np.random.SeedSequence) else 0
    gauss = {}
    if isinstance(source, np.random.RandomState):
        state: Any = source.get_state(legacy=False)
        gauss = {name: state[name] for name in ("has_gauss", "gauss")}
    return {"bits": bits.state, "gauss": gauss, "n_spawned": n_spawned}


def _set_state(source: Any, state: Mapping[str, Any]) -> None:
    seed = getattr(_bits(source), "seed_seq", None)
    if isinstance(source, np.random.RandomState):
        source.set_state(state["bits"] | state["gauss"])
    else:
        _bits(source).state = state["bits"]
    if isinstance(seed, np.random.SeedSequence):
        seed.spawn(max(0, state["n_spawned"] - seed.n_children_spawned))
