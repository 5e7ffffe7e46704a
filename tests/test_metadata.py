"""What the project says of itself in several places is the same in all of them."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import udl_pt

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TESTED = ["3.11", "3.12", "3.13"]


def lowest():
    spec = importlib.util.spec_from_file_location("tools_lowest", ROOT / "tools" / "lowest.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def test_the_tested_versions_of_python_are_the_same_everywhere():
    listed = (text.rpartition(" ")[2] for text in PROJECT["classifiers"] if "Python :: 3." in text)
    assert list(listed) == TESTED
    assert PROJECT["requires-python"].startswith(f">={TESTED[0]},")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"3\.\d+", readme.rpartition("Tested on Python")[2]) == TESTED
    (row,) = re.findall(r"^\| Python \|.*", (ROOT / "docs" / "versions.md").read_text(encoding="utf-8"), re.M)
    assert re.findall(r"3\.\d+", row) == [TESTED[0], *TESTED]


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.M) == [udl_pt.__version__]
    assert re.findall(r"^license: (.*)$", citation, re.M) == [PROJECT["license"]]
    page = (ROOT / "docs" / "citation.md").read_text(encoding="utf-8")
    assert re.findall(r"version = {(.*)}", page) == [udl_pt.__version__]


def test_the_constraints_are_the_lower_bounds(capsys):
    lines = lowest().main()
    assert capsys.readouterr().out.splitlines() == lines
    assert "pytensor==3.0.7" in lines
    assert "jax==0.8" in lines
    extras = PROJECT["optional-dependencies"]
    expected = [*PROJECT["dependencies"], *extras["jax"], *extras["test"], *extras["tsne"]]
    assert [line.replace("==", ">=") for line in lines] == [bound.partition(",")[0] for bound in expected]


def test_a_requirement_without_a_lower_bound_is_an_error(tmp_path):
    project = tmp_path / "pyproject.toml"
    extras = "jax = []\ntest = []\ntsne = []\n"
    project.write_text(f'[project]\ndependencies = ["rich"]\n[project.optional-dependencies]\n{extras}')
    with pytest.raises(ValueError, match="'rich' has no lower bound"):
        lowest().main(project)
