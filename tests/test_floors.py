"""A module imports only from floors below its own (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

import udl_pt

PACKAGE = Path(udl_pt.__file__).parent
FLOORS = {
    name: floor
    for floor, names in {
        -1: "numba_blas numba_elemwise validation version",
        0: "backend random datasets metrics",
        1: "graph updates calling",
        2: "training",
        3: "autoencoder",
        4: "pretraining",
        5: "dnn",
        6: "plots",
        7: "report",
        8: "chapters doctor",
        9: "cli",
        10: "__main__",
    }.items()
    for name in names.split()
}
LINKERS = ("backend", "numba_blas", "numba_elemwise")
MODULES = sorted(p.stem for p in PACKAGE.glob("*.py") if p.stem != "__init__")


def imports(source):
    """Dotted names of all that `source` imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(module, source):
    found = []
    for name in imports(source):
        if name.startswith("udl_pt."):
            other = name.split(".")[1]
            if other not in FLOORS:
                found.append(f"imports {other}, which has no floor")
            elif FLOORS[other] >= FLOORS[module]:
                found.append(f"imports {other} of floor {FLOORS[other]}")
            elif other.startswith("numba_") and module != "backend":
                found.append(f"imports {other}")
        if name.startswith("matplotlib") and module != "plots":
            found.append("imports matplotlib")
        if name.startswith(("pytensor.link", "pytensor.compile.mode")) and module not in LINKERS:
            found.append(f"imports {name}")
    if "pytensor.config" in source and module != "backend":
        found.append("reads PyTensor's configuration")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_each_module_imports_from_below_only(module):
    assert violations(module, (PACKAGE / f"{module}.py").read_text()) == []


def test_every_floor_has_its_modules():
    assert set(MODULES) == set(FLOORS)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("graph", "from udl_pt.training import train"),
        ("graph", "def f():\n    from udl_pt.dnn import DNN"),
        ("random", "from udl_pt.backend import shared"),
        ("dnn", "import matplotlib.pyplot as plt"),
        ("dnn", "from pytensor.compile.mode import Mode"),
        ("dnn", "import pytensor\nfloatX = pytensor.config.floatX"),
        ("dnn", "import udl_pt.nowhere"),
        ("dnn", "from udl_pt.numba_blas import BlasNumbaLinker"),
    ],
)
def test_the_check_finds_what_is_wrong(module, source):
    assert violations(module, source) != []
