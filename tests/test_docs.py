"""Pages of the docs that show a session of Python, run."""

import doctest
import importlib
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import udl_pt

DOCS = Path(__file__).parents[1] / "docs"
TEXTS = {
    page.relative_to(DOCS).as_posix(): page.read_text(encoding="utf-8")
    for page in sorted([*DOCS.glob("*.md"), *DOCS.glob("reference/**/*.md")])
}
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


def test_what_the_page_of_listings_names_is_there():
    rows = re.findall(r"^\| .+ \| .* \| (.*) \| (`.+`) \|$", TEXTS["listings.md"], re.MULTILINE)
    assert len(rows) > 15
    folder = DOCS.parent
    book = "".join(file.read_text(encoding="utf-8") for file in folder.glob("udl_pt/book/*.py"))
    for pictures, files in rows:
        for picture in re.findall(r"\w+", pictures):
            assert f'"{picture}"' in book
        named = re.findall(r"[\w/]+\.py", files)
        code = [name for name in named if "test_" not in name]
        tests = [name for name in named if "test_" in name]
        assert code
        assert tests
        assert [name for name in code if not (folder / "udl_pt" / name).is_file()] == []
        assert [name for name in tests if not (folder / "tests" / name).is_file()] == []


def test_the_reference_has_every_public_name():
    pages = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").rglob("*.md"))
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


def test_the_first_change_of_contributing_applies_and_its_test_passes(tmp_path):
    text = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    test, change = re.findall(r"```diff\n(.*?)```", text, re.DOTALL)
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(udl_pt.__file__).parent, tmp_path / "udl_pt", ignore=leave_out)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *re.findall(r"\+\+\+ b/(.*)", test)]
    for patch, status in [(test, 1), (change, 0)]:
        subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=tmp_path, check=True)
        run = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)})
        assert run.returncode == status


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_code_of_a_first_page_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS.parent / page).read_text(encoding="utf-8"), re.DOTALL)
    exec(code, variables := {})
    assert variables["dnn"].errors[-1] < 0.6
    assert str(variables["dnn"].errors) in capsys.readouterr().out
