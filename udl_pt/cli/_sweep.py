"""The command ``udl-pt sweep``, with a live table of the best settings."""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table as Shown

from udl_pt._support.files import printable
from udl_pt.cli._out import check_out
from udl_pt.sweeps import Plan, read_plan, run_sweep, summary
from udl_pt.sweeps._table import OPTION, Row, errors
from udl_pt.sweeps.running import ENGINES, FILES, SUMMARY, TRIALS

__all__ = ["add_sweep"]

BEST = 10  # settings in the table
QUIET = ("epochs", "seconds", "parameters", "worker")  # columns that a line leaves out


def add_sweep(commands: Any) -> None:
    """Add the subcommand to those of the command line."""
    sweep = commands.add_parser("sweep", help="train a model with many options, seeds and folds")
    sweep.set_defaults(command=_sweep)
    sweep.add_argument("plan", metavar="FILE.toml", help="the model, the data, and the options that vary")
    sweep.add_argument(
        "--out",
        metavar="FOLDER",
        default="sweep",
        help="folder of the tables; default: sweep. After a kill, the same command runs what is left",
    )
    sweep.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="trials at a time; default: one for each core, or thread of the cluster",
    )
    sweep.add_argument("--engine", default="processes", help=f"{', '.join(ENGINES)}; default: processes")
    sweep.add_argument(
        "--scheduler", metavar="ADDRESS", help="run the trials on a Dask cluster, such as tcp://host:8786"
    )


def _sweep(options: argparse.Namespace) -> None:
    check_out(options.out, FILES)
    console, plan = Console(), read_plan(options.plan)
    n_trials = len(plan.trials)
    with _reporting(console, plan, n_trials) as report:
        rows = run_sweep(
            plan,
            options.out,
            jobs=options.jobs,
            engine=options.engine,
            scheduler=options.scheduler,
            report=report,
        )
    console.print(_best(rows, plan, n_trials))
    for name in TRIALS, SUMMARY:
        console.print(printable(Path(options.out, name)), highlight=False, markup=False, soft_wrap=True)
    if failed := errors(rows):
        raise RuntimeError(
            f"{len(failed)} of {n_trials} trials failed, the first with {failed[0]}; the same command runs "
            "them again"
        )


@contextlib.contextmanager
def _reporting(console: Console, plan: Plan, n_trials: int) -> Iterator[Any]:
    """Return a callback that shows the best settings in a terminal, and a line for each trial elsewhere."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield _seldom(lambda rows: live.update(_best(rows, plan, n_trials), refresh=True))
    else:
        yield _Lines(console, n_trials)


def _seldom(function: Callable[[Any], Any], clock: Callable[[], float] = time.perf_counter) -> Any:
    """Return a function that leaves calls out: those that are made take at most a tenth of the time."""
    free = clock()

    def call(argument: Any) -> None:
        nonlocal free
        start = clock()
        if start >= free:
            function(argument)
            free = clock() + 9 * (clock() - start)

    return call


class _Lines:
    """Print a line for each new trial."""

    def __init__(self, console: Console, n_trials: int) -> None:
        self._console, self._n_trials, self._n_seen = console, n_trials, -1

    def __call__(self, rows: list[Row]) -> None:
        if len(rows) > self._n_seen >= 0:
            shown = {name: value for name, value in rows[-1].items() if value and name not in QUIET}
            said = (f"{name.removeprefix(OPTION)} {value}" for name, value in shown.items())
            line = printable(f"{len(rows)} of {self._n_trials}: {', '.join(said)}")
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
        self._n_seen = len(rows)


def _best(rows: list[Row], plan: Plan, n_trials: int) -> Shown:
    shown = Shown(
        title=f"{plan.model}: {len(rows)} of {n_trials} trials",
        caption=f"mean of {plan.score_name}, the lower the better",
    )
    columns = dict.fromkeys(name for row in rows for name in row if name.startswith(OPTION))
    names = [name.removeprefix(OPTION) for name in columns]
    for name in names:
        shown.add_column(printable(name))
    for name in ("mean", "std", "trials", "failed"):
        shown.add_column(name, justify="right")
    for setting in summary(rows)[:BEST]:
        values = [printable(setting["options"].get(name, "")) for name in names]
        numbers = [f"{setting[name]:.4g}" for name in ("mean", "std")]
        shown.add_row(*values, *numbers, str(setting["trials"]), str(setting["failed"] or ""))
    return shown
