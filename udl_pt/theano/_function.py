"""``theano.function``, with what PyTensor's lacks: default values, state, outputs by name, ``f[shared]``."""

import copy
import pickle
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.io import SymbolicInput
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.traversal import graph_inputs
from pytensor.graph.utils import MissingInputError

from udl_pt.theano._code import Code, has_loop
from udl_pt.theano._config import config
from udl_pt.theano._inputs import Container, Containers, In, Param, Values, value_of
from udl_pt.theano._mode import is_usual, mode_of
from udl_pt.theano._reuse import compiled_once

__all__ = ["Function", "In", "Param", "function", "function_dump"]


class Function:
    """What ``theano.function`` returns."""

    def __init__(
        self,
        code: Code,
        inputs: Sequence[Variable],
        names: Sequence[Any],
        defaults: dict[int, Any],
        states: dict[int, SharedVariable],
        keys: Sequence[str] | None,
        origin: dict[str, Any],
    ) -> None:
        self._code, self._inputs, self._names = code, list(inputs), list(names)
        self._defaults, self._states, self._keys = defaults, states, keys
        self._origin = origin  # the arguments of `function`

    @property
    def _fn(self) -> Any:
        """PyTensor's function."""
        return self._code.function

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph and the values; who reads it compiles anew."""
        states = {i: v.get_value() for i, v in self._states.items()}
        return _rebuilt, (self._origin, self._defaults, states, self.trust_input)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs and apply the updates."""
        wanted = kwargs.pop("output_subset", None)
        if self._defaults or self._states:
            args = tuple(self._completed(args, kwargs))
        try:
            results = self._code(args, kwargs)
        except OverflowError:  # NumPy 2 raises it for a Python number that an input's dtype can't hold
            results = self._code([*map(_as_integers, args)], {k: _as_integers(v) for k, v in kwargs.items()})
        if self._keys is not None:
            named = dict(zip(self._keys, results, strict=True))
            return named if wanted is None else {key: named[key] for key in wanted}
        return results if wanted is None else [results[i] for i in wanted]

    def _completed(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """Return all arguments in their order, with default values; set states that a caller passes.

        It removes from `kwargs` what it takes from there.
        """
        if len(args) > len(self._inputs):
            raise TypeError(f"got {len(args)} arguments, and the function has {len(self._inputs)} inputs")
        passed: list[Any] = []
        for i, variable in enumerate(self._inputs):
            name = self._names[i]
            if i < len(args):
                value = args[i]
            elif name is not None and name in kwargs:
                value = kwargs.pop(name)
            elif i in self._states:
                continue
            elif i in self._defaults:
                value = value_of(self._defaults[i])
            else:
                raise TypeError(f"Missing required input: {variable}")
            if i in self._states:
                self._states[i].set_value(value)
            else:
                passed.append(value)
        return passed

    @property
    def value(self) -> Values:
        """The values of inputs and shared variables, by variable or name."""
        return Values(self)

    @property
    def container(self) -> Containers:
        """The places of these values."""
        return Containers(self)

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """For each input: whether it must be passed, whether a default value is restored, and its value."""
        has_value = [i in self._defaults or i in self._states for i in range(len(self._inputs))]
        return [
            (not has, i in self._defaults, self.value[i] if has else None) for i, has in enumerate(has_value)
        ]

    def __getitem__(self, key: Any) -> Any:
        """Return the value of an input or a shared variable."""
        return self.value[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set the value of an input or a shared variable."""
        self.value[key] = value

    def __contains__(self, key: Any) -> bool:
        """Return whether an input or a shared variable has a value here."""
        try:
            self.value[key]
        except KeyError:
            return False
        return True

    def _place(self, key: Any) -> int | None:
        if isinstance(key, int):
            return key if 0 <= key < len(self._inputs) else None
        key = getattr(key, "variable", key)
        for i, (variable, name) in enumerate(zip(self._inputs, self._names, strict=True)):
            if key is variable or (isinstance(key, str) and key == name):
                return i
        return None

    def _stored(self, key: Any) -> Any:
        """Return the shared variable or the container of a key."""
        if (i := self._place(key)) in self._states:
            return self._states[i]
        if i is not None:
            return self._fn.input_storage[i - sum(state < i for state in self._states)]
        for variable in self._fn.get_shared():
            if key is variable or (isinstance(key, str) and key == variable.name):
                return variable
        found = self._fn._finder.get(getattr(key, "variable", key))
        if not hasattr(found, "storage"):
            raise KeyError(key)
        return found

    def copy(
        self,
        share_memory: bool = False,
        swap: Any = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> "Function":
        """Return a copy, which returns a list; `swap` replaces shared variables by others."""
        if delete_updates:  # compiled anew: fast code may update in place what it needn't compute
            return self._without_updates().copy(share_memory, swap, name=name, profile=profile)
        self._code.make_fast()
        asked = {"share_memory": share_memory, "swap": swap}
        new, states = dict(swap or {}), {}
        for i, old in self._states.items():
            default = _input_of(self._origin["inputs"][i]).default
            if old not in new and not isinstance(default, SharedVariable):
                new[old] = pytensor.shared(old.type.filter(default, allow_downcast=True), name=old.name)
            states[i] = new.get(old, old)

        original, build = self._fn, self._code.build

        def copied(mode: Any) -> Any:
            same = original if mode is original.maker.mode else build(mode)
            copy_ = same.copy(**{**asked, "swap": new}, name=name, profile=profile)
            copy_.unpack_single, copy_.profile = False, copy_.profile or None
            return copy_

        code = Code(copied, original.maker.mode)
        origin = self._origin | {"copies": [*self._origin.get("copies", ()), asked]}
        return Function(code, self._inputs, self._names, dict(self._defaults), states, None, origin)

    __copy__ = copy

    def _without_updates(self) -> "Function":
        """Return the function of the same graph without updates."""
        inputs = list(self._origin["inputs"])
        for i, state in self._states.items():
            spec = _input_of(inputs[i])
            inputs[i] = In(spec.variable, spec.name, state.get_value(), implicit=spec.is_implicit)
        changes = {"inputs": inputs, "no_default_updates": True, "on_unused_input": "ignore"}
        origin = {key: value for key, value in self._origin.items() if key != "updates"}
        return _rebuilt(origin | changes, self._defaults, {})

    def __getattr__(self, name: str) -> Any:
        """Return what PyTensor's function has under this name."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._fn, "vm" if name == "fn" else name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, of PyTensor's function if it has it."""
        if not name.startswith("_") and "_code" in vars(self) and hasattr(self._fn, name):
            setattr(self._fn, name, value)
        else:
            vars(self)[name] = value


def _input_of(given: Any) -> Any:
    """Return an input from Theano's forms: a variable, an `In`, or a tuple of 0.6.

    The tuples: ``(variable, value)`` and ``((variable, update), value)``, both also with a name before.
    """
    if isinstance(given, list | tuple):
        rest = list(given)
        name = rest.pop(0) if rest and isinstance(rest[0], str) else None
        variable = rest.pop(0) if rest else None
        update = None
        if isinstance(variable, list | tuple) and len(variable) == 2:
            variable, update = variable
        if not isinstance(variable, Variable) or len(rest) > 1 or any(isinstance(r, Variable) for r in rest):
            raise TypeError(f"Unknown parameter type: {given}; use theano.In(variable, value=...)")
        return In(variable, name=name, value=rest[0] if rest else None, update=update)
    if not isinstance(given, Variable | SymbolicInput):
        raise TypeError(f"Unknown parameter type: {type(given)}")
    return given


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile a graph into a function of arrays."""
    if not isinstance(inputs, list | tuple):
        raise Exception(
            "Input variables of a Theano function should be contained in a list, even when there is a single "
            f"input. Got {type(inputs)}"
        )
    # the script may change its lists later
    inputs, outputs, updates, givens = map(_copied, (inputs, outputs, updates, givens))
    origin = {name: value for name, value in locals().items() if value is not None}
    from udl_pt.theano._face._shared import shared  # it imports this module

    given = [_input_of(i) for i in inputs]
    keys = None
    if isinstance(outputs, dict):
        if not all(isinstance(key, str) for key in outputs):
            raise AssertionError(f"the keys of a dict of outputs must be strings, got {list(outputs)}")
        keys = sorted(outputs)
        outputs = [outputs[key] for key in keys]
    pairs, replacements = _pairs(updates), dict(_pairs(givens))
    variables = [getattr(spec, "variable", spec) for spec in given]
    _check_updates(given, {*variables, *replacements})
    states: dict[int, SharedVariable] = {}
    defaults: dict[int, Any] = {}
    passed = []
    for i, spec in enumerate(given):
        value = getattr(spec, "default", None)
        of_another = isinstance(value, Container) and value.shared is None
        if isinstance(value, Container) and not of_another:
            value = value.shared
        if value is None:
            passed.append(spec)
        elif spec.new_value is None and (
            of_another or not (spec.is_implicit or isinstance(value, SharedVariable))
        ):
            defaults[i] = value if of_another else spec.variable.type.filter(value, allow_downcast=True)
            passed.append(spec)
        else:
            variable, value = spec.variable, value_of(value)
            kept = (
                value
                if isinstance(value, SharedVariable)
                else shared(variable.type.filter(value, allow_downcast=True), name=spec.name or variable.name)
            )
            states[i] = kept
            replacements[variable] = kept
            if spec.new_value is not None:
                pairs.append((kept, spec.new_value))

    options = {
        "no_default_updates": no_default_updates or None,
        "accept_inplace": accept_inplace,
        "rebuild_strict": rebuild_strict,
        "allow_input_downcast": allow_input_downcast,
        "profile": profile,
        "on_unused_input": on_unused_input,
    }

    def build(chosen: Any) -> Any:
        def compile_(inputs: Any, outputs: Any, updates: Any, givens: Mapping[Variable, Any]) -> Any:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="The no_default_updates parameter is deprecated")
                return pytensor.function(
                    inputs,
                    outputs,
                    mode=chosen,
                    updates=updates,
                    givens=list(givens.items()),
                    name=name,
                    **options,
                )

        if is_usual(mode) and not implicit and all(isinstance(v, Variable) for v in passed):
            linker = type(chosen.linker), getattr(chosen.linker, "c_thunks", None)
            settings = on_unused_input or config.on_unused_input, config.allow_gc
            key = (*linker, type(outputs), tuple(v.name for v in passed), settings, repr(options))
            compiled = compiled_once(compile_, key, passed, outputs, pairs, replacements)
            compiled.name = name
        else:
            compiled = compile_(passed, outputs, [*pairs, *implicit], replacements)
        if not implicit:  # fast code gets the default updates of today
            explicit = {p for p, _ in pairs}
            implicit.extend(
                (i.variable, i.variable.default_update)
                for i in compiled.maker.inputs
                if i.implicit and i.update is not None and i.variable not in explicit
            )
            options["no_default_updates"] = True
        return compiled

    implicit: list[tuple[Any, Any]] = []
    read = [*_variables(outputs), *_variables(v for _, v in pairs), *_variables(replacements.values())]
    starts_quick = is_usual(mode) and not has_loop(read)
    code = Code(build, mode_of(mode), starts_quick=starts_quick)
    names = [getattr(spec, "name", None) for spec in given]
    return Function(code, variables, names, defaults, states, keys, origin)


def function_dump(filename: str, inputs: Any, outputs: Any = None, **options: Any) -> None:
    """Write the arguments of `function` to a file; ``theano.function(**pickle.load(file))`` compiles them."""
    with open(filename, "wb") as file:
        pickle.dump({"inputs": inputs, "outputs": outputs, **options}, file, protocol=-1)


def _check_updates(given: Sequence[Any], known: Collection[Variable]) -> None:
    """Raise an error where the update of an input without a value reads what the function doesn't have."""
    updates = [u for spec in given if isinstance(u := getattr(spec, "new_value", None), Variable)]
    for v in graph_inputs(updates):
        if not isinstance(v, Constant | SharedVariable) and v not in known:
            raise MissingInputError(f"the update of an input reads {v}, which is no input of the function")


def _copied(given: Any) -> Any:
    return copy.copy(given) if isinstance(given, list | dict) else given


def _variables(given: Any) -> list[Variable]:
    """Return the variables of one or several outputs."""
    every = given if isinstance(given, Iterable) and not isinstance(given, Variable) else [given]
    found = (getattr(output, "variable", output) for output in every)
    return [v for v in found if isinstance(v, Variable)]


def _as_integers(value: Any) -> Any:
    """Return an array for Python numbers, which are converted to an input's dtype as arrays are."""
    return np.asarray(value) if isinstance(value, int | list | tuple) else value


def _rebuilt(
    origin: dict[str, Any], defaults: dict[int, Any], states: dict[int, Any], trust_input: bool = False
) -> Function:
    """Return a function that was pickled."""
    copies = origin.get("copies", ())
    function_ = function(**{key: value for key, value in origin.items() if key != "copies"})
    for options in copies:
        function_ = function_.copy(**options)
    function_._defaults.update(defaults)
    for i, value in states.items():
        function_._states[i].set_value(value)
    function_.trust_input = trust_input
    return function_


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    """Return the pairs of a dict or of a list of pairs."""
    if given is None:
        return []
    pairs: Iterable[Any] = given.items() if isinstance(given, Mapping) else given
    return [tuple(pair) for pair in pairs]
