"""The distributions: built from the files under version control, and installed in a new environment."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from udl_pt._version import __version__

ROOT = Path(__file__).parents[2]
NAME = f"udl_pt-{__version__}"
NOT_SHIPPED = {".ci/run", ".gitignore", ".pre-commit-config.yaml"}
GENERATED = re.compile(r"PKG-INFO|setup\.cfg|udl_pt\.egg-info/.*")  # by setuptools
# The original Theano's numbers, from the graphs on JAX and from the NumPy twins: the core takes too long.
SHARE = ["--backend", "jax", "tests/test_golden.py", "tests/eager"]
pytestmark = [
    pytest.mark.release,
    pytest.mark.skipif(
        not (ROOT / ".git").exists(), reason="lists the files with git, and this is no checkout"
    ),
]


def run(*command, cwd):
    """Run a command that sees nothing of the checkout, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def files():
    """Paths of the files under version control, and of new ones that git does not ignore."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    return {path for path in listed if (ROOT / path).is_file()}


@pytest.fixture(scope="module")
def built(files, tmp_path_factory):
    """Folder of both distributions. The wheel is built from the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    for path in files:
        (folder / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / "source" / path)
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", folder / "source", cwd=folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(built, tmp_path_factory):
    """Folder of the source distribution without the package, so that its tests import the installed one."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    shutil.rmtree(folder / NAME / "udl_pt")
    return folder / NAME


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Interpreter of a new environment, in which the wheel is installed with what the core tests need."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    requirement = f"udl_pt[jax,test,tsne] @ {wheel.as_uri()}"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement, cwd=folder)
    return python


def test_an_index_would_accept_both(built):
    assert {path.name for path in built.iterdir()} == {f"{NAME}.tar.gz", f"{NAME}-py3-none-any.whl"}
    assert (
        run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), cwd=built).count("PASSED")
        == 2
    )


def test_the_source_distribution_holds_the_files_under_version_control(built, files):
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        held = {member.name.removeprefix(f"{NAME}/") for member in archive if member.isfile()}
    assert {path for path in held if not GENERATED.fullmatch(path)} == files - NOT_SHIPPED


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(wheel, files):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith(f"{NAME}.dist-info/")}
    assert held == {path for path in files if path.startswith("udl_pt/")}
    assert {"udl_pt/py.typed", "udl_pt/datasets/data/mnist_subset.xz"} <= held


def test_the_description_shows_no_picture_by_a_relative_address(wheel):
    """An index shows the description without the files beside it."""
    with zipfile.ZipFile(wheel) as archive:
        description = message_from_bytes(archive.read(f"{NAME}.dist-info/METADATA")).get_payload()
    assert "# udl_pt" in description
    pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)|<img[^>]*src=\"([^\"]*)\"", description)
    assert [address for both in pictures for address in both if address and "://" not in address] == []


def test_the_citation_is_valid():
    run(
        Path(sys.executable).with_name("cffconvert"),
        "--validate",
        "--infile",
        ROOT / "CITATION.cff",
        cwd=ROOT,
    )


def test_the_installed_package_is_the_wheels(python, tmp_path):
    installed = run(python, "-c", "import udl_pt; print(udl_pt.__file__, udl_pt.__version__)", cwd=tmp_path)
    path, version = installed.split()
    assert Path(path).is_relative_to(python.parents[1])
    assert version == __version__


def test_the_doctor_finds_numba_and_jax_at_work(python, tmp_path):
    printed = run(python.with_name("udl-pt"), "doctor", cwd=tmp_path)
    for backend in ("numba", "jax"):
        assert re.search(rf"^\s*{backend}\s*│\s*yes", printed, re.MULTILINE), printed


def test_the_tests_of_the_source_distribution_find_all_they_import(python, unpacked):
    printed = run(python, "-m", "pytest", "--collect-only", "--quiet", "-m", "", cwd=unpacked)
    assert re.search(r"^\d{4} tests collected", printed, re.MULTILINE), printed[-500:]


def test_core_tests_pass_on_the_installed_package(python, unpacked):
    printed = run(python, "-m", "pytest", "--numprocesses", "auto", "-m", "core", *SHARE, cwd=unpacked)
    assert re.search(r"= \d+ passed", printed), printed[-500:]
