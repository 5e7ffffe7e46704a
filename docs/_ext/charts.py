"""The chart of a file of results, as an SVG picture.

``chart`` of a file is ``{"kind": "line", "x": COLUMN, "y": [COLUMN, ...], "label": TEXT, "log": "x"}``. ``kind`` is
"line" or "bar", ``label`` names the y-axis, and ``log`` (optional) names axes with a logarithmic scale.
"""

import io
import re

import matplotlib
from matplotlib.figure import Figure

NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?(e-?\d+)?")
STYLE = {"svg.hashsalt": "udl_pt", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 11}


def svg(record):
    """Return the chart of a record as SVG."""
    chart = record["chart"]
    x = [row[record["columns"].index(chart["x"])] for row in record["rows"]]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for i, name in enumerate(chart["y"]):
            values = [number(row[record["columns"].index(name)]) for row in record["rows"]]
            if chart["kind"] == "line":
                axes.plot([number(text) for text in x], values, "osD^v"[i % 5] + "-", label=name)
            else:
                width = 0.8 / len(chart["y"])
                axes.barh([row + i * width for row in range(len(x))], values, width, label=name)
        if chart["kind"] == "line":
            axes.set(xlabel=chart["x"], ylabel=chart["label"], ylim=(0, None))
        else:
            axes.set_yticks([row + 0.4 - 0.4 / len(chart["y"]) for row in range(len(x))], x)
            axes.set(xlabel=chart["label"])
            axes.invert_yaxis()
        for axis in chart.get("log", ""):
            axes.set(**{f"{axis}scale": "log"})
        if len(chart["y"]) > 1:
            axes.legend()
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()[file.getvalue().index("<svg") :]


def number(text):
    """Return the first number of a cell; NaN where there is none."""
    found = NUMBER.search(text)
    return float(found[0].replace(",", "")) if found else float("nan")
