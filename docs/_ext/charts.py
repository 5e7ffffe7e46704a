"""The chart of a file of results, as an SVG picture.

``chart`` of a file is ``{"kind": "line", "x": COLUMN, "y": [COLUMN, ...], "label": TEXT, "log": "x"}``.
``label`` names the axis of the values, and ``log`` (optional) the axes with a logarithmic scale. ``kind`` is:

- "line": a line for each column of ``y``, over the numbers or the names in the column ``x``
- "bar": bars for each column of ``y``, beside the names in the column ``x``
- "epochs": a line for each row, named by the column ``x``, through the numbers that the column ``y`` lists;
  the page's table omits that column
"""

import io
import re

import matplotlib
from matplotlib.figure import Figure

MARKERS = ("o-", "s-", "D-", "^-", "v-")
NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?(e-?\d+)?")
STYLE = {"svg.hashsalt": "udl_pt", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 11}


def svg(record):
    """Return the chart of a record as SVG."""
    file = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure(record).savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()[file.getvalue().index("<svg") :]


def figure(record):
    """Return the chart of a record."""
    chart = record["chart"]
    names, *columns = ([row[record["columns"].index(c)] for row in record["rows"]] for c in _columns(chart))
    made = Figure(figsize=(7, 3.6), layout="constrained")
    axes = made.add_subplot()
    axes.set(**{f"{axis}scale": "log" for axis in chart.get("log", "")})
    KINDS[chart["kind"]](axes, chart, names, columns)
    if axes.get_yscale() == "linear" and chart["kind"] != "bar":
        axes.set_ylim(bottom=0)
    if len(axes.get_legend_handles_labels()[1]) > 1:
        made.legend(loc="outside upper center", ncols=2)
    return made


def _columns(chart):
    return [chart["x"], *chart["y"]]


def _line(axes, chart, names, columns):
    x = [number(text) for text in names] if all(map(NUMBER.match, names)) else names
    for column, label, marker in zip(columns, chart["y"], MARKERS, strict=False):
        axes.plot(x, [number(text) for text in column], marker, label=label)
    axes.set(
        xlabel=chart["x"], ylabel=chart["label"], ylim=(None if "y" in chart.get("log", "") else 0, None)
    )


def _bar(axes, chart, names, columns):
    width = 0.8 / len(columns)
    for i, (column, label) in enumerate(zip(columns, chart["y"], strict=True)):
        places = [row + i * width for row in range(len(names))]
        axes.barh(places, [number(text) for text in column], width, label=label)
    axes.set_yticks([row + 0.4 - width / 2 for row in range(len(names))], names)
    axes.set(xlabel=chart["label"])
    axes.invert_yaxis()


def _epochs(axes, chart, names, columns):
    for name, text, marker in zip(names, columns[0], MARKERS, strict=False):
        values = [number(part) for part in text.split(", ")]
        axes.plot(range(1, len(values) + 1), values, marker, markersize=4, label=name)
    axes.set(xlabel="epoch", ylabel=chart["label"])


KINDS = {"line": _line, "bar": _bar, "epochs": _epochs}


def number(text):
    """Return the first number of a cell; NaN where there is none."""
    found = NUMBER.search(text)
    return float(found[0].replace(",", "")) if found else float("nan")
