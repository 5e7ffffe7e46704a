"""The command line: ``udl-pt reproduce``, ``udl-pt compare``, ``udl-pt sweep`` and ``udl-pt doctor``."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from rich.console import Console

from udl_pt._support.arguments import check_count, check_option
from udl_pt._support.files import printable
from udl_pt._support.interrupts import Ended, ending_by_signals, uninterrupted
from udl_pt._version import __version__
from udl_pt.backends import BACKENDS, float_dtype, get_backend
from udl_pt.backends._internals import run_exit_functions
from udl_pt.book import CHAPTERS, Settings
from udl_pt.book._listing import find_listings
from udl_pt.book._prepared import prepared
from udl_pt.book._shared import FEWEST
from udl_pt.book.report import PAGE, RESULTS, write_report
from udl_pt.cli._doctor import examine, warm
from udl_pt.cli._out import check_out
from udl_pt.cli._sweep import add_sweep
from udl_pt.comparison._compare import compare
from udl_pt.comparison._models import KINDS
from udl_pt.comparison._worker import TWINS
from udl_pt.datasets import Dataset, load_data
from udl_pt.symbolic.chance import as_generator
from udl_pt.training.progress import Progress
from udl_pt.training.progress_bar import ProgressBar

__all__ = ["main", "run"]

LONGEST = 20  # factor of the epochs at most, on few rows
UNSUPERVISED = ("1", "2")  # chapters that need no labels
SIGNALLED = 128  # what a shell adds to the number of the signal that ended a command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``udl-pt`` with its subcommands ``reproduce``, ``compare``, ``sweep`` and ``doctor``.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``udl-pt``. Default: those of this process, ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit status: 0 after success, 2 after an error, which is explained on standard error. If a signal
        ended the command, 128 plus its number: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.

    Raises
    ------
    SystemExit
        With 0 after ``--help`` and ``--version``, and with 2 for arguments that can't be parsed.

    Examples
    --------
    >>> from udl_pt.cli import main
    >>> main(["reproduce", "7"])  # on standard error: there is no chapter 7 here yet
    2
    >>> main(["reproduce", "1", "--out", "report"])  # doctest: +SKIP
    data: MNIST subset embedded in udl_pt (5,000 + 1,000)
    ...
    The report is in report/index.html
    0
    """
    options = _parser().parse_args(arguments)
    try:
        with ending_by_signals(), _temporary_files():
            options.command(options)
    except (ValueError, TypeError, OSError, MemoryError, RuntimeError) as error:
        lines = "\n".join(map(printable, f"udl-pt: {error}".split("\n")))
        Console(stderr=True, soft_wrap=True).print(lines, markup=False, highlight=False)
        return 2
    except KeyboardInterrupt as error:  # of which `Ended` is one
        number = error.number if isinstance(error, Ended) else signal.SIGINT
        with contextlib.suppress(OSError):  # after SIGHUP the terminal may be gone
            said = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
            Console(stderr=True).print(f"udl-pt: {said}")
        return SIGNALLED + number
    return 0


def run() -> NoReturn:
    """Run `main`, and end the process with its exit status.

    After a signal, the process ends without waiting for threads. Compiled code may still run in them, and
    Python would free the memory that it uses.

    Raises
    ------
    SystemExit
        With the exit status, if no signal ended the command.

    Examples
    --------
    >>> import sys
    >>> from udl_pt.cli import run
    >>> sys.argv = ["udl-pt", "--version"]
    >>> run()  # doctest: +SKIP
    udl-pt 0.1.0
    """
    status = main()
    if status < SIGNALLED:
        sys.exit(status)
    try:
        run_exit_functions()
        for stream in sys.stdout, sys.stderr:
            with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
                stream.flush()
    finally:
        os._exit(status)


@contextlib.contextmanager
def _temporary_files() -> Iterator[None]:
    """Keep temporary files in a folder that is removed at the end: PyTensor leaves one for each function."""
    before, stack = tempfile.tempdir, contextlib.ExitStack()
    try:
        tempfile.tempdir = uninterrupted(
            lambda: stack.enter_context(tempfile.TemporaryDirectory(prefix="udl-pt-"))
        )
        yield
    finally:
        tempfile.tempdir = before
        uninterrupted(stack.close)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="udl-pt", description=__doc__.replace("``", ""), allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"udl-pt {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    reproduce = commands.add_parser("reproduce", help="run the book's programs and write a report")
    reproduce.set_defaults(command=_reproduce)
    reproduce.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help=f"default: all, {', '.join(CHAPTERS)}"
    )
    _add_data(reproduce)
    reproduce.add_argument(
        "--sizes",
        type=_sizes,
        nargs="+",
        default=[[1000, 750, 500]],
        metavar="M",
        help="hidden units of each layer; default: 1000,750,500",
    )
    reproduce.add_argument(
        "--resume",
        action="store_true",
        help="write checkpoints to OUT/checkpoints, and resume from them after a kill or an interrupt",
    )
    reproduce.add_argument("--epochs", type=int, help="epochs of fine-tuning of the compared networks")
    reproduce.add_argument("--backend", help=f"{', '.join(BACKENDS)}; default: {BACKENDS[0]}")
    reproduce.add_argument("--dtype", default="float32", help="float32 (default) or float64")
    reproduce.add_argument("--seed", type=int, default=0)
    reproduce.add_argument("--out", default="report", help="folder of the report; default: report")
    reproduce.add_argument(
        "--listing",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="in chapters 3 and 4, also run the book's own listings, which measure their cost on all images "
        "after every batch; FOLDER holds them, default: examples/listings of the library's source",
    )

    compare = commands.add_parser("compare", help="time symbolic and eager ways of the same training")
    compare.set_defaults(command=_compare)
    compare.add_argument(
        "model",
        nargs="?",
        default="autoencoder",
        metavar="MODEL",
        help=f"{', '.join(KINDS)}; default: the first",
    )
    compare.add_argument(
        "--show",
        action="store_true",
        help="show the step's graph and code, without timing; of the other options only --backends and "
        "--dtype have an effect",
    )
    compare.add_argument("--sizes", type=_sizes, nargs="+", metavar="M", help="hidden units of each layer")
    compare.add_argument(
        "--steps", type=int, default=200, help="training steps per backend and twin; default: 200"
    )
    compare.add_argument(
        "--backends", nargs="*", metavar="NAME", help=f"{', '.join(BACKENDS)}; default: all that work here"
    )
    compare.add_argument(
        "--twins", nargs="*", metavar="NAME", help=f"{', '.join(TWINS)}; default: all that are installed"
    )
    compare.add_argument("--theano", metavar="PYTHON", help="an interpreter that has the original Theano")
    _add_data(compare)
    compare.add_argument("--dtype", default="float32", help="float32 (default) or float64")
    compare.add_argument("--seed", type=int, default=0)
    compare.add_argument("--out", default="comparison", help="folder of the numbers and pictures")

    add_sweep(commands)

    doctor = commands.add_parser("doctor", help="show what works here, and how to repair the rest")
    doctor.set_defaults(command=_doctor)
    doctor.add_argument(
        "--warm",
        action="store_true",
        help="compile what the usual fits need, so that the first one does not wait",
    )
    return parser


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        metavar="PLACE",
        help="an .npz or .npy file, a .csv, .csv.gz or .parquet table, a folder of IDX files, a folder with "
        "a folder of images for each class, digits or olivetti; default: the embedded part of MNIST",
    )
    command.add_argument("--label", metavar="COLUMN", help="a table's column of labels; default: label")
    command.add_argument(
        "--image-shape",
        type=int,
        nargs="+",
        metavar="N",
        help="rows and columns of the images, and 3 if they are coloured, where the data don't tell",
    )
    command.add_argument(
        "--resize", type=int, nargs="+", metavar="N", help="rows and columns to resize a folder's images to"
    )


def _sizes(text: str) -> list[int]:
    """Read ``1000`` or ``1000,750,500``; argparse collects separate words."""
    try:
        return [int(size) for size in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}, expected whole numbers such as 1000,750,500") from None


def _doctor(options: argparse.Namespace) -> None:
    console = Console()
    if options.warm:
        for line in warm():
            console.print(line, highlight=False, markup=False)
        return
    for table in examine():
        console.print(table, "")


def _compare(options: argparse.Namespace) -> None:
    # imported here: matplotlib and the twins take time that the other commands don't need
    from udl_pt.cli import _compare as comparison_report

    console = Console()
    dtype = float_dtype(options.dtype)
    sizes = None if options.sizes is None else [size for some in options.sizes for size in some]
    if options.show:
        check_option(options.model, "MODEL", list(KINDS))
        for backend in options.backends or [get_backend()]:
            console.print(comparison_report.code(options.model, get_backend(backend), dtype, console.width))
        return
    check_out(options.out, comparison_report.FILES)
    data = prepared(_load(options, dtype), "dnn" if options.model == "dnn" else "")
    Y = data.Y if len(data.Y) else np.zeros(len(data.X), int)
    console.print(f"data: {data.source}", highlight=False, markup=False)
    with console.status("") as status:
        comparison = compare(
            options.model,
            options.backends,
            options.twins,
            options.steps,
            theano=options.theano,
            sizes=sizes,
            data=(data.X, Y),
            dtype=dtype,
            seed=options.seed,
            say=status.update,
        )
    for why in comparison.left_out.values():
        console.print(f"left out: {why}", highlight=False, markup=False)
    console.print(comparison_report.table(comparison))
    for path in comparison_report.write(comparison, options.out):
        console.print(printable(path), highlight=False, markup=False, soft_wrap=True)


def _reproduce(options: argparse.Namespace) -> None:
    console = Console()
    chapters = list(dict.fromkeys(options.chapters or CHAPTERS))
    for chapter in chapters:
        if chapter not in CHAPTERS:
            raise ValueError(f"there is no chapter {chapter} here yet, expected one of {', '.join(CHAPTERS)}")
    backend = get_backend(options.backend)
    if options.epochs is not None:
        check_count(options.epochs, "epochs")
    sizes = [check_count(size, "sizes") for some in options.sizes for size in some]
    dtype = float_dtype(options.dtype)
    listing = None if options.listing is None else find_listings(options.listing)
    if listing and not {"3", "4"} & set(chapters):
        raise ValueError(
            f"--listing has no effect on chapter {', '.join(chapters)}: only 3 and 4 have listings"
        )
    check_out(options.out, (RESULTS, PAGE))
    checkpoints = Path(options.out) / "checkpoints"
    start = time.perf_counter()
    taught = [chapter for chapter in chapters if chapter not in UNSUPERVISED]
    data = prepared(_load(options, dtype), f"chapter {', '.join(taught)}" if taught else "")
    console.print(f"data: {data.source}", highlight=False, markup=False)
    sections = {}
    if options.resume:
        checkpoints.mkdir(parents=True, exist_ok=True)
    with _Bars(console) as bars:
        for chapter in chapters:
            settings = Settings(
                sizes=sizes,
                epochs=options.epochs,
                backend=backend,
                dtype=dtype,
                seed=options.seed,
                callbacks=[bars],
                say=bars.say,
                longer=min(LONGEST, max(1, round(FEWEST / len(data.X)))),
                listing=listing,
                checkpoints=checkpoints / f"chapter{chapter}" if options.resume else None,
            )
            sections[chapter] = CHAPTERS[chapter](data, settings)
    facts = {
        "data": data.source,
        "seed": options.seed,
        "backend": backend,
        "dtype": dtype,
        "seconds": round(time.perf_counter() - start, 1),
    }
    page = write_report(sections, options.out, facts)
    if options.resume:
        for path in checkpoints.glob("chapter*.ckpt*"):
            path.unlink()
        with contextlib.suppress(OSError):  # it has other files
            checkpoints.rmdir()
    for section in sections.values():
        console.print(section.sentences[-1], highlight=False, markup=False)
    console.print(f"The report is in {printable(page)}", highlight=False, markup=False, soft_wrap=True)


def _load(options: argparse.Namespace, dtype: str) -> Dataset:
    """Load the data in the run's dtype; Kaggle's shuffle draws from the global generator: seed that."""
    as_generator(options.seed)  # refuses bad seeds with the models' error message
    state = np.random.get_state()
    np.random.seed(options.seed)
    try:
        data = load_data(
            options.data, label=options.label, image_shape=options.image_shape, resize=options.resize
        )
    finally:
        np.random.set_state(state)
    return data._replace(X=data.X.astype(dtype, copy=False), Xtest=data.Xtest.astype(dtype, copy=False))


class _Bars(ProgressBar):
    """Bars of the trainings; between them, a sign that the command compiles or measures."""

    not_saved = (*ProgressBar.not_saved, "_waiting")

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._waiting = console.status("compiling, measuring")

    def __enter__(self) -> "_Bars":
        return self

    def __exit__(self, *error: Any) -> None:
        self._waiting.stop()

    def say(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False)
        self._waiting.start()

    def on_start(self, progress: Progress) -> None:
        self._waiting.stop()
        super().on_start(progress)

    def on_end(self, progress: Progress) -> None:
        super().on_end(progress)
        self._waiting.start()
