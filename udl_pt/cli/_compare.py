"""Output of ``udl-pt compare``: a table in the terminal, numbers in a file, two pictures; or the code."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from udl_pt._support.files import as_json, write_files
from udl_pt.book.report import png
from udl_pt.comparison._code import operations_of_step, twins_lines
from udl_pt.comparison._compare import Comparison, Way
from udl_pt.comparison._figures import plot_differences, plot_times

__all__ = ["FILES", "code", "table", "write"]

FILES = ("comparison.json", "times.png", "differences.png")
WIDE = 170  # columns from which graph and code stand side by side


def table(comparison: Comparison) -> Table:
    """Build the table of all ways of training, for the terminal.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    rich.table.Table
    """
    baseline = comparison.baseline
    title = f"{comparison.model}, {comparison.steps} steps"
    made = Table(title=title, caption=_caption(comparison), box=SIMPLE_HEAD, padding=0, pad_edge=False)
    made.add_column("way", no_wrap=True)
    for column in (
        *("import", "compile\ncold", "\nwarm", "first\ncold", "\nwarm", "ms a step"),
        *("pays\ncold", "\nwarm", "MB", "apart"),
    ):
        made.add_column(column, justify="right", no_wrap=True)
    for way in comparison.ways:
        low, high = way.quartiles
        made.add_row(
            way.name,
            f"{way.import_warm:.2f}",
            f"{way.compile_seconds(cold=True):.2f}",
            f"{way.compile_seconds(cold=False):.2f}",
            f"{way.cold:.2f}",
            f"{way.warm:.2f}",
            f"{way.median:.2f}±{(high - low) / 2:.2f}",
            _steps(way, baseline, cold=True),
            _steps(way, baseline, cold=False),
            f"{way.peak_memory / 1e6:.0f}",
            "" if way.name == comparison.reference else f"{way.differences[comparison.steps]:.0e}",
        )
    return made


def _caption(comparison: Comparison) -> str:
    lines = [
        "import: seconds from process start to end of import; first: to the end of the first step",
        "compile: first minus import, with an empty compile cache (cold) and with a full one (warm)",
        "ms a step: median ± half the interquartile range",
        f"apart: largest difference of a parameter from {comparison.reference}'s at the end",
    ]
    if comparison.baseline is not None:
        lines.insert(
            3,
            "pays (break-even): number of steps from which the total time is below "
            f"{comparison.baseline.name}'s",
        )
    return "\n".join(lines)


def _steps(way: Way, baseline: Way | None, *, cold: bool) -> str:
    if baseline is None or way is baseline:
        return ""
    steps = way.break_even_steps(baseline, cold=cold)
    return f"{np.ceil(steps):,.0f}" if np.isfinite(steps) else "never"


def write(comparison: Comparison, folder: Any) -> list[Path]:
    """Write the numbers and both pictures: all three files, or none if that fails.

    Parameters
    ----------
    comparison : Comparison
    folder : path-like
        Created if it does not exist.

    Returns
    -------
    list of Path
        ``comparison.json``, ``times.png`` and ``differences.png``.

    Raises
    ------
    OSError
        When a file can't be written; files that were there before stay.
    """
    numbers = as_json(comparison.as_dict(), indent=1)
    contents = (numbers, png(plot_times(comparison)), png(plot_differences(comparison)))
    write_files(Path(folder), dict(zip(FILES, contents, strict=True)))
    return [Path(folder) / name for name in FILES]


def code(kind: str, backend: str, dtype: str, width: int) -> Any:
    """Return a training step's graph and the eager twin's lines of the same step, for the terminal.

    Parameters
    ----------
    kind : {"autoencoder", "rbm", "dnn"}
        The model.
    backend : {"numba", "c", "jax"}
        The backend that compiles the step.
    dtype : {"float32", "float64"}
        The model's dtype.
    width : int
        The terminal's columns. From 170 on, graph and lines stand side by side.

    Returns
    -------
    rich renderable
    """
    graph = Table(title=f"a step on {backend}, after PyTensor's rewrites", title_justify="left")
    graph.add_column("operation")
    graph.add_column("times", justify="right")
    graph.add_column("what it is")
    for name, count, what in operations_of_step(kind, backend, dtype):
        graph.add_row(name, str(count), what)
    lines = Panel(
        Syntax(twins_lines(kind), "python", background_color="default", word_wrap=True),
        title="the same step, eager",
        title_align="left",
    )
    if width < WIDE:
        return Group(graph, lines)
    both = Table.grid(padding=(0, 2))
    both.add_row(graph, lines)
    return both
