"""A module imports only what docs/architecture.md allows its package, and no modules import each other."""

import ast
import graphlib
import importlib
import importlib.machinery
import re
from pathlib import Path

import pytest

import udl_pt

PACKAGE = Path(udl_pt.__file__).parent
PAGE = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)
ALLOWED = {package: set(re.findall(r"`(\w+)`", names)) for package, names in ROW.findall(PAGE)}
FRONT = ("__init__", "__main__", "_version", "callbacks")  # modules of udl_pt itself
FOR_TWINS = (
    "_support",
    "training",
    "eager",
    "symbolic.chance",
    "symbolic.random",
    "models._sne.affinities",
    "models._sne.loop",
)
MODES = (
    "pytensor.link",
    "pytensor.compile.mode",
    "pytensor.compile.Mode",
    "pytensor.Mode",
    "pytensor.get_mode",
)
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)
IN_PACKAGES = [module for module in MODULES if module not in FRONT]


def source_of(module):
    path = PACKAGE.joinpath(*module.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")


def imports(source):
    """Dotted names of all that `source` imports, anywhere in it; a relative import begins with a dot."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from (f"{start}.{alias.name}" for alias in node.names)


def reads_configuration(source):
    """Whether `source` takes `config` from PyTensor, or `floatX` from anything."""
    attributes = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    imported = any(name.startswith("pytensor.config") for name in imports(source))
    return imported or "floatX" in attributes or "pytensor.config" in source


def violations(module, source):
    package, found = module.split(".")[0], []
    for name in imports(source):
        if name.startswith("."):
            found.append("has a relative import")
        if name == "udl_pt" or name.startswith("udl_pt.__"):
            found.append("imports the whole package")
        elif name.startswith("udl_pt."):
            other = name.removeprefix("udl_pt.")
            of = other.split(".")[0]
            if of not in {package, *ALLOWED[package], "_version"}:
                found.append(f"imports {of}")
            if other.startswith("backends._numba") and package != "backends":
                found.append(f"imports {other}")
            if package == "eager" and not other.startswith(FOR_TWINS):
                found.append(f"imports {other}")
        if name.startswith("matplotlib") and package != "plots":
            found.append("imports matplotlib")
        if name.startswith(MODES) and package not in ("backends", "theano"):
            found.append(f"imports {name}")
        if name.startswith("pytensor") and package == "eager":
            found.append("imports PyTensor")
    if reads_configuration(source) and package not in ("backends", "theano"):
        found.append("reads PyTensor's configuration")
    return found


def order(sources):
    """Modules in an order in which each one comes after those that it imports; else a CycleError."""
    graph = {}
    for module, source in sources.items():
        names = [name.removeprefix("udl_pt.") for name in imports(source) if name.startswith("udl_pt.")]
        graph[module] = {name if name in sources else name.rpartition(".")[0] for name in names}
    return list(graphlib.TopologicalSorter(graph).static_order())


def test_the_table_lists_the_packages_and_each_names_only_those_above_it():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert set(ALLOWED) == folders
    above = set()
    for package, names in ALLOWED.items():
        assert names <= above
        above.add(package)


def test_modules_lie_in_packages():
    assert {module for module in MODULES if "." not in module} - set(ALLOWED) == set(FRONT)


@pytest.mark.parametrize("module", IN_PACKAGES)
def test_a_module_imports_what_its_package_may(module):
    assert violations(module, source_of(module)) == []


def test_no_permission_is_unused():
    used = {package: set() for package in ALLOWED}
    for module in IN_PACKAGES:
        package = module.split(".")[0]
        names = (name.split(".") for name in imports(source_of(module)) if name.startswith("udl_pt."))
        used[package] |= {name[1] for name in names} - {package, "_version"}
    used["training"].add("plots")  # by name, when a figure is asked for
    assert used == ALLOWED


def test_no_modules_import_each_other():
    assert len(order({module: source_of(module) for module in IN_PACKAGES})) > 90


def test_a_circle_is_found():
    sources = {"a.x": "from udl_pt.b.y import f", "b.y": "def g():\n    import udl_pt.c.z", "c.z": ""}
    order(sources)
    with pytest.raises(graphlib.CycleError):
        order(sources | {"c.z": "from udl_pt.a import x"})


@pytest.mark.parametrize(
    "package", ["", *sorted(ALLOWED), pytest.param("eager.torch", marks=pytest.mark.torch)]
)
def test_no_module_shares_its_name_with_something_else_that_its_package_exports(package):
    """Where it does, ``import package.name as m`` gives the other thing."""
    name = f"udl_pt.{package}".removesuffix(".")
    loaded = importlib.import_module(name)
    siblings = {path.stem for path in Path(loaded.__file__).parent.iterdir()}
    for exported in siblings & set(getattr(loaded, "__all__", ())):
        assert getattr(loaded, exported) is importlib.import_module(f"{name}.{exported}")


def test_compare_is_a_function_and_no_module():
    assert callable(udl_pt.compare)
    assert importlib.machinery.PathFinder.find_spec("udl_pt.compare", udl_pt.__path__) is None


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("symbolic.costs", "from udl_pt.training.loop import train"),
        ("symbolic.costs", "def f():\n    from udl_pt.models.dnn import DNN"),
        ("symbolic.costs", "from .random import RandomStreams"),
        ("symbolic.costs", "from . import random"),
        ("symbolic.costs", "import udl_pt"),
        ("_support.files", "from udl_pt.backends import shared"),
        ("models.dnn", "import matplotlib.pyplot as plt"),
        ("models.dnn", "from pytensor.compile.mode import Mode"),
        ("models.dnn", "from pytensor.compile import Mode"),
        ("models.dnn", "from pytensor import Mode"),
        ("models.dnn", "import pytensor\nfloatX = pytensor.config.floatX"),
        ("models.dnn", "import pytensor as p\nfloatX = p.config.floatX"),
        ("models.dnn", "from pytensor import config\nfloatX = config.floatX"),
        ("models.dnn", "import udl_pt.nowhere"),
        ("training.loop", "from udl_pt import eager"),
        ("models.dnn", "from udl_pt.backends._numba.blas import BlasNumbaLinker"),
        ("eager.rbm", "from udl_pt.symbolic.costs import cross_entropy"),
        ("eager.rbm", "from udl_pt.models.rbm import RBM"),
        ("eager.rbm", "import pytensor.tensor as pt"),
    ],
)
def test_the_check_finds_what_is_wrong(module, source):
    assert violations(module, source) != []
