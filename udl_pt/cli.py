"""The command line: ``udl-pt reproduce`` and ``udl-pt doctor``."""

import argparse
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from udl_pt.backend import BACKENDS, get_backend
from udl_pt.chapters import CHAPTERS, Settings
from udl_pt.datasets import load_data
from udl_pt.doctor import examine
from udl_pt.report import write_report
from udl_pt.training import Progress
from udl_pt.validation import check_count
from udl_pt.version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind ``udl-pt``.

    Returns
    -------
    int
        0; 2 for bad input, which is explained on standard error; 130 when interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, TypeError, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(f"udl-pt: {error}", markup=False, highlight=False)
        return 2
    except KeyboardInterrupt:
        Console(stderr=True).print("udl-pt: interrupted")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="udl-pt", description=__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"udl-pt {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    reproduce = commands.add_parser("reproduce", help="run the book's programs and write a report")
    reproduce.set_defaults(command=_reproduce)
    reproduce.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help=f"default: all there are, {', '.join(CHAPTERS)}"
    )
    reproduce.add_argument(
        "--data",
        metavar="PLACE",
        help="a folder with MNIST's IDX files, or Kaggle's train.csv; default: the embedded subset",
    )
    reproduce.add_argument("--sizes", type=int, nargs="+", default=[1000, 750, 500], metavar="M")
    reproduce.add_argument("--epochs", type=int, help="of fine-tuning, for every network")
    reproduce.add_argument("--backend", help=f"{', '.join(BACKENDS)}; default: {BACKENDS[0]}")
    reproduce.add_argument("--dtype", default="float32", help="float32 (default) or float64")
    reproduce.add_argument("--seed", type=int, default=0)
    reproduce.add_argument("--out", default="report", help="folder of the report; default: report")

    doctor = commands.add_parser("doctor", help="say what works here, and what to do about what doesn't")
    doctor.set_defaults(command=_doctor)
    return parser


def _doctor(options: argparse.Namespace) -> None:
    console = Console()
    for table in examine():
        console.print(table, "")


def _reproduce(options: argparse.Namespace) -> None:
    console = Console()
    chapters = options.chapters or list(CHAPTERS)
    for chapter in chapters:
        if chapter not in CHAPTERS:
            raise ValueError(f"there is no chapter {chapter} here yet, expected one of {', '.join(CHAPTERS)}")
    backend = get_backend(options.backend)
    if options.epochs is not None:
        check_count(options.epochs, "epochs")
    start = time.perf_counter()
    data = load_data(options.data)
    console.print(f"data: {data.source}", highlight=False)
    sections = {}
    with _Bars(console) as bars:
        for chapter in chapters:
            settings = Settings(
                sizes=options.sizes,
                epochs=options.epochs,
                backend=backend,
                dtype=options.dtype,
                seed=options.seed,
                callbacks=[bars],
                say=bars.say,
            )
            sections[chapter] = CHAPTERS[chapter](data, settings)
    facts = {
        "data": data.source,
        "seed": options.seed,
        "backend": backend,
        "dtype": options.dtype,
        "seconds": round(time.perf_counter() - start, 1),
    }
    page = write_report(sections, options.out, facts)
    for section in sections.values():
        console.print(section.sentences[-1], highlight=False)
    console.print(f"The report is in {page}", highlight=False, soft_wrap=True)


class _Bars:
    """A callback for ``fit`` that draws a bar for each network that is trained."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches, cost {task.fields[cost]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "_Bars":
        self._bars.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        self._console.print(line, highlight=False)

    def on_batch(self, progress: Progress) -> None:
        if progress.epoch == progress.batch == 1:
            self._task = self._bars.add_task(
                progress.stage, total=progress.epochs * progress.n_batches, cost="-"
            )
        if self._task is not None:
            self._bars.advance(self._task)

    def __call__(self, progress: Progress) -> None:
        if self._task is not None and progress.cost is not None:
            self._bars.update(self._task, cost=f"{progress.cost:.3f}")
