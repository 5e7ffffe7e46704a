"""A module imports only from floors below its own (docs/architecture.md)."""

import ast
import importlib
import importlib.machinery
from pathlib import Path

import pytest

import udl_pt

PACKAGE = Path(udl_pt.__file__).parent
FLOORS = {
    name: floor
    for floor, names in {
        -3: "messages",
        -2: "arguments interrupts locks loop_rewriting numba_blas numba_cache sealed_modules theano_worker",
        -1: "compile_cache constructors files fitting memory numba_elemwise numba_steps numba_sums precision "
        "validation version",
        0: "backend parameters variables random rates metrics storage affinities mnist_files",
        1: "graph held_out updates calling datasets neighbours",
        2: "training units pca descent",
        3: "gibbs callbacks comparison_processes embedding",
        4: "contrastive layer annealing",
        5: "autoencoder rbm tsne pretraining",
        6: "dbn_files stack fine_tuning likelihood sampling",
        7: "dnn dbn deep classifiers",
        8: "features adversarial ladder comparison_worker comparison_code comparison_models",
        9: "augmentation comparison",
        10: "image_plots",
        11: "plots",
        12: "report comparison_plots",
        13: "programs doctor comparison_report",
        14: "chapter3_codes",
        15: "chapter1 chapter2 chapter3 chapter4 chapter5 chapter6",
        16: "chapters",
        17: "cli",
        18: "__main__",
    }.items()
    for name in names.split()
}
BESIDE = 4  # the floor of eager/ as a whole, whose modules may use these alone
FOR_TWINS = {
    "constructors",
    "interrupts",
    "precision",
    "validation",
    "fitting",
    "parameters",
    "random",
    "rates",
    "metrics",
    "affinities",
    "held_out",
    "training",
    "embedding",
}
LINKERS = (
    "backend",
    "compile_cache",
    "numba_blas",
    "numba_cache",
    "numba_elemwise",
    "numba_steps",
    "numba_sums",
    "sealed_modules",
)
CONFIGURED = ("backend", "compile_cache", "sealed_modules")
MODES = (
    "pytensor.link",
    "pytensor.compile.mode",
    "pytensor.compile.Mode",
    "pytensor.Mode",
    "pytensor.get_mode",
)
MODULES = sorted(p.stem for p in PACKAGE.glob("*.py") if p.stem != "__init__")
TWINS = sorted(p.stem for p in (PACKAGE / "eager").glob("*.py"))


def imports(source):
    """Dotted names of all that `source` imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # The package is flat: a relative import can only start from udl_pt itself.
            start = ".".join(filter(None, ["udl_pt" if node.level else "", node.module]))
            yield from (f"{start}.{alias.name}" for alias in node.names)


def reads_configuration(source):
    """Whether `source` takes `config` from PyTensor, or `floatX` from anything."""
    attributes = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    imported = any(name.startswith("pytensor.config") for name in imports(source))
    return imported or "floatX" in attributes or "pytensor.config" in source


def violations(module, source):
    found = []
    for name in imports(source):
        if name == "udl_pt":
            found.append("imports the whole package")
        if name.startswith("udl_pt."):
            other = name.split(".")[1]
            if other == "eager":
                if FLOORS[module] <= BESIDE:
                    found.append("imports eager")
            elif other not in FLOORS:
                found.append(f"imports {other}, which has no floor")
            elif FLOORS[other] >= FLOORS[module]:
                found.append(f"imports {other} of floor {FLOORS[other]}")
            elif other.startswith("numba_") and module not in LINKERS:
                found.append(f"imports {other}")
        if name.startswith("matplotlib") and module not in ("plots", "image_plots", "comparison_plots"):
            found.append("imports matplotlib")
        if name.startswith(MODES) and module not in LINKERS:
            found.append(f"imports {name}")
    if reads_configuration(source) and module not in CONFIGURED:
        found.append("reads PyTensor's configuration")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_each_module_imports_from_below_only(module):
    assert violations(module, (PACKAGE / f"{module}.py").read_text()) == []


@pytest.mark.parametrize("module", TWINS)
def test_the_twins_share_only_the_loop_the_data_and_the_metrics(module):
    source = (PACKAGE / "eager" / f"{module}.py").read_text()
    used = {tuple(name.split(".")[1:2]) for name in imports(source) if name.split(".")[0] == "udl_pt"}
    assert used <= {(name,) for name in FOR_TWINS | {"eager"}}
    assert not any(name.startswith("pytensor") for name in imports(source))


def test_every_floor_has_its_modules():
    assert set(MODULES) == set(FLOORS)


@pytest.mark.parametrize("package", ["udl_pt", "udl_pt.eager", "udl_pt.eager.torch"])
def test_no_module_shares_its_name_with_what_its_package_exports(package):
    """Where it does, ``import package.name as m`` gives the other thing."""
    loaded = importlib.import_module(package)
    siblings = {path.stem for path in Path(loaded.__file__).parent.glob("*.py")}
    assert siblings.isdisjoint(loaded.__all__)


def test_compare_is_a_function_and_no_module():
    assert callable(udl_pt.compare)
    assert importlib.machinery.PathFinder.find_spec("udl_pt.compare", udl_pt.__path__) is None


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("graph", "from udl_pt.training.loop import train"),
        ("graph", "def f():\n    from udl_pt.models.dnn import DNN"),
        ("graph", "from .training import train"),
        ("graph", "from . import training"),
        ("graph", "import udl_pt"),
        ("random", "from udl_pt.backends.backend import shared"),
        ("dnn", "import matplotlib.pyplot as plt"),
        ("dnn", "from pytensor.compile.mode import Mode"),
        ("dnn", "from pytensor.compile import Mode"),
        ("dnn", "from pytensor import Mode"),
        ("dnn", "import pytensor\nfloatX = pytensor.config.floatX"),
        ("dnn", "import pytensor as p\nfloatX = p.config.floatX"),
        ("dnn", "from pytensor import config\nfloatX = config.floatX"),
        ("dnn", "import udl_pt.nowhere"),
        ("training", "from udl_pt import eager"),
        ("dnn", "from udl_pt.backends._numba.blas import BlasNumbaLinker"),
    ],
)
def test_the_check_finds_what_is_wrong(module, source):
    assert violations(module, source) != []
