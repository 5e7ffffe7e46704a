"""Figures of `udl_pt.compare`: the steps after which compiling pays, and the differences of parameters."""

from itertools import cycle
from typing import Any

import numpy as np

from udl_pt.comparison._compare import Comparison
from udl_pt.comparison._worker import TWINS
from udl_pt.plots import COLOURS, MARKERS, Figure, open_grid

__all__ = ["plot_differences", "plot_times"]


def _styled(comparison: Comparison) -> list[tuple[Any, str, str, str]]:
    """Assign each way a colour, a marker and a line: solid for symbolic ways, dashed for eager ones."""
    looks = zip(cycle((*COLOURS, "#56B4E9", "#000000")), cycle((*MARKERS, "v", "P")), strict=False)
    return [
        (way, colour, marker, "--" if way.name in TWINS else "-")
        for way, (colour, marker) in zip(comparison.ways, looks, strict=False)
    ]


def plot_times(comparison: Comparison) -> Figure:
    """Plot the seconds from a process's start against steps, with an empty and with a full compile cache.

    A dot marks where a way draws level with the eager baseline.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    matplotlib.figure.Figure
    """
    baseline = comparison.baseline
    points = [
        way.break_even_steps(baseline, cold=cold)
        for way in comparison.ways
        for cold in (True, False)
        if baseline
    ]
    last = 3 * max([comparison.steps, *(n for n in points if np.isfinite(n))])
    steps = np.geomspace(1, last, 200)
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    figure.suptitle(f"{comparison.model}: seconds until so many steps are done")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, cold in zip(panels, (True, False), strict=True):
        for way, colour, _, line in _styled(comparison):
            start = way.cold if cold else way.warm
            panel.plot(steps, start + (steps - 1) * way.median / 1e3, line, color=colour, label=way.name)
            if baseline is not None and way is not baseline:
                n = way.break_even_steps(baseline, cold=cold)
                if np.isfinite(n) and n > 1:
                    panel.plot(n, start + (n - 1) * way.median / 1e3, "o", color=colour, ms=6)
        panel.set(
            title=f"{'empty' if cold else 'full'} compile cache", xlabel="steps", xscale="log", yscale="log"
        )
        open_grid(panel)
    panels[0].set_ylabel("seconds from the process's start")
    panels[1].legend(frameon=False)
    return figure


def plot_differences(comparison: Comparison) -> Figure:
    """Plot the largest difference of a parameter from the reference's against the number of steps.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for way, colour, marker, line in _styled(comparison):
        if way.name != comparison.reference:
            steps = list(way.differences)
            apart = [max(way.differences[step], 1e-18) for step in steps]
            axes.plot(steps, apart, line, color=colour, marker=marker, ms=5, label=way.name)
    axes.set(
        title=f"{comparison.model}: the largest difference of a parameter from {comparison.reference}'s",
        xlabel="steps",
        ylabel="difference (1e-18: none)",
        xscale="log",
        yscale="log",
    )
    open_grid(axes)
    if len(axes.lines):
        axes.legend(frameon=False)
    return figure
