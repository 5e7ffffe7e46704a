"""The site's executed pages: their figures have descriptions, and their notebooks run in a real Jupyter."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import chromium
import nbformat
import pytest
from figures import scrape
from matplotlib.figure import Figure
from small_examples import SMALL, copy_examples
from sphinx_gallery.gen_gallery import DEFAULT_GALLERY_CONF
from sphinx_gallery.notebook import jupyter_notebook
from sphinx_gallery.py_source_parser import remove_config_comments, split_code_and_text_blocks

DOCS = Path(__file__).parents[1] / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.py"))
CONF = {**DEFAULT_GALLERY_CONF, "first_notebook_cell": "%matplotlib inline"}
MINUTES = 60


def notebook_of(script, folder):
    """Convert a page's script as sphinx-gallery does, and return the path of the notebook in a folder."""
    _, blocks = split_code_and_text_blocks(str(script))
    blocks = [(label, remove_config_comments(content), line) for label, content, line in blocks]
    path = folder / f"{script.stem}.ipynb"
    path.write_text(json.dumps(jupyter_notebook(blocks, CONF, folder)), encoding="utf-8")
    return path


def test_notebooks_of_all_pages_are_valid(tmp_path):
    copy_examples(tmp_path)
    examples = [tmp_path / f"{name}.py" for name in SMALL]
    assert len(TUTORIALS) == 9
    for script in [*TUTORIALS, *examples]:
        notebook = nbformat.read(notebook_of(script, tmp_path), as_version=4)
        nbformat.validate(notebook)
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        assert code[0] == "%matplotlib inline"
        assert len(code) > 3
        assert "sphinx_gallery" not in "".join(code)
        for source in code[1:]:
            compile(source, script.name, "exec")


def test_links_lead_to_pages_of_the_site():
    """Links are written as URLs, since a notebook has no roles of Sphinx; so Sphinx does not check them."""
    found = []
    for script in TUTORIALS:
        text = script.read_text(encoding="utf-8")
        assert ":doc:" not in text
        found += re.findall(r"<([\w./]+)\.html>`_", text)
    assert len(found) > 40
    pages = {f"../{path.relative_to(DOCS).with_suffix('')}" for path in DOCS.rglob("*.md")}
    pages |= {f"../gallery/{name}" for name in SMALL} | {script.stem for script in TUTORIALS}
    assert set(found) <= pages


def scraped(code, value, tmp_path):
    variables = {
        "example_globals": {"___": value},
        "src_file": "page.py",
        "image_path_iterator": iter([str(tmp_path / "1.png")]),
    }
    return scrape(("code", code, 7), variables, {"src_dir": str(tmp_path)})


def test_a_figure_at_the_end_of_a_cell_is_shown_with_its_description(tmp_path):
    shown = scraped('# sphinx_gallery_alt = "Two curves."\nfigure\n', Figure(), tmp_path)
    assert ":alt: Two curves." in shown
    assert (tmp_path / "1.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("code", ["x = 1\n", "print(1)\n"])
def test_other_cells_show_no_figure(tmp_path, code):
    value = Figure() if "print" not in code else None  # sphinx-gallery keeps the value of an earlier cell
    assert scraped(code, value, tmp_path) == ""


def test_a_figure_without_a_description_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"page\.py, line 7: describe it, # sphinx_gallery_alt"):
        scraped("figure\n", Figure(), tmp_path)


@pytest.fixture
def jupyter(tmp_path):
    """Start JupyterLab on a free port of this machine, and return its folder and its address."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    homes = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]
    environment = os.environ | {name: str(tmp_path / name) for name in homes}
    options = [
        *("--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=environment, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: answers(f"{address}/api"), 2 * MINUTES, tmp_path / "log")
            yield folder, address
        finally:
            server.terminate()
            server.wait(timeout=MINUTES)


def answers(address):
    """Return whether a server answers there."""
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except OSError:
        return False


def wait_for(condition, seconds, log):
    """Wait until a condition holds; after so many seconds fail, and show the end of a log."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, log.read_text(encoding="utf-8")[-3000:]
        time.sleep(1)


@pytest.mark.slow
def test_a_notebook_runs_in_jupyterlab(jupyter, tmp_path):
    folder, address = jupyter
    path = notebook_of(TUTORIALS[0], folder)

    def cells():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except json.JSONDecodeError:  # while Jupyter writes the file
            return []
        return [cell for cell in found if cell["cell_type"] == "code"]

    def outputs():
        return [output for cell in cells() for output in cell["outputs"]]

    def failures():
        return [output for output in outputs() if output["output_type"] == "error"]

    def has_run():
        page.keyboard.press("Control+s")
        counts = [cell["execution_count"] for cell in cells()]
        return (counts and all(counts)) or failures()

    with chromium.started() as browser:
        page = browser.new_page()
        page.goto(f"{address}/lab/tree/{path.name}?reset", timeout=2000 * MINUTES)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=2000 * MINUTES)
        page.get_by_text("(ipykernel) | Idle").wait_for(timeout=2000 * MINUTES)  # connected
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

        wait_for(has_run, 3 * MINUTES, tmp_path / "log")
        assert failures() == []
        page.locator(".jp-OutputArea-output img").first.wait_for()
    assert sum("image/png" in output.get("data", {}) for output in outputs()) == 4
    assert any("(5000, 784)" in "".join(output.get("text", "")) for output in outputs())
