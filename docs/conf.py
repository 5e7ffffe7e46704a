"""How Sphinx builds the site: `make docs`."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["UDL_PT_BACKEND"] = "jax"  # compiles fastest
os.environ.pop("UDL_PT_DATA", None)
sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1] / "tools")]

from docutils import nodes
from small_examples import copy_examples

from udl_pt import __version__

project = "udl_pt"
author = "The udl_pt contributors"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_argparse_cli",
    "sphinx_copybutton",
    "sphinx_design",
    "names",
    "results",
    "sphinx-mathjax-offline",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "tutorials", "**/*.ipynb", "**/*.py"]
default_role = "py:obj"
suppress_warnings = ["ref.python"]  # several models have attributes of one name, such as params
# A public name of the library that leads nowhere is an error. Other backquotes hold arguments and the like.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!udl_pt\b).*"), (r"py:.*", r".*\._.*")]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
copybutton_prompt_text = ">>> |... "
copybutton_prompt_is_regexp = True

# Examples write pictures beside themselves, so the gallery runs copies of them.
_copies = tempfile.TemporaryDirectory()
copy_examples(Path(_copies.name))
sphinx_gallery_conf = {
    "examples_dirs": [_copies.name, "tutorials"],
    "gallery_dirs": ["gallery", "learn"],
    "filename_pattern": r"\.py$",  # all of them run
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "image_scrapers": "figures.scrape",
    "ignore_repr_types": r"matplotlib",
    "remove_config_comments": True,
    "first_notebook_cell": "%matplotlib inline",
    "show_signature": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "udl_pt"
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 8,  # all of them
    "navbar_persistent": ["search-button"],
    "navigation_with_keys": False,
    "show_toc_level": 2,
}


def _skip(app: Any, kind: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what classes inherit from other packages."""
    module = getattr(value, "__module__", None) or getattr(getattr(value, "fget", None), "__module__", None)
    return True if module and not module.startswith("udl_pt") else None


def _colour_sessions(app: Any, page: nodes.document) -> None:
    """Highlight indented sessions of Python, whose language Markdown can't tell."""
    for block in page.findall(nodes.literal_block):
        if block.astext().startswith(">>> "):
            block["language"] = "pycon"


def setup(app: Any) -> None:
    """Connect the functions above."""
    app.connect("doctree-read", _colour_sessions)
    app.connect("autodoc-skip-member", _skip)
