"""What the library uses of other packages' private parts is there and does what the library needs.

Each name has a test of its own, so a failure says which package changed what.
"""

import ast
import atexit
import ctypes
import importlib
import inspect
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import numba
import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
import pytest
from llvmlite.binding import ffi
from numba.core import caching, codegen, compiler_lock
from numba.core.registry import cpu_target
from pytensor.compile.mode import Mode, optdb
from pytensor.link.c import cmodule
from pytensor.link.numba import cache as pytensor_cache
from pytensor.link.numba.linker import NumbaLinker
from pytensor.tensor.random.type import random_generator_type
from pytensor.tensor.random.variable import RandomGeneratorSharedVariable

import udl_pt
from udl_pt import PCA
from udl_pt.backends import _internals as internals
from udl_pt.backends import _modes as modes
from udl_pt.estimators import AutoEncoderTransformer

pytestmark = pytest.mark.core
PACKAGE = Path(udl_pt.__file__).parent


# --- NumPy


def test_global_generator_is_the_one_that_np_random_draws_from():
    before = np.random.get_state()
    try:
        np.random.seed(3)
        expected = np.random.rand(5)
        np.random.seed(3)
        np.testing.assert_array_equal(internals.global_generator().random_sample(5), expected)
    finally:
        np.random.set_state(before)


def test_bit_generator_continues_the_legacy_generator():
    generator = np.random.RandomState(5)
    first = np.random.Generator(internals.bit_generator(generator)).random(3)
    np.testing.assert_array_equal(
        np.concatenate([first, generator.random_sample(3)]), np.random.RandomState(5).random_sample(6)
    )


def test_numpy_library_is_numpys_compiled_core():
    path = Path(internals.numpy_library())
    assert path.is_relative_to(Path(np.__file__).parent)
    assert ctypes.CDLL(str(path)).PyInit__multiarray_umath


# --- Python


def test_run_exit_functions_calls_what_is_registered():
    code = (
        "import atexit, os\n"
        "from udl_pt.backends._internals import run_exit_functions\n"
        "atexit.register(print, 'called', flush=True)\n"
        "run_exit_functions()\n"
        "os._exit(0)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "called\n"


# --- scikit-learn


def test_estimators_keep_and_check_the_names_of_features_with_every_scikit_learn():
    """The core tests run with the lowest version, where private methods do so."""
    pca = PCA(1).fit(pd.DataFrame(np.eye(3), columns=["a", "b", "c"]))
    assert pca.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        pca.transform(pd.DataFrame(np.eye(3), columns=["a", "c", "b"]))
    encoder = AutoEncoderTransformer(2).fit(np.eye(3))
    with pytest.raises(ValueError, match="X has 2 features"):
        encoder.transform(np.eye(2))


# --- PyTensor


def test_scan_context_is_a_list_only_while_scan_calls_its_function():
    seen = []

    def step(x):
        seen.extend([internals.scan_context(), internals.scan_context()])
        return 2 * x

    pytensor.scan(step, pt.vector(), return_updates=False)
    assert isinstance(seen[0], list)
    assert seen[0] is seen[1]
    assert internals.scan_context() is None


def setting(name):
    return vars(pytensor.config._config_var_dict[name])


def test_source_without_file_leaves_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    x = pt.dvector("x")
    pytensor.function([x], 2 * x, mode="JAX")
    assert len(list(tmp_path.iterdir())) == 1
    with internals.source_without_file():
        double = pytensor.function([x], 2 * x, mode="JAX")
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(double([3.0]), [6.0])
    pytensor.function([x], 3 * x, mode="JAX")
    assert len(list(tmp_path.iterdir())) == 2


def test_modules_folder_is_the_configured_one():
    assert internals.modules_folder() == Path(pytensor.config.compiledir)


def test_modules_folder_of_a_setting_not_read_yet_is_not_made(monkeypatch, tmp_path):
    base = tmp_path / "base"
    monkeypatch.setitem(setting("base_compiledir"), "val", base)
    monkeypatch.delitem(setting("compiledir"), "val")
    assert internals.modules_folder().parent == base
    assert not base.exists()


def test_replace_setting_changes_what_can_be_set_once(monkeypatch, tmp_path):
    monkeypatch.setitem(setting("compiledir"), "val", pytensor.config.compiledir)  # put back afterwards
    with pytest.raises(Exception, match="after initialization"):
        pytensor.config.compiledir = tmp_path / "refused"
    internals.replace_setting("compiledir", tmp_path / "new")
    assert Path(pytensor.config.compiledir) == tmp_path / "new"


@pytest.mark.parametrize(
    ("name", "values"), [("optdb__max_use_ratio", [3, 4, 5]), ("cxx", ["", "icpc", "c++"])]
)
def test_keep_in_thread_changes_a_setting_in_its_own_thread_alone(name, values):
    """PyTensor changes both settings while `pt.alloc` infers a shape; `udl_pt` keeps them in the thread."""
    config = pytensor.config
    usual, seen = getattr(config, name), []
    reached, leave = threading.Event(), threading.Event()

    def block():
        with config.change_flags(**{name: values[0]}):
            seen.append(getattr(config, name))
            reached.set()
            leave.wait(60)
            with config.change_flags(**{name: values[1]}):
                seen.append(getattr(config, name))
            seen.append(getattr(config, name))
        seen.append(getattr(config, name))

    thread = threading.Thread(target=block)
    thread.start()
    assert reached.wait(60)
    assert getattr(config, name) == usual
    with config.change_flags(**{name: values[2]}):
        assert getattr(config, name) == values[2]
        leave.set()
        thread.join(60)
    assert getattr(config, name) == usual
    assert seen == [*values[:2], values[0], usual]


def test_a_setting_kept_in_threads_is_set_and_shown_as_before():
    config = pytensor.config
    internals.keep_in_thread("optdb__max_use_ratio")  # a second time
    usual = config.optdb__max_use_ratio

    def elsewhere():
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: config.optdb__max_use_ratio).result()

    with config.change_flags(optdb__max_use_ratio=3):
        config.optdb__max_use_ratio = 6
        assert (config.optdb__max_use_ratio, elsewhere()) == (6, usual)
    assert (config.optdb__max_use_ratio, elsewhere()) == (usual, usual)
    try:
        config.optdb__max_use_ratio = 7  # outside of a block, for all threads
        assert elsewhere() == 7
    finally:
        config.optdb__max_use_ratio = usual
    with pytest.raises(ValueError, match="many"), config.change_flags(optdb__max_use_ratio="many"):
        pass
    assert config.optdb__max_use_ratio == usual
    assert str(config._config_var_dict["optdb__max_use_ratio"]).startswith("optdb__max_use_ratio (")


class Modules:
    dirname = "somewhere"

    def _on_atexit(self):
        raise AssertionError("not called")


def test_replace_module_cache_changes_the_one_that_pytensor_uses(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(cmodule, "_module_cache", None)  # put back afterwards
    monkeypatch.setattr(atexit, "register", lambda function: calls.append(("register", function)))
    monkeypatch.setattr(atexit, "unregister", lambda function: calls.append(("unregister", function)))
    ours = Modules()
    internals.replace_module_cache(ours)
    assert cmodule.get_module_cache(ours.dirname) is ours
    assert internals.module_cache() is ours
    internals.replace_module_cache(None)
    pytensors = cmodule.get_module_cache(tmp_path)
    assert type(pytensors) is cmodule.ModuleCache
    assert internals.module_cache() is pytensors
    assert calls == [
        ("register", ours._on_atexit),
        ("unregister", ours._on_atexit),
        ("register", pytensors._on_atexit),  # by PyTensor
    ]


@pytest.mark.skipif(not pytensor.config.cxx, reason="no C++ compiler")
@pytest.mark.parametrize("extension", internals.C_EXTENSIONS)
def test_c_extension_is_in_a_folder_of_its_name(extension):
    importlib.import_module(internals.C_EXTENSIONS[extension])
    assert Path(sys.modules[extension].__file__).parent == Path(pytensor.config.compiledir, extension)


def test_numba_folder_is_where_pytensor_sends_numba(monkeypatch, tmp_path):
    locator = pytensor_cache.NumbaPyTensorCacheLocator(None, None, None)
    assert internals.numba_folder() == Path(locator.get_cache_path())
    monkeypatch.setattr(pytensor_cache, "NUMBA_CACHE_PATH", internals.numba_folder())  # put back afterwards
    internals.set_numba_folder(tmp_path)
    assert Path(locator.get_cache_path()) == tmp_path
    assert internals.numba_folder() == tmp_path


# --- Numba


def test_replace_numba_cache_file_changes_the_class_that_numba_uses(monkeypatch, tmp_path):
    opened = []

    class File(caching.IndexDataCacheFile):
        def __init__(self, cache_path, filename_base, source_stamp):
            super().__init__(cache_path, filename_base, source_stamp)
            opened.append(Path(cache_path))

    monkeypatch.setattr(caching, "IndexDataCacheFile", caching.IndexDataCacheFile)  # put back afterwards
    internals.replace_numba_cache_file(File)
    source = tmp_path / "kept.py"
    source.write_text("def function(x):\n    return x\n")
    scope = {"__name__": "kept"}
    exec(compile(source.read_text(), str(source), "exec"), scope)
    numba.njit(cache=True)(scope["function"])
    assert len(opened) == 1
    assert opened[0].is_relative_to(tmp_path)


@pytest.mark.parametrize("name", ["typing_context", "target_context"])
def test_forget_numba_registries_makes_numba_read_them_again(name):
    context = getattr(cpu_target, name)
    context.refresh()
    known = set(context._registries)
    internals.forget_numba_registries()
    assert not context._registries
    context.refresh()  # would raise for what is declared twice
    assert set(context._registries) == known != set()
    assert numba.njit(lambda x: np.float32(x) + np.cos(x))(0.0) == 1


@pytest.mark.parametrize(
    "function",
    [
        caching.IndexDataCacheFile.load,
        caching.IndexDataCacheFile._load_index,
        caching.IndexDataCacheFile._load_data,
        caching.Cache.load_overload,
        caching.Cache._load_overload,
        cmodule.ModuleCache._get_module,
    ],
)
def test_reads_compile_cache_knows_the_readers(function):
    assert internals.reads_compile_cache(function.__code__.co_filename, function.__code__.co_name)


@pytest.mark.parametrize("function", [caching.IndexDataCacheFile.save, cmodule.dlimport, np.load])
def test_reads_compile_cache_knows_what_does_not_read_it(function):
    code = inspect.unwrap(function).__code__
    assert not internals.reads_compile_cache(code.co_filename, code.co_name)


def test_numba_intrinsics_keep_the_types_of_a_function_before_its_code():
    source = inspect.getsource(internals.numba_intrinsics().generic)
    assert source.index("_impl_cache[cache_key] = ") < source.index("lower_builtin(imp")


# --- logging, llvmlite, Numba


def test_release_locks_frees_the_locks_of_logging_llvmlite_and_numba():
    locks = [logging._lock, ffi.lib._lock._lock, compiler_lock.global_compiler_lock._lock]
    for lock in locks:
        lock.acquire()
        lock.acquire()
    internals.release_locks()
    assert not any(lock._is_owned() for lock in locks)
    internals.release_locks()


# --- JAX


def test_jax_has_started_once_it_has_a_backend(monkeypatch):
    jax.devices()
    assert internals.jax_has_started()
    monkeypatch.setattr("jax._src.xla_bridge._backends", {})
    assert not internals.jax_has_started()
    monkeypatch.delitem(sys.modules, "jax._src.xla_bridge")
    assert not internals.jax_has_started()


def test_drop_jax_shapes_drops_all_code_when_there_is_more_than_asked_for():
    x = pt.dvector("x")
    double = pytensor.function([x], 2 * x, mode="JAX")
    for n in (1, 2, 3):
        double(np.ones(n))
    shapes = double.vm.jit_fn._cache_size
    internals.drop_jax_shapes(double, 3)
    assert shapes() == 3
    internals.drop_jax_shapes(double, 2)
    assert shapes() == 0
    np.testing.assert_array_equal(double(np.ones(2)), [2, 2])


@pytest.mark.parametrize("mode", ["NUMBA", "CVM", Mode("py", None)])
def test_drop_jax_shapes_ignores_functions_of_other_backends(mode):
    internals.drop_jax_shapes(pytensor.function([], pt.constant(1.0) + 1, mode=mode), 0)


# --- bases that the library extends: methods that it overrides or calls, and their arguments

# Numba's own, also where ours has replaced it already
CACHE_FILE = next(c for c in caching.IndexDataCacheFile.__mro__ if c.__module__.startswith("numba"))
METHODS = [
    (CACHE_FILE, "__init__", ["cache_path", "filename_base", "source_stamp"]),
    (CACHE_FILE, "save", ["key", "data"]),
    (CACHE_FILE, "_data_name", ["number"]),
    (CACHE_FILE, "_data_path", ["name"]),
    (CACHE_FILE, "_load_index", []),
    (CACHE_FILE, "_load_data", ["name"]),
    (CACHE_FILE, "_open_for_write", ["filepath"]),
    (codegen.CPUCodeLibrary, "_optimize_final_module", []),
    (codegen.CPUCodeLibrary, "_finalize_final_module", []),
    (codegen.CPUCodeLibrary, "_finalize_dynamic_globals", []),
    (codegen.CPUCodeLibrary, "_verify_declare_only_symbols", []),
    (codegen.CodeLibrary, "_ensure_finalized", []),
    (codegen.CPUCodeLibrary, "serialize_using_object_code", []),
    (codegen.CPUCodeLibrary, "serialize_using_bitcode", []),
    (codegen.JITCodeLibrary, "get_pointer_to_function", ["name"]),
    (cmodule.ModuleCache, "module_from_key", ["key", "lnk"]),
    (cmodule.ModuleCache, "_get_module", ["name"]),
    (cmodule.ModuleCache, "_on_atexit", []),
]
ATTRIBUTES = [
    (CACHE_FILE, "_cache_path"),
    (CACHE_FILE, "_index_path"),
    (codegen.JITCodeLibrary, "_final_module"),
    (codegen.JITCodeLibrary, "_finalized"),
    (codegen.JITCodeLibrary, "_dynamic_globals"),
    (codegen.JITCodeLibrary, "_object_caching_enabled"),
    (codegen.JITCodeLibrary, "_compiled_object"),
    (cmodule.ModuleCache, "dirname"),
    (cmodule.ModuleCache, "loaded_key_pkl"),
    (cmodule.ModuleCache, "entry_from_key"),
    (cmodule.ModuleCache, "module_from_name"),
]


@pytest.mark.parametrize(("base", "name", "arguments"), METHODS)
def test_base_has_the_method(base, name, arguments):
    assert list(inspect.signature(vars(base)[name]).parameters) == ["self", *arguments]


def test_module_cache_returns_what_it_found_from_refresh(tmp_path):
    assert cmodule.ModuleCache(tmp_path).refresh(cleanup=False) == []


@pytest.mark.parametrize(("base", "name"), ATTRIBUTES)
def test_base_has_the_attribute(base, name, tmp_path):
    if base is codegen.JITCodeLibrary:
        instance = base(cpu_target.target_context.codegen(), "name")
        instance.enable_object_caching()
        with compiler_lock.global_compiler_lock:
            instance.finalize()
    else:
        instance = base(*([str(tmp_path), "name", 0] if base is CACHE_FILE else [tmp_path]))
    assert name in vars(instance)


def test_numba_linker_leaves_the_blas_rewrites_out():
    """`BlasNumbaLinker` leaves them in: it takes them off this list."""
    assert "BlasOpt" in NumbaLinker.incompatible_rewrites
    assert {"BlasOpt", "InplaceBlasOpt"} <= set(optdb.__position__)


def test_random_shared_variables_share_a_container():
    first = RandomGeneratorSharedVariable(random_generator_type, np.random.default_rng(0), True)
    second = RandomGeneratorSharedVariable(
        random_generator_type, None, None, container=first.container, name="second"
    )
    assert second.container.value is first.container.value


# --- public names that PyTensor's documentation doesn't describe

NAMES = [
    ("pytensor.compile.compilelock", "force_unlock"),
    ("pytensor.compile.compilelock", "lock_ctx"),
    ("pytensor.link.numba.cache", "compile_numba_function_src"),
    ("pytensor.link.numba.dispatch.basic", "numba_funcify_and_cache_key"),
    ("pytensor.link.numba.dispatch.basic", "numba_njit"),
    ("pytensor.link.numba.dispatch.basic", "register_funcify_and_cache_key"),
    ("pytensor.link.numba.dispatch.basic", "register_funcify_default_op_cache_key"),
    ("pytensor.scalar.basic", "upgrade_to_float"),
    ("pytensor.tensor.rewriting.blas", "local_dot_to_dot22"),
]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_pytensor_has_the_name(module, name):
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        ("specialize", modes.AFTER_SPECIALIZE, "uncanonicalize"),
        ("add_mul_fusion", modes.BEFORE_FUSION, "elemwise_fusion"),
        ("elemwise_fusion", modes.AFTER_FUSION, "add_destroy_handler"),
        ("add_destroy_handler", modes.IN_PLACE, "inplace_elemwise"),
    ],
)
def test_rewrites_of_pytensor_are_in_the_order_that_ours_need(before, place, after):
    assert optdb.__position__[before] < place < optdb.__position__[after]


# --- no other module uses private names


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def private_names(sources):
    """List the private names in `sources` that no source defines: as attributes, in imports, in strings."""
    defined = {part for module in sources for part in module.split(".")}
    used = {}
    for module, source in sources.items():
        names = used.setdefault(module, set())
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                (names if isinstance(node.ctx, ast.Load) else defined).add(name)
            elif isinstance(node, ast.alias) and node.asname:
                defined.add(node.asname)
            elif isinstance(node, ast.Import):
                names.update(part for alias in node.names for part in alias.name.split("."))
            elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] != "udl_pt":
                names.update([*node.module.split("."), *(alias.name for alias in node.names)])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts = node.value.split(".")
                if len(parts) > 1 and parts[0] != "udl_pt" and all(map(str.isidentifier, parts)):
                    names.update(parts)
    return {(module, name) for module, names in used.items() for name in names - defined if is_private(name)}


# methods of estimators before scikit-learn 1.6, which has public functions in their place
OF_SCIKIT_LEARN = {
    ("models._scikit", "_check_feature_names"),
    ("models._scikit", "_check_n_features"),
    ("models._scikit", "_validate_data"),
}
# of modules of `theano`, whose tests fail where one of these is gone: names that it serves or replaces
OF_THEANO = {
    ("theano._config", "_section"),  # its own
    ("theano._face.tensor._math", "_conj"),
    ("theano._ops.random_numba", "_getvalue"),
    ("theano._ops.random_state", "_bit_generator"),
    ("theano._patches_tensor", "_check_runtime_broadcast"),
    ("theano._patches_tensor", "_tensor_py_operators"),
    ("theano._runner._builtins2", "_getframe"),
    ("theano._runner._figures", "_pylab_helpers"),
}


def test_only_one_module_uses_private_names_of_other_packages():
    sources = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }
    allowed = {name for _, name, *_ in [*METHODS, *ATTRIBUTES]} | {"_exit"}  # os._exit is documented
    found = {(module, name) for module, name in private_names(sources) if name not in allowed}
    found -= OF_THEANO | OF_SCIKIT_LEARN
    assert {module for module, _ in found} == {"backends._internals"}, found


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\ngenerator = np.random.mtrand._rand",
        "import numpy._core",
        "from numpy._core import multiarray",
        "from pytensor.configdefaults import _default_compiledir",
        "import importlib\nimportlib.import_module('numpy._core.multiarray')",
        "def f(x):\n    return x._inside.value",
    ],
)
def test_a_private_name_is_found(source):
    assert private_names({"module": source})


def test_own_private_names_are_no_offence():
    sources = {
        "_a": "class A:\n    def __init__(self):\n        self._x = 1\n    def _f(self): return self._x",
        "b": "from udl_pt._a import A\n_one = A()\nprint(_one._f(), _one.__dict__, 'a._a')",
    }
    assert private_names(sources) == set()
