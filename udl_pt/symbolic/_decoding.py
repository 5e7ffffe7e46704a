"""Objects from the JSON and arrays of a file that an `Encoder` wrote. Nothing of the file is trusted."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.tensor.elemwise import Elemwise

from udl_pt._support.messages import shown
from udl_pt.backends import shared
from udl_pt.backends._internals import bit_generator, global_generator
from udl_pt.symbolic._encoding import BIT_GENERATORS, CHANCE, FUNCTIONS, MissingFunction
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.random import RandomStreams

__all__ = ["Decoder"]

DEPTH = 50  # of values within each other
POSITIONS = {"MT19937": ("pos", 624), "Philox": ("buffer_pos", 4)}  # beyond it NumPy reads other memory


class Decoder:
    """Builds objects from what a `udl_pt.symbolic._encoding.Encoder` wrote.

    Parameters
    ----------
    objects : list
        `Encoder.objects`, read from a file.
    arrays : mapping of str to ndarray
        `Encoder.arrays`.
    class_of : callable
        ``class_of(name)`` returns a model's class, or raises ValueError.
    functions : mapping of str to callable
        Functions that the file doesn't hold, by name.

    Attributes
    ----------
    models : list
        All models that were built, each after those that it refers to.
    missing : set of str
        Names of functions that the file doesn't have.
    """

    def __init__(
        self,
        objects: Any,
        arrays: Mapping[str, np.ndarray],
        class_of: Callable[[str], type],
        functions: Mapping[str, Callable[..., Any]],
    ) -> None:
        if not isinstance(objects, list):
            raise ValueError(f"the objects are {shown(objects)}, expected a list")
        self.models: list[Any] = []
        self.missing: set[str] = set()
        self._objects, self._arrays = objects, dict(arrays)
        self._class_of, self._functions = class_of, functions
        self._built: dict[int, Any] = {}
        self._depth = 0

    def check_complete(self) -> None:
        """Raise ValueError where objects or arrays belong to nothing."""
        if self._arrays:
            raise ValueError(f"array {min(self._arrays)!r} belongs to no object")
        if len(self._built) < len(self._objects):
            raise ValueError("an object belongs to no other")

    def decode(self, said: Any) -> Any:
        """Return the value that was encoded.

        Raises
        ------
        ValueError
            Where it isn't what an encoder writes.
        """
        if said is None or type(said) in (str, bool, int, float):
            return said
        if not isinstance(said, dict) or len(said) != 1:
            raise ValueError(f"a value is {shown(said)}, which no value is encoded as")
        self._depth += 1
        if self._depth > DEPTH:
            raise ValueError("its values are nested too deeply")
        try:
            ((kind, content),) = said.items()
            return self._value(kind, content)
        finally:
            self._depth -= 1

    def _value(self, kind: str, content: Any) -> Any:
        if kind == "object":
            return self._object(content)
        if kind == "array":
            return self._array(content)
        if kind == "number":
            return self._array(content, ndim=0)[()]
        if kind == "float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if kind == "tuple":
            return tuple(map(self.decode, _a_list(content)))
        if kind in ("set", "frozenset"):
            values = [_a_key(self.decode(v)) for v in _a_list(content)]
            return set(values) if kind == "set" else frozenset(values)
        if kind == "global generator" and content is None:
            return global_generator()
        if kind == "global bits" and content is None:
            return bit_generator(global_generator())
        if kind == "function" and isinstance(content, str) and content in FUNCTIONS:
            return FUNCTIONS[content]
        if (
            kind == "elemwise"
            and isinstance(content, str)
            and isinstance(getattr(pt, content, None), Elemwise)
        ):
            return getattr(pt, content)
        if kind == "missing" and isinstance(content, str):
            self.missing.add(content)
            return self._functions.get(content, MissingFunction(content))
        if kind == "partial" and len(_a_list(content)) == 3:
            function = self.decode(content[0])
            if not callable(function):
                raise ValueError(f"a function is {shown(function)}")
            return partial(function, *map(self.decode, _a_list(content[1])), **self._mapping(content[2]))
        raise ValueError(f"a value is {shown({kind: content})}, which no value is encoded as")

    def _array(self, name: Any, ndim: int | None = None) -> np.ndarray:
        if isinstance(name, dict) and set(name) == {"transposed"}:
            return self._array(name["transposed"], ndim).T
        if not isinstance(name, str) or name not in self._arrays:
            raise ValueError(f"array {shown(name)} is missing, or two values refer to it")
        array = self._arrays.pop(name)
        if ndim is not None and array.ndim != ndim:
            raise ValueError(f"array {name!r} has {array.ndim} dimensions, expected {ndim}")
        return array

    def _mapping(self, pairs: Any, *, keys: type = str) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for pair in _a_list(pairs):
            if len(_a_list(pair)) != 2:
                raise ValueError(f"an entry is {shown(pair)}, expected a name and a value")
            key = _a_key(self.decode(pair[0]))
            if not isinstance(key, keys) or key in found:
                raise ValueError(f"the name {shown(key)} occurs twice, or is no text")
            found[key] = self.decode(pair[1])
        return found

    def _object(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self._objects):
            raise ValueError(f"object {shown(number)} is missing")
        if number not in self._built:
            said = self._objects[number]
            if not isinstance(said, dict):
                raise ValueError(f"object {number} is {shown(said)}")
            self._build(number, said)
        value = self._built[number]
        if value is _UNFINISHED:
            raise ValueError(f"object {number} contains itself")
        return value

    def _build(self, number: int, said: dict[str, Any]) -> None:
        """Build an object; a model or a container is known before its content, which may refer to it."""
        keys = set(said)
        if keys == {"model", "state"}:
            model: Any = object.__new__(self._class_of(said["model"]))
            self._built[number] = model
            model._restore(self._mapping(said["state"]))
            self.models.append(model)
        elif keys == {"list"}:
            found: list[Any] = []
            self._built[number] = found
            found.extend(map(self.decode, _a_list(said["list"])))
        elif keys == {"dict"}:
            entries: dict[Any, Any] = {}
            self._built[number] = entries
            entries.update(self._mapping(said["dict"], keys=object))
        else:
            self._built[number] = _UNFINISHED
            self._built[number] = self._other(keys, said)

    def _other(self, keys: set[str], said: dict[str, Any]) -> Any:
        if keys == {"floats"}:
            return self._array(said["floats"], ndim=1).astype(float).tolist()
        if keys == {"shared", "shape", "array"}:
            return self._shared(said)
        if keys == {"chance"}:
            return _chance(*map(self.decode, _a_list(said["chance"])))
        if keys == {"stream", "dtype"} and said["dtype"] in (None, "float32", "float64"):
            generator = self.decode(said["stream"])
            if type(generator) is np.random.Generator:
                return RandomStreams(generator, said["dtype"])
        if keys == {"generator"}:
            return np.random.Generator(self._bits(said["generator"]))
        if keys == {"random state", "gauss"}:
            return _random_state(self._bits(said["random state"]), _a_list(said["gauss"]))
        if keys == {"bits", "state", "seed"} and said["bits"] in BIT_GENERATORS:
            return _restored(said["bits"], self.decode(said["state"]), self.decode(said["seed"]))
        raise ValueError(f"an object is {shown(said)}, which no object is encoded as")

    def _bits(self, said: Any) -> Any:
        bits = self.decode(said)
        if not isinstance(bits, np.random.BitGenerator):
            raise ValueError(f"the source of random numbers is {shown(bits)}, expected a bit generator")
        return bits

    def _shared(self, said: dict[str, Any]) -> Any:
        array, name, shape = self._array(said["array"]), said["shared"], _a_list(said["shape"])
        if not (name is None or isinstance(name, str)) or len(shape) != array.ndim:
            raise ValueError(f"a shared variable is {shown(said)}")
        if any(
            n is not None and (type(n) is not int or n != m) for n, m in zip(shape, array.shape, strict=True)
        ):
            raise ValueError(f"a shared variable of shape {shape} has values of shape {array.shape}")
        if set(shape) <= {None}:
            return shared(array, name)
        return pytensor.shared(array, name=name, borrow=True, shape=tuple(shape))


_UNFINISHED = object()


def _a_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"a value is {shown(value)}, expected a list")
    return value


def _a_key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        raise ValueError(f"a value is {shown(value)}, which can't be in a set") from None
    return value


def _chance(*values: Any) -> Chance:
    if len(values) != len(CHANCE) + 1:
        raise ValueError(f"the randomness of a model has {len(values)} values, expected {len(CHANCE) + 1}")
    own, seed, derives, rng, makes_streams = values
    sources = np.random.Generator | np.random.RandomState
    if not (
        (own is None or isinstance(own, sources))
        and (
            seed is None
            or (type(seed) is int and 0 <= seed < 2**32 and isinstance(own, np.random.RandomState))
        )
        and type(derives) is type(makes_streams) is bool
        and (rng is None or type(rng) is int or isinstance(rng, sources | RandomStreams))
    ):
        raise ValueError("the randomness of a model is no generator or seed")
    chance = Chance(own)
    chance._seed, chance._derives, chance._rng = seed, derives, rng
    chance._make = RandomStreams if makes_streams else None
    return chance


def _random_state(bits: Any, gauss: list[Any]) -> np.random.RandomState:
    if list(map(type, gauss)) != [int, float] or gauss[0] not in (0, 1):
        raise ValueError(f"the last normal draw is {shown(gauss)}")
    generator = np.random.RandomState(bits)
    state: Any = generator.get_state(legacy=False)
    generator.set_state(state | {"has_gauss": gauss[0], "gauss": gauss[1]})
    return generator


def _restored(name: str, state: Any, seed: Any) -> Any:
    """Return a bit generator in a given state, which spawns others as the saved one did."""
    bits = _seeded(name, seed)
    if not _is_alike(state, bits.state):
        raise ValueError(f"the state of {name} is {shown(state)}")
    field, largest = POSITIONS.get(name, ("", 0))
    for part in (state, state["state"]):
        if field in part and not 0 <= part[field] <= largest:
            raise ValueError(f"the state of {name} has {field} {shown(part[field])}")
    try:
        bits.state = state
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"the state of {name} is refused: {error}") from None
    return bits


def _seeded(name: str, seed: Any) -> Any:
    if seed is None:  # a generator that can't spawn, or not by a SeedSequence
        legacy = bit_generator(np.random.RandomState(0))
        return legacy if name == "MT19937" else getattr(np.random, name)()
    try:
        entropy, spawn_key, pool_size, n_spawned = seed
        if not (pool_size == 4 and type(n_spawned) is int and 0 <= n_spawned < 2**32):
            raise ValueError("another pool, or a number of children that can't be")
        if not (_are_integers(entropy) and _are_integers(spawn_key)):
            raise ValueError("not of integers")
        sequence = np.random.SeedSequence(entropy, spawn_key=spawn_key, n_children_spawned=n_spawned)
        return getattr(np.random, name)(sequence)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"the seed of {name} is {shown(seed)}: {error}") from None


def _are_integers(value: Any) -> bool:
    """Return whether NumPy can take a value as a seed."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iu"
    if isinstance(value, list | tuple):
        return all(map(_are_integers, value))
    return isinstance(value, int | np.integer)


def _is_alike(state: Any, right: Any) -> bool:
    """Return whether a state has the form of a right one: keys, types, and arrays of the same form."""
    if isinstance(right, dict):
        return (
            isinstance(state, dict)
            and state.keys() == right.keys()
            and all(_is_alike(state[key], right[key]) for key in right)
        )
    if isinstance(right, np.ndarray):
        same = isinstance(state, np.ndarray) and state.shape == right.shape
        return same and state.dtype == right.dtype
    if isinstance(right, str):
        return bool(state == right)
    return type(state) is int and state >= 0
