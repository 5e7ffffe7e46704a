"""Changes of PyTensor's classes while ``theano`` is installed, where there is no other way."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.builders import OpFromGraph
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.op import Op
from pytensor.graph.type import Type
from pytensor.scalar.basic import Cast

from udl_pt.theano import _patches_tensor
from udl_pt.theano._mode import backend_of, compiling, mode_of
from udl_pt.theano._old_ops import adapt

__all__ = ["apply"]

_eval, _impl, _fn = Variable.eval, Cast.impl, OpFromGraph.fn
_default_update: Any = SharedVariable.default_update


def _eval_in_theanos_mode(self: Variable, inputs_to_values: Any = None, **options: Any) -> Any:
    """Compute a variable; compile it in the mode in which `theano.function` compiles."""
    mode = mode_of(options.pop("mode", None))
    if backend_of(mode) == "jax":  # PyTensor compiles here, which JAX may refuse
        mode = mode_of("FAST_COMPILE")
    with compiling(backend_of(mode)), pytensor.config.change_flags(mode=mode):
        return _eval(self, inputs_to_values, **options)


def _fn_in_theanos_mode(self: OpFromGraph) -> Any:
    """Return the function inside an operation; PyTensor would compile it with Numba."""
    if getattr(self, "_fn", None) is not None:
        return self._fn
    mode = mode_of(None)
    if backend_of(mode) == "jax":  # its arrays aren't NumPy's
        mode = mode_of("FAST_COMPILE")
    with compiling(backend_of(mode)), pytensor.config.change_flags(mode=mode):
        return _fn.fget(self)


def _delete_default_update(self: SharedVariable) -> None:
    """Forget the default update: ``del x.default_update``."""
    self.default_update = None


def _adapt_new_class(cls: type, /, **options: Any) -> None:
    """Adapt an Op when a script defines its class."""
    super(Op, cls).__init_subclass__(**options)
    adapt(cls)


def _cast(self: Cast, value: Any) -> Any:
    """Convert a number as C does: out of range it wraps around, where NumPy raises an error."""
    with np.errstate(invalid="ignore"):
        return np.asarray(value).astype(self.ctor)[()]


def apply() -> Callable[[], None]:
    """Change PyTensor's classes; return a function that undoes it."""
    Variable.eval = _eval_in_theanos_mode
    OpFromGraph.fn = property(_fn_in_theanos_mode)
    Cast.impl = _cast
    deletable = _default_update.deleter(_delete_default_update)
    SharedVariable.default_update = deletable  # type: ignore[method-assign]
    Op.__init_subclass__ = classmethod(_adapt_new_class)
    abstract = {cls: cls.__abstractmethods__ for cls in (Op, Type)}
    for cls in abstract:
        cls.__abstractmethods__ = frozenset()
    undo_tensors = _patches_tensor.apply()

    def undo() -> None:
        undo_tensors()
        Variable.eval = _eval
        OpFromGraph.fn = _fn
        Cast.impl = _impl
        SharedVariable.default_update = _default_update  # type: ignore[method-assign]
        del Op.__init_subclass__
        for cls, methods in abstract.items():
            cls.__abstractmethods__ = methods

    return undo
