"""The command ``python -m udl_pt.theano [options] script.py [arguments]``."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from udl_pt.theano import run_script

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m udl_pt.theano",
        description="Run a script that was written for Theano.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--python2", action="store_true", help="the script, and the modules beside it, are Python 2")
    add("--figures", metavar="FOLDER", help="write the figures that the script shows into this folder")
    add(
        "--answer",
        metavar="TEXT",
        action="append",
        default=[],
        help="answer one input() or raw_input(); repeatable",
    )
    add("--seed", type=int, help="seed what the script doesn't seed")
    add("--backend", choices=("numba", "c", "jax"), help="compile on this backend")
    add(
        "--report",
        metavar="FILE",
        help="write as JSON what was served differently, what was missing, and seconds",
    )
    add(
        "--library",
        dest="treated",
        metavar="NAME",
        action="append",
        default=[],
        help="treat this package as the script; repeatable",
    )
    add("script", help="the script; what follows are its own arguments")
    add("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run the script that the command line names; return the exit status."""
    options = _parser().parse_args(words)
    if not os.path.isfile(options.script):
        sys.stderr.write(f"udl_pt.theano: there is no file {options.script!r}\n")
        return 2
    try:
        run_script(
            options.script, options.arguments, python2=options.python2, figures=options.figures,
            answers=options.answer, seed=options.seed, backend=options.backend, report=options.report,
            libraries=options.treated,
        )  # fmt: skip
    except SystemExit:
        raise
    except BaseException as error:
        _show(error)
        if isinstance(error, KeyboardInterrupt):  # end as Python does, by the signal
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        return 1
    return 0


def _show(error: BaseException) -> None:
    """Show an error as Python does, without the frames of the command itself."""
    from udl_pt.theano._runner._hints import is_ours

    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    sys.stdout.flush()
    sys.excepthook(type(error), error.with_traceback(trace), trace)


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the current folder: Python puts the script's folder there
    sys.exit(main())
