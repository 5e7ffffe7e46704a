"""Small sweeps for the tests."""

import csv
import sys

import numpy as np

from udl_pt.sweeps import Plan, run_sweep, summary

RS = np.random.RandomState(0)
X, Y = RS.rand(60, 8).astype(np.float32), np.arange(60) % 3

# Functions that score a trial, for workers to import. `once` is true for the first caller of all processes.
SCORES = '''
import os, signal, time
from pathlib import Path
import threadpoolctl
import udl_pt.backends

FOLDER = Path(__file__).parent
built = None


def once(name):
    try:
        os.close(os.open(FOLDER / name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def weight(model, X, Y):
    return float(model.W.get_value().sum())


def dies_once(model, X, Y):
    if model.M == 3 and once("died"):
        os.kill(os.getpid(), signal.SIGKILL)
    return weight(model, X, Y)


def dies(model, X, Y):
    os.kill(os.getpid(), signal.SIGKILL)


def waits(model, X, Y):
    if model.M == 4 and once("waiting"):
        time.sleep(600)
    return weight(model, X, Y)


def graphs(model, X, Y):
    """The number of graphs that this process has built since its first trial."""
    global built
    if built is None:
        built, init = [], udl_pt.backends.Function.__init__

        def counting(*arguments, **options):
            built.append(1)
            init(*arguments, **options)

        udl_pt.backends.Function.__init__ = counting
    return len(built)


def blas_threads(model, X, Y):
    """The number of BLAS threads of the second of two trials, after the first has ended."""
    if once("first"):
        wait_for("second")
    else:
        (FOLDER / "second").touch()
        wait_for("ended")
    pools = threadpoolctl.threadpool_info()
    return max(pool["num_threads"] for pool in pools if pool["user_api"] == "blas")


def wait_for(name):
    end = time.monotonic() + 300
    while not (FOLDER / name).exists():
        assert time.monotonic() < end


def at_a_time(model, X, Y):
    """The number of trials that the cluster has at this moment."""
    from distributed import get_client
    return sum(map(len, get_client().processing().values()))


def unread(model, X, Y):
    return type(X).__name__ == "Rows"


def fails_once(model, X, Y):
    if model.M == 3 and once("failed"):
        raise OSError("no such disk")
    return weight(model, X, Y)
'''


def plan_of(folder, score=None, **changes):
    """Auto-encoders of three sizes; the score is a function of the folder's module."""
    own = {"data": {"X": "x.npy"}, "options": {"batch_sz": 10, "backend": "numba"}}
    own |= {"grid": {"M": [2, 3, 4], "learning_rate": [0.1, 0.2]}, "folds": 2}
    if score is not None:
        own["score"] = f"scores_{folder.name}:{score}"
    return Plan("AutoEncoder", folder=str(folder), **own | changes)


def results(folder):
    """What a sweep computed, by trial: scores and digests of the parameters."""
    with open(folder / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("worker", "seconds")]
    return sorted(tuple(row[name] for name in names) for row in rows)


def settings_of(plan, out, **options):
    return summary(run_sweep(plan, out, **options))


SWEEP = "import sys; from udl_pt.cli import run; run()"


def command(folder, out):
    arguments = ["sweep", str(folder / "plan.toml"), "--out", str(folder / out), "--jobs", "1"]
    return [sys.executable, "-c", SWEEP, *arguments]
