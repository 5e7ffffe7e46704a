"""Widgets of the report's page: a picture that JavaScript replaces by something to play with."""

import base64
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol

import numpy as np

from udl_pt._support.files import as_json

__all__ = ["DTYPES", "Drawn", "Widget", "curves", "embedded", "page_file", "policy", "script"]

DTYPES = ("float16", "float32", "float64", "uint8", "uint16", "int32")  # that core.js decodes
CORE = ("core", "chart", "search")
USES_NETWORK = "// uses network.js"  # first line of a widget's file that needs network.js


class Drawn(Protocol):
    """What a widget needs of a `Picture`."""

    name: str
    figure: Any
    sentence: str


@dataclass
class Widget:
    """A part of the page that reacts to its reader, in place of a picture.

    Attributes
    ----------
    name : str
        Name of the data's element: chapter 4's is ``data-chapter4-<name>``.
    kind : str
        The file ``_page/widgets/<kind>.js`` builds the widget.
    data : mapping
        Numbers, strings, lists, mappings, and arrays of `DTYPES`, for the widget's JavaScript. A string
        ``"caption"`` replaces the picture's caption.
    picture : Picture
        Shown without JavaScript, and written as a file.
    """

    name: str
    kind: str
    data: Mapping[str, Any]
    picture: Drawn

    @property
    def figure(self) -> Any:
        """The picture's figure."""
        return self.picture.figure

    @property
    def sentence(self) -> str:
        """The picture's caption."""
        return self.picture.sentence


def curves(picture: Drawn) -> Widget:
    """Return curves that can be zoomed, in place of a picture of curves.

    Parameters
    ----------
    picture : Picture
        The curves are the lines in its figure.

    Returns
    -------
    Widget
    """
    return Widget(picture.name, "curves", {"panels": [_panel(axes) for axes in picture.figure.axes]}, picture)


def _panel(axes: Any) -> dict[str, Any]:
    lines = [line for line in axes.lines if not line.get_label().startswith("_")] or axes.lines[:1]
    return {
        "series": [
            {
                "name": line.get_label().removeprefix("_child0"),
                "x": _short(np.asarray(line.get_xdata(), float)),
                "y": np.asarray(line.get_ydata(), float),
                "width": line.get_linewidth(),
                "opacity": 1 if line.get_alpha() is None else line.get_alpha(),
            }
            for line in lines
        ],
        "xLabel": axes.get_xlabel(),
        "yLabel": axes.get_ylabel(),
        "log": axes.get_yscale() == "log",
        "low": axes.get_ylim()[0],
    }


def _short(x: np.ndarray) -> np.ndarray:
    whole = x.astype(np.int32)
    return whole if (whole == x).all() else x


def embedded(id: str, data: Mapping[str, Any]) -> str:
    """Return data as an element of the page, in which arrays are compressed.

    Parameters
    ----------
    id : str
        Identifier of the element.
    data : mapping
        The data.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        For an array of another dtype than `DTYPES`, or a value that JSON can't hold.
    """
    text = as_json(_encoded(data, id), indent=None).decode().strip()
    return f'<script type="application/json" id="{id}">{text.replace("<", chr(92) + "u003c")}</script>'


def _encoded(value: Any, place: str) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.name not in DTYPES:
            raise TypeError(f"{place} is an array of {value.dtype}, expected one of {', '.join(DTYPES)}")
        little = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        return {
            "dtype": value.dtype.name,
            "shape": list(value.shape),
            "deflated": base64.b64encode(zlib.compress(little.tobytes(), 9)).decode(),
        }
    if isinstance(value, Mapping):
        return {key: _encoded(item, f"{place}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item, f"{place}[{i}]") for i, item in enumerate(value)]
    return value


def page_file(name: str) -> str:
    """Return the text of a file in ``_page``."""
    return resources.files("udl_pt.book").joinpath("_page", name).read_text("utf-8")


def script(kinds: Iterable[str]) -> str:
    """Return the page's JavaScript: the core, and the files of these kinds of widgets."""
    core = [page_file(f"{name}.js") for name in CORE]
    files = [page_file(f"widgets/{kind}.js") for kind in sorted(set(kinds))]
    if any(text.startswith(USES_NETWORK) for text in files):
        core.append(page_file("network.js"))
    return "\n".join([core[0], *(f"{{\n{text}}}" for text in (*core[1:], *files)), ""])


def policy(style: str, code: str) -> str:
    """Return the page's Content-Security-Policy: its own style and script, images in it, and no network."""

    def allowed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return f"default-src 'none'; img-src data: blob:; style-src {allowed(style)}; script-src {allowed(code)}"
