"""Figures of the site's executed pages: how sphinx-gallery finds and describes them."""

import ast
import re
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def scrape(block: tuple[str, str, int], variables: dict[str, Any], conf: dict[str, Any]) -> str:
    """Return the image of the figure that a cell ends with; ``sphinx_gallery_alt`` describes it."""
    figure = variables["example_globals"].get("___")
    ends_with_value = isinstance(ast.parse(block[1]).body[-1], ast.Expr)
    if not ends_with_value or not isinstance(figure, Figure):
        return ""
    described = re.findall(r'^# sphinx_gallery_alt = "(.+)"$', block[1], re.M)
    if len(described) != 1:
        raise ValueError(
            f'{variables["src_file"]}, line {block[2]}: describe it, # sphinx_gallery_alt = "..."'
        )
    path = next(variables["image_path_iterator"])
    figure.savefig(path, dpi=100)
    return figure_rst([path], conf["src_dir"], described[0])
