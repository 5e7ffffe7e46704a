"""The report: a folder with figures, `results.json`, and one self-contained page.

Each chapter is one function that returns its `Section`; `udl_pt.book.chapter2` is a short one. The page needs
no network. Its maps, curves and numbers react to the reader, and without JavaScript it shows figures.
"""

import base64
import html
import io
import os
import platform
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from PIL import Image

from udl_pt._support.files import as_json, write_files
from udl_pt._version import __version__
from udl_pt.book._columns import Columns
from udl_pt.book._widgets import Drawn, Widget, embedded, page_file, policy, script

__all__ = ["PAGE", "RESULTS", "Picture", "Section", "Table", "png", "versions", "write_report"]

PAGE, RESULTS = "index.html", "results.json"
PACKAGES = ("pytensor", "numba", "numpy", "scipy", "scikit-learn", "jax", "torch")


@dataclass
class Picture:
    """A matplotlib figure in the report.

    Attributes
    ----------
    name : str
        Name of the figure; chapter 3's is written to ``chapter3_<name>.png``.
    figure : matplotlib.figure.Figure
        The figure.
    sentence : str
        Caption below it.
    columns : mapping of str to list of str, or to array of shape (N,) or (N, k), optional
        The figure's numbers by the column's name. The page saves them as a CSV file, in which an array of
        shape (N, k) is k numbered columns. Dtypes are float16, float32, float64, uint8, uint16 and int32.

    Examples
    --------
    >>> from udl_pt.book.report import Picture
    >>> from udl_pt.plots import plot_costs
    >>> picture = Picture("costs", plot_costs({"RBM": [90.0, 80.0, 75.0]}), "The cost falls.")
    >>> picture.figure.savefig(f"{picture.name}.png")
    """

    name: str
    figure: Any
    sentence: str
    columns: Columns | None = None


@dataclass
class Table:
    """A table among the pictures of the report.

    Attributes
    ----------
    rows : sequence of sequence of str
        Rows of the table. The first is its header.
    sentence : str
        Caption below it.

    Examples
    --------
    >>> from udl_pt.book.report import Table
    >>> table = Table([["network", "test error"], ["pretrained", "2.50%"]], "Pretraining helps.")
    >>> table.rows[0]
    ['network', 'test error']
    """

    rows: Sequence[Sequence[str]]
    sentence: str


@dataclass
class Section:
    """A chapter's section of the report.

    Attributes
    ----------
    title : str
        Heading of the section.
    sentences : sequence of str
        Methods and results, one paragraph each.
    table : sequence of sequence of str
        Rows of the table of results. The first is its header.
    pictures : sequence of Picture, Widget or Table
        Pictures, parts that react to the reader in place of a picture, and further tables, in the order of
        the page.
    results : mapping
        All measurements, for `results.json`.

    Examples
    --------
    >>> from udl_pt.book.report import Section, write_report
    >>> section = Section("Chapter 1", ["PCA needs no labels."], results={"error": 0.118})
    >>> write_report({"1": section}, "report", {"seed": 0}).name
    'index.html'
    """

    title: str
    sentences: Sequence[str]
    table: Sequence[Sequence[str]] = ()
    pictures: Sequence[Picture | Widget | Table] = ()
    results: Mapping[str, Any] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Return the versions of Python, of `udl_pt` and of the installed packages that results depend on.

    Returns
    -------
    dict of str to str
        Versions by the package's name.

    Examples
    --------
    >>> import numpy, udl_pt
    >>> from udl_pt.book.report import versions
    >>> found = versions()
    >>> found["udl_pt"] == udl_pt.__version__, found["numpy"] == numpy.__version__
    (True, True)
    """
    found = {"udl_pt": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def write_report(sections: Mapping[str, Section], out: Any, settings: Mapping[str, Any]) -> Path:
    """Write figures, `results.json` and `index.html` into a folder: all files, or none if that fails.

    Parameters
    ----------
    sections : mapping of str to Section
        Sections by the chapter's number.
    out : path-like
        The folder, created if it does not exist. Only the report's own files are written.
    settings : mapping
        Data source, seed, backend, dtype and the like, for `results.json` and the foot of the page.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    TypeError
        When JSON can't hold a result. NaN and infinity become null in `results.json`.
    OSError
        When a file can't be written.

    Notes
    -----
    The page's security policy allows its own script and style alone, and no address outside of the page.

    A report that was there before stays whole if writing fails or is interrupted. A kill (SIGKILL) may leave
    some files old and others new, each of them whole.

    Examples
    --------
    >>> from udl_pt.book.report import Picture, Section, write_report
    >>> from udl_pt.plots import plot_costs
    >>> picture = Picture("costs", plot_costs({"RBM": [90.0, 80.0, 75.0]}), "The cost falls.")
    >>> section = Section("Chapter 4", ["An RBM learned."], pictures=[picture], results={"cost": 75.0})
    >>> page = write_report({"4": section}, "report", {"data": "MNIST", "seed": 0})
    >>> sorted(path.name for path in page.parent.iterdir())
    ['chapter4_costs.png', 'index.html', 'results.json']
    """
    facts = {
        **settings,
        "versions": versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
    }
    results = {**facts, "chapters": {chapter: dict(s.results) for chapter, s in sections.items()}}
    files, body, data = {RESULTS: as_json(results, indent=2)}, [], [embedded("data-results", results)]
    kinds = []
    for chapter, section in sections.items():
        pictures = []
        for picture in section.pictures:
            text, attributes = _text(picture.sentence), ""
            if isinstance(picture, Table):
                pictures.append(_FIGURE.format(attributes="", body=_table(picture.rows), text=text))
                continue
            shown: Drawn = picture if isinstance(picture, Picture) else picture.picture
            numbers = picture.columns if isinstance(picture, Picture) else picture.data
            if numbers is not None:
                id = f"data-chapter{chapter}-{picture.name}"
                attributes = f' data-source="{id}"'
                data.append(embedded(id, numbers))
            if isinstance(picture, Widget):
                attributes += f' class="widget" data-kind="{picture.kind}"'
                kinds.append(picture.kind)
            drawn = files[f"chapter{chapter}_{shown.name}.png"] = png(shown.figure)
            image = _IMAGE.format(data=base64.b64encode(_smaller(drawn)).decode(), text=text)
            pictures.append(_FIGURE.format(attributes=attributes, body=image, text=text))
        body.append(
            f'<section id="chapter{chapter}"><h2>{_text(section.title)}</h2>'
            + "".join(f"<p>{_text(sentence)}</p>" for sentence in section.sentences)
            + _table(section.table)
            + "".join(pictures)
            + "</section>"
        )
    style, code = page_file("page.css"), script(kinds)
    page = string.Template(page_file("page.html")).substitute(
        policy=_text(policy(style, code)),
        style=style,
        contents=_contents(sections),
        body="\n".join(body),
        facts=_facts(facts),
        data="\n".join(data),
        script=code,
    )
    write_files(Path(out), {**files, PAGE: page.encode("utf-8", "backslashreplace")})
    return Path(out) / PAGE


def png(figure: Any) -> bytes:
    """Return a matplotlib figure as the content of a PNG file, at 120 dots per inch on white.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    bytes

    Examples
    --------
    >>> from udl_pt.book.report import png
    >>> from udl_pt.plots import plot_costs
    >>> png(plot_costs({"RBM": [90.0, 80.0, 75.0]}))[1:4]
    b'PNG'
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120, facecolor="white")
    return buffer.getvalue()


def _smaller(drawn: bytes) -> bytes:
    """Return a PNG file with the 256 colours that suit its picture best, for a page that opens at once."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        picture.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _table(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head, *rest = (
        ["".join(f"<{tag}>{_text(c)}</{tag}>" for c in row) for row in rows] for tag in ("th", "td")
    )
    lines = [head[0], *rest[0][1:]]
    return (
        '<div class="wide" tabindex="0"><table>'
        + "".join(f"<tr>{line}</tr>" for line in lines)
        + "</table></div>"
    )


def _contents(sections: Mapping[str, Section]) -> str:
    places = {f"chapter{chapter}": section.title for chapter, section in sections.items()}
    places["numbers"] = "Search the numbers"
    return "".join(f'<li><a href="#{id}">{_text(title)}</a></li>' for id, title in places.items())


def _facts(facts: Mapping[str, Any]) -> str:
    flat = {
        k: ", ".join(f"{n} {v}" for n, v in x.items()) if isinstance(x, dict) else x for k, x in facts.items()
    }
    return "".join(f"<dt>{_text(str(k))}</dt><dd>{_text(str(v))}</dd>" for k, v in flat.items())


_FIGURE = "<figure{attributes}>{body}<figcaption>{text}</figcaption></figure>"
_IMAGE = '<img alt="{text}" src="data:image/png;base64,{data}">'
