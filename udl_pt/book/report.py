"""The report: a folder with figures, `results.json`, and one self-contained page.

A chapter is one function that returns its `Section`; see `udl_pt.book.chapter2`.
"""

import base64
import html
import io
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from udl_pt._support.files import as_json, write_files
from udl_pt._version import __version__

__all__ = ["PAGE", "RESULTS", "Picture", "Section", "Table", "png", "versions", "write_report"]

PAGE, RESULTS = "index.html", "results.json"
PACKAGES = ("pytensor", "numba", "numpy", "scipy", "scikit-learn", "jax", "torch")


@dataclass
class Picture:
    """A matplotlib figure, its name (its file is ``chapter3_<name>.png``), and a sentence on what to see."""

    name: str
    figure: Any
    sentence: str


@dataclass
class Table:
    """A table among the pictures: its rows, the first its header, and a sentence on what to see."""

    rows: Sequence[Sequence[str]]
    sentence: str


@dataclass
class Section:
    """What a chapter adds to the report.

    Attributes
    ----------
    title : str
        The section's heading.
    sentences : sequence of str
        What was done and what came of it, a paragraph each.
    table : sequence of sequence of str
        Rows of the table of results, the first its header.
    pictures : sequence of Picture or Table
        Shown in this order.
    results : mapping
        Everything measured, for `results.json`.
    """

    title: str
    sentences: Sequence[str]
    table: Sequence[Sequence[str]] = ()
    pictures: Sequence[Picture | Table] = ()
    results: Mapping[str, Any] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on, where they are installed."""
    found = {"udl_pt": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def write_report(sections: Mapping[str, Section], out: Any, settings: Mapping[str, Any]) -> Path:
    """Write figures, `results.json` and `index.html` into the folder `out`: all, or none where that fails.

    Parameters
    ----------
    sections : mapping of str to Section
        By chapter.
    out : path-like
        The folder; made where it isn't there. Only the report's own files are written.
    settings : mapping
        Data source, seed, backend, dtype and the like, for `results.json` and the page's foot.

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
    Whatever fails, also when somebody interrupts, a report that was there stays whole. A kill (SIGKILL) may
    leave some files old and others new, each of them whole.
    """
    facts = {
        **settings,
        "versions": versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
    }
    results = {**facts, "chapters": {chapter: dict(s.results) for chapter, s in sections.items()}}
    files, body = {RESULTS: as_json(results, indent=2)}, []
    for chapter, section in sections.items():
        pictures = []
        for picture in section.pictures:
            text = _text(picture.sentence)
            if isinstance(picture, Table):
                pictures.append(_FIGURE.format(body=_table(picture.rows), text=text))
                continue
            drawn = files[f"chapter{chapter}_{picture.name}.png"] = png(picture.figure)
            image = _IMAGE.format(data=base64.b64encode(drawn).decode(), text=text)
            pictures.append(_FIGURE.format(body=image, text=text))
        body.append(
            f"<h2>{_text(section.title)}</h2>"
            + "".join(f"<p>{_text(sentence)}</p>" for sentence in section.sentences)
            + _table(section.table)
            + "".join(pictures)
        )
    page = _PAGE.format(body="\n".join(body), facts=_facts(facts))
    write_files(Path(out), {**files, PAGE: page.encode("utf-8", "backslashreplace")})
    return Path(out) / PAGE


def png(figure: Any) -> bytes:
    """Draw a matplotlib figure as a PNG file's content."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120, facecolor="white")
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
    return '<div class="wide"><table>' + "".join(f"<tr>{line}</tr>" for line in lines) + "</table></div>"


def _facts(facts: Mapping[str, Any]) -> str:
    flat = {
        k: ", ".join(f"{n} {v}" for n, v in x.items()) if isinstance(x, dict) else x for k, x in facts.items()
    }
    return "".join(f"<dt>{_text(str(k))}</dt><dd>{_text(str(v))}</dd>" for k, v in flat.items())


_FIGURE = "<figure>{body}<figcaption>{text}</figcaption></figure>"
_IMAGE = '<img alt="{text}" src="data:image/png;base64,{data}">'

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Unsupervised Deep Learning, reproduced</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 17px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ line-height: 1.2; }}
h2 {{ margin-top: 2.5rem; border-bottom: 1px solid #8886; padding-bottom: .2rem; }}
figure {{ margin: 2rem 0; }}
img {{ width: 100%; background: white; border: 1px solid #8884; border-radius: 4px; }}
figcaption {{ margin-top: .4rem; opacity: .85; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #8886; }}
td:not(:first-child) {{ white-space: nowrap; }}
td:first-child {{ min-width: 9rem; }}
th:first-child, td:first-child {{ text-align: left; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .85rem; }}
dd {{ margin: 0; }}
</style>
</head>
<body>
<h1>Unsupervised Deep Learning, reproduced</h1>
{body}
<h2>How this page was made</h2>
<dl>{facts}</dl>
</body>
</html>
"""
