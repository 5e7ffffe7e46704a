"""Pages of the docs that show a session of Python, run."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import udl_pt

DOCS = Path(__file__).parents[1] / "docs"
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
SESSIONS = [
    pytest.param(name, marks=[pytest.mark.torch] * (">>> import torch" in text))
    for name, text in TEXTS.items()
    if ">>> " in text
]


def test_there_are_such_pages():
    assert ">>> " in TEXTS["cross_entropy.md"]


@pytest.mark.parametrize("page", SESSIONS)
def test_a_page_gives_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for the files that it writes
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert tried > 0
    assert failed == 0


def test_the_tests_that_faithfulness_names_are_there():
    named = re.findall(r"((?:\w+/)?test_\w+\.py)::(\w+)", TEXTS["faithfulness.md"])
    assert len(named) > 20
    for file, name in named:
        assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8"), (file, name)


def test_the_reference_has_every_public_name():
    pages = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    modules = re.findall(r"automodule:: (\S+)", pages)
    found = [importlib.import_module(name) for name in modules if "torch" not in name]
    shown = {id(getattr(module, name)) for module in found for name in module.__all__}
    shown |= {id(getattr(udl_pt, name)) for name in re.findall(r"auto\w+:: udl_pt\.(\w+)\n", pages)}
    public = [m.name for m in pkgutil.walk_packages(udl_pt.__path__, "udl_pt.") if "._" not in m.name]
    for module in [
        udl_pt,
        *map(importlib.import_module, set(public) - {"udl_pt.eager.torch", "udl_pt.__main__"}),
    ]:
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert id(value) in shown, f"{module.__name__}.{name} is in no page of docs/reference"
