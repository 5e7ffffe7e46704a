"""Objects as JSON and arrays, for files: what is written instead of a pickle.

Plain values, containers, arrays, shared variables, generators, streams of draws and models are encoded.
A list, dict, model, shared variable or generator that several places refer to stays one object. No code is
stored: a corruption of the library and an elementwise function of PyTensor are stored by name, and another
function as a note that it is missing.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.op import Op
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.sharedvar import TensorSharedVariable

from udl_pt._support.messages import shown
from udl_pt._support.storage import DTYPES
from udl_pt.backends._internals import bit_generator, global_generator
from udl_pt.symbolic import corruption
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.random import RandomStreams

__all__ = ["BIT_GENERATORS", "CHANCE", "FUNCTIONS", "Encoder", "MissingFunction"]

FUNCTIONS = {"masking": corruption._masking, "gaussian": corruption._gaussian}
FUNCTIONS["salt_and_pepper"] = corruption._salt_and_pepper
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
CODE = (FunctionType, BuiltinFunctionType, MethodType, np.ufunc, Op)
CHANCE = ("own", "_seed", "_derives", "_rng")


class MissingFunction:
    """The place of a function that is not in the file. A call raises an error.

    Parameters
    ----------
    name : str
        The function's name.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __repr__(self) -> str:
        """Show the name."""
        return f"<missing function {self.__name__}>"

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Raise an error.

        Raises
        ------
        RuntimeError
            Always.
        """
        raise RuntimeError(
            f"the function {self.__name__!r} of this model is not in its file, which holds no code: pass "
            f"functions={{{self.__name__!r}: ...}} to load, or set the model's attribute"
        )


class Encoder:
    """Encodes objects as what JSON can hold, and collects their arrays.

    Parameters
    ----------
    name_of : callable
        ``name_of(value)`` returns the name of a model's class, and None for other objects.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Copies of the arrays, by the place where each was found.
    objects : list
        The encoded objects to which other values refer by number.
    """

    def __init__(self, name_of: Callable[[Any], str | None]) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.objects: list[Any] = []
        self._name_of = name_of
        self._numbers: dict[int, int] = {}
        self._missing: dict[str, Any] = {}  # functions by name
        self._kept: list[Any] = []  # an id stays in use only as long as its object lives

    def encode(self, value: Any, where: str) -> Any:
        """Return a value for JSON.

        Parameters
        ----------
        value : object
        where : str
            Where it was found, for messages and names of arrays.

        Raises
        ------
        TypeError
            For an object that a file can't hold.
        """
        if value is None or isinstance(value, str) or type(value) in (bool, int):
            return value
        if type(value) is float:
            return value if np.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.floating) and not isinstance(value, float):
            return {"number": self._array(np.asarray(value), where)}
        if isinstance(value, np.generic) and not isinstance(value.item(), np.generic):
            return self.encode(value.item(), where)
        if type(value) is tuple:
            return {"tuple": [self.encode(v, f"{where}.{i}") for i, v in enumerate(value)]}
        if type(value) in (set, frozenset):
            return {type(value).__name__: [self.encode(v, where) for v in sorted(value, key=repr)]}
        if type(value) is np.ndarray:
            return {"array": self._array(value, where)}
        if value is global_generator():
            return {"global generator": None}
        if value is bit_generator(global_generator()):
            return {"global bits": None}
        if (function := self._function(value, where)) is not None:
            return function
        return {"object": self._number(value, where)}

    def _array(self, values: Any, where: str) -> Any:
        array = np.array(values)
        if array.dtype.name not in DTYPES.values():
            raise _refusal(values, where)
        name, n = where, 2
        while name in self.arrays or name == "__metadata__":  # which safetensors keeps for the facts
            name, n = f"{where} ({n})", n + 1
        is_transposed = array.flags.f_contiguous and not array.flags.c_contiguous  # BLAS rounds by the order
        self.arrays[name] = array.T if is_transposed else array
        return {"transposed": name} if is_transposed else name

    def _function(self, value: Any, where: str) -> Any:
        if isinstance(value, partial):
            function = self.encode(value.func, where)
            arguments = [self.encode(v, where) for v in value.args]
            return {"partial": [function, arguments, self._pairs(value.keywords, where)]}
        for name, known in FUNCTIONS.items():
            if value is known:
                return {"function": name}
        if isinstance(value, Elemwise):
            for name, known in vars(pt).items():
                if isinstance(known, Elemwise) and value == known:
                    return {"elemwise": name}
        if isinstance(value, (*CODE, MissingFunction)):
            return {"missing": self._name_of_missing(value)}
        return None

    def _name_of_missing(self, function: Any) -> str:
        """Return a function's name, with a number where another one has the same."""
        own = str(getattr(function, "__name__", type(function).__name__))
        name, n = own, 2
        while self._missing.setdefault(name, function) is not function:
            name, n = f"{own} ({n})", n + 1
        return name

    def _pairs(self, mapping: Mapping[Any, Any], where: str) -> list[Any]:
        return [
            [self.encode(key, where), self.encode(v, f"{where}.{key}" if where else str(key))]
            for key, v in mapping.items()
        ]

    def _number(self, value: Any, where: str) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.objects)
            self._kept.append(value)
            self.objects.append(None)
            self.objects[number] = self._object(value, where)
        return number

    def _object(self, value: Any, where: str) -> Any:
        if (name := self._name_of(value)) is not None:
            return {"model": name, "state": self._pairs(value._saved_attributes(), where)}
        if isinstance(value, TensorSharedVariable):
            array = value.get_value(borrow=True)
            return {"shared": value.name, "shape": list(value.type.shape), "array": self._array(array, where)}
        if type(value) is list:
            if value and all(type(v) is float and np.isfinite(v) for v in value):
                return {"floats": self._array(np.array(value), where)}
            return {"list": [self.encode(v, f"{where}.{i}") for i, v in enumerate(value)]}
        if type(value) is dict:
            return {"dict": self._pairs(value, where)}
        if type(value) is Chance:
            if value._make not in (None, RandomStreams):
                raise TypeError(f"{where} makes streams of {shown(value._make)}, expected RandomStreams")
            facts = [self.encode(vars(value)[name], f"{where}.{name}") for name in CHANCE]
            return {"chance": [*facts, value._make is not None]}
        if type(value) is RandomStreams:
            return {"stream": self.encode(value.generator, where), "dtype": value.dtype}
        if type(value) is np.random.RandomState:
            state = value.get_state(legacy=False)
            gauss = [state["has_gauss"], state["gauss"]]
            return {"random state": self.encode(bit_generator(value), where), "gauss": gauss}
        if type(value) is np.random.Generator:
            return {"generator": self.encode(value.bit_generator, where)}
        if type(value).__name__ in BIT_GENERATORS and isinstance(value, np.random.BitGenerator):
            return {
                "bits": type(value).__name__,
                "state": self.encode(value.state, where),
                "seed": self.encode(_seed(value), where),
            }
        raise _refusal(value, where)


def _seed(bits: Any) -> tuple[Any, ...] | None:
    """Return the arguments of a bit generator's SeedSequence, from which it spawns others."""
    seed = getattr(bits, "seed_seq", None)
    if type(seed) is not np.random.SeedSequence:
        return None
    return seed.entropy, seed.spawn_key, seed.pool_size, seed.n_children_spawned


def _refusal(value: Any, where: str) -> TypeError:
    return TypeError(
        f"{where} is {shown(value)}, which a file can't hold: set another value, or name the attribute in "
        "not_saved of a subclass"
    )
