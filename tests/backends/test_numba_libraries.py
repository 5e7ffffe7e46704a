"""Functions that Numba compiles to machine code only when their address is asked for."""

import ctypes
import os
import signal
import subprocess
import sys

import numba
import numpy as np
import pytensor.tensor as pt
import pytest
from numba.core.codegen import JITCodeLibrary
from numba.core.registry import cpu_target

from udl_pt.backends import Function
from udl_pt.backends._internals import numba_intrinsics
from udl_pt.backends._numba.libraries import LazyLibrary, use_lazy_libraries

pytestmark = pytest.mark.core


@pytest.fixture(autouse=True)
def _lazy_libraries():
    use_lazy_libraries()


def compiled(function, *names):
    """Return these fields of a function's one compilation."""
    (result,) = function.overloads.values()
    return [result._asdict()[name] for name in names]


def test_only_what_python_calls_becomes_machine_code(monkeypatch):
    made, became_code = [], []
    codegen = cpu_target.target_context.codegen()

    class Watched(LazyLibrary):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

        def _compile(self):
            super()._compile()
            became_code.append(self)

    monkeypatch.setattr(codegen, "_library_class", Watched)

    @numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    def inner(x):
        return np.exp(x).sum()

    @numba.njit
    def outer(x):
        return inner(x) + inner(2 * x)

    x = np.array([0.0, 1.0])
    assert outer(x) == pytest.approx(2 + np.e + np.e**2)
    names, with_code = ({one.name.rpartition(".")[2] for one in some} for some in (made, became_code))
    assert {"inner", "outer"} <= names
    assert {"inner", "outer"} & with_code == {"outer"}
    assert len(became_code) < len(made)


def test_an_address_may_be_asked_for_later():
    @numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    def triple(x):
        return 3 * x

    @numba.njit
    def caller(x):
        return triple(x) + 1

    assert caller(2.0) == 7
    library, description = compiled(triple, "library", "fndesc")
    assert isinstance(library, LazyLibrary)
    assert library.get_pointer_to_function("no_such_function") == 0
    address = library.get_pointer_to_function(description.llvm_func_name)
    returned, error = ctypes.c_double(), ctypes.c_void_p()
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_double)
    prototype(address)(ctypes.addressof(returned), ctypes.addressof(error), 5.0)
    assert returned.value == 15
    assert caller(3.0) == 10


def test_without_its_machine_code_a_library_is_kept_as_bitcode():
    """LLVM passes machine code on in a callback, where Python ignores an interrupt, and the code is lost."""

    @numba.njit
    def double(x):
        return 2 * x

    assert double(2.0) == 4
    (library,) = compiled(double, "library")
    assert library.serialize_using_object_code()[1] == "object"
    library._compiled_object = None
    assert library.serialize_using_object_code()[1] == "bitcode"


def test_numbas_other_functions_work_as_ever():
    @numba.vectorize(["float64(float64)"])
    def half(x):
        return x / 2

    @numba.guvectorize(["void(float64[:], float64[:])"], "(n)->()")
    def total(x, out):
        out[0] = x.sum()

    @numba.cfunc("float64(float64)")
    def square(x):
        return x * x

    @numba.njit
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    np.testing.assert_array_equal(half(np.arange(3.0)), [0, 0.5, 1])
    np.testing.assert_array_equal(total(np.ones((2, 3))), [3, 3])
    assert square.ctypes(3.0) == 9
    assert fibonacci(10) == 55


ERROR = """
import numpy as np, pytensor.tensor as pt
from udl_pt.backends import Function
from udl_pt.backends._internals import numba_intrinsics
x = pt.dmatrix("x")
f = Function([x], pt.specify_shape(x, (None, 3)).sum(), backend="numba")
print(f(np.ones((2, 3))))
try:
    f(np.ones((2, 4)))
except AssertionError as error:
    print(error)
"""


def test_an_inner_functions_error_says_its_numbers_also_from_the_cache(tmp_path):
    """The message is made by an inner function, of objects in its environment."""
    flags = f"{os.environ.get('PYTENSOR_FLAGS', '')},base_compiledir={tmp_path}".lstrip(",")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", ERROR],
            env=os.environ | {"PYTENSOR_FLAGS": flags},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith("6.0\nSpecifyShape: dim 1 of input has shape 4, expected 3.")


def test_a_graphs_function_is_as_numpys():
    x, w = pt.dmatrix("x"), pt.dmatrix("w")
    X, W = np.random.RandomState(0).rand(4, 3), np.random.RandomState(1).rand(3, 2)
    got = Function([x, w], pt.tanh(x @ w).sum(axis=1))(X, W)
    np.testing.assert_allclose(got, np.tanh(X @ W).sum(axis=1), rtol=1e-14)


@pytest.mark.parametrize(("method", "arguments"), [("add_llvm_module", ["module"]), ("finalize", [])])
def test_an_interrupt_waits_while_llvm_takes_modules(monkeypatch, method, arguments):
    done = []

    def interrupted(self, *given):
        signal.raise_signal(signal.SIGINT)
        done.extend(given or ["finalized"])

    monkeypatch.setattr(JITCodeLibrary, method, interrupted)
    library = object.__new__(LazyLibrary)
    with pytest.raises(KeyboardInterrupt):
        getattr(library, method)(*arguments)
    assert done == (arguments or ["finalized"])


def test_an_interrupt_waits_while_numba_reads_its_registries(monkeypatch):
    use_lazy_libraries()
    done = []

    def interrupted():
        signal.raise_signal(signal.SIGINT)
        done.append("read")

    monkeypatch.setattr(cpu_target.target_context, "load_additional_registries", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cpu_target.target_context.refresh()
    assert done == ["read"]


def test_an_interrupt_waits_while_numba_registers_the_code_of_an_intrinsic(monkeypatch):
    use_lazy_libraries()
    template = numba_intrinsics()
    registry_of = template._get_target_registry

    class Interrupted:
        def __init__(self, registry):
            self.registry = registry

        def lower(self, *arguments):
            signal.raise_signal(signal.SIGINT)  # the types are kept, the code is not yet
            return self.registry.lower(*arguments)

    @numba.extending.intrinsic
    def three(context):
        def code(context, builder, signature, arguments):
            return context.get_constant(numba.int64, 3)

        return numba.int64(), code

    def f():
        return three()

    with monkeypatch.context() as patch:
        patch.setattr(template, "_get_target_registry", lambda *a: Interrupted(registry_of(*a)))
        with pytest.raises(KeyboardInterrupt):
            numba.njit(f)()
    assert numba.njit(f)() == 3
