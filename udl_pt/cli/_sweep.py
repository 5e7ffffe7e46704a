"""The command ``udl-pt sweep``, with a live table of the best settings."""

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table as Shown

from udl_pt._support.files import printable
from udl_pt.sweeps import Plan, read_plan, run_sweep, summary
from udl_pt.sweeps.running import ENGINES, SUMMARY, TRIALS
from udl_pt.sweeps.table import Table

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
    sweep.add_argument("--jobs", type=int, metavar="N", help="trials at a time; default: one for each core")
    sweep.add_argument("--engine", default="processes", help=f"{', '.join(ENGINES)}; default: processes")
    sweep.add_argument(
        "--scheduler", metavar="ADDRESS", help="run the trials on a Dask cluster, such as tcp://host:8786"
    )


def _sweep(options: argparse.Namespace) -> None:
    if not options.out:
        raise ValueError("--out is '', expected a folder")
    console, plan = Console(), read_plan(options.plan)
    with _shown(console, plan) as report:
        settings = run_sweep(
            plan,
            options.out,
            jobs=options.jobs,
            engine=options.engine,
            scheduler=options.scheduler,
            report=report,
        )
    console.print(_best(settings, plan, len(plan.trials)))
    for name in TRIALS, SUMMARY:
        console.print(printable(Path(options.out, name)), highlight=False, markup=False, soft_wrap=True)


@contextlib.contextmanager
def _shown(console: Console, plan: Plan) -> Iterator[Any]:
    """Return a callback that shows the table in a terminal, and a line for each trial elsewhere."""
    n_trials = len(plan.trials)
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield lambda table: live.update(_best(summary(table.rows.values()), plan, n_trials), refresh=True)
        return

    def line(table: Table) -> None:
        if table.latest is None:
            return
        said = ", ".join(
            f"{name} {value}" for name, value in table.latest.items() if value and name not in QUIET
        )
        done = f"{len(table.rows)} of {n_trials}"
        console.print(f"{done}: {printable(said)}", highlight=False, markup=False, soft_wrap=True)

    yield line


def _best(settings: list[dict[str, Any]], plan: Plan, n_trials: int) -> Shown:
    done = sum(setting["trials"] for setting in settings)
    shown = Shown(
        title=f"{plan.model}: {done} of {n_trials} trials",
        caption=f"mean of {plan.score_name}, the lower the better",
    )
    names = list(dict.fromkeys(name for setting in settings for name in setting["options"]))
    for name in names:
        shown.add_column(printable(name))
    for name in ("mean", "std", "trials", "failed"):
        shown.add_column(name, justify="right")
    for setting in settings[:BEST]:
        values = [printable(setting["options"].get(name, "")) for name in names]
        numbers = [f"{setting[name]:.4g}" for name in ("mean", "std")]
        shown.add_row(*values, *numbers, str(setting["trials"]), str(setting["failed"] or ""))
    return shown
