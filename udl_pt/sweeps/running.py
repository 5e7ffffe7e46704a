"""Run the trials of a sweep, on this machine's cores or on a Dask cluster."""

import asyncio
import contextlib
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import joblib
from joblib.parallel import get_active_backend
from threadpoolctl import threadpool_limits

from udl_pt._support.arguments import check_count, check_option
from udl_pt._support.exceptions import DataError
from udl_pt._support.files import as_json, printable
from udl_pt._support.messages import shown
from udl_pt._support.storage import replace_file
from udl_pt._version import __version__
from udl_pt.sweeps._data import open_data, parts
from udl_pt.sweeps._models import fit_names
from udl_pt.sweeps._table import OPTION, Row, Table, summary
from udl_pt.sweeps._worker import run_trial
from udl_pt.sweeps.plan import Plan, Trial

__all__ = ["FILES", "run_sweep"]

ENGINES = {"processes": "loky", "threads": "threading"}
FORMAT = "udl_pt sweep 1"
FACTS, TRIALS, SUMMARY = FILES = ("sweep.json", "trials.csv", "summary.csv")
CHECKPOINTS = "checkpoints"
FREE = ("grid", "random", "draws", "draws_seed", "seeds")  # of a plan, which may change between two runs
DEATHS = 3  # of workers without a result in between


def run_sweep(
    plan: Plan,
    out: Any,
    *,
    jobs: int | None = None,
    engine: str = "processes",
    scheduler: Any = None,
    report: Callable[[list[Row]], Any] = lambda rows: None,
) -> list[Row]:
    """Run the trials of a sweep that its folder doesn't have yet.

    The folder has a table, ``trials.csv``, with a line for each trial that ended, and at the end
    ``summary.csv``, with a line for each setting. After a kill, the same call runs what is left. A fit that
    was killed goes on from its last checkpoint. A worker that dies is replaced.

    Parameters
    ----------
    plan : Plan
        The sweep.
    out : path-like
        The folder. It is made, or has an earlier run of a plan with the same model, data, options, folds and
        score.
    jobs : int, optional
        The number of trials at a time. Default: the number of cores, or of the cluster's threads.
    engine : {"processes", "threads"}
        What runs them on this machine.
    scheduler : str or distributed.Client, optional
        A Dask cluster that runs them instead: the address of its scheduler, or a client. Its workers need
        the library, the data under the same name, and the modules beside the plan.
    report : callable
        Called with the lines of the table at first and after each trial, which is then the last line.

    Returns
    -------
    list of dict of str to str
        The lines of the table, by its columns. A trial that failed has its error there.

    Raises
    ------
    TypeError, ValueError
        For an argument that doesn't fit, and a folder of another plan.
    OSError
        When the data can't be read, or the folder can't be written. When another sweep writes to it.
    RuntimeError
        When workers die again and again. When `scheduler` is set, and ``distributed`` is not installed.

    Notes
    -----
    Each trial has its seeds, and a fixed number of BLAS threads. So its numbers are the same bits in one
    process, in many, and on other machines with the same processor and versions.

    Examples
    --------
    >>> from udl_pt.sweeps import Plan, run_sweep, summary
    >>> plan = Plan("RBM", {"place": "digits"}, {"M": 20}, grid={"learning_rate": [0.1, 0.01]})
    >>> rows = run_sweep(plan, "sweep", jobs=1)
    >>> [setting["options"] for setting in summary(rows)]
    [{'learning_rate': 0.1}, {'learning_rate': 0.01}]
    """
    check_option(engine, "engine", list(ENGINES))
    if jobs is not None:
        check_count(jobs, "jobs")
    digest = _checked_data(plan)
    trials = plan.trials
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with Table.opened(out / TRIALS, (name for trial in trials for name in trial.options)) as table:
        _keep_facts(out / FACTS, plan, digest, table)
        report([*table.rows.values()])
        (out / CHECKPOINTS).mkdir(exist_ok=True)
        with (
            table.writing(),
            _engine(engine, jobs, scheduler) as chosen,
            threadpool_limits(plan.threads, "blas"),
        ):
            for trial, result in _results(plan, trials, digest, out, table, *chosen):
                table.add(trial, result)
                report([*table.rows.values()])
        replace_file(out / SUMMARY, _as_csv(summary(table.rows.values()), table.names))
        with contextlib.suppress(OSError):  # it has checkpoints of trials that are no longer in the plan
            (out / CHECKPOINTS).rmdir()
    return [*table.rows.values()]


def _checked_data(plan: Plan) -> str:
    """Return the digest of the data, after a check that the plan can use them."""
    data = open_data(plan.data, plan.folder)
    if plan.folds:
        parts(data, 0, plan.folds)
    if "Y" in fit_names(plan.kind) and data.Y is None:
        raise ValueError(f"the data have no labels, but {plan.model} needs them: add Y to data")
    return data.digest


def _keep_facts(file: Path, plan: Plan, digest: str, table: Table) -> None:
    """Write what the sweep is about, or compare it with what the folder's table is about."""
    mine = {"format": FORMAT, "udl_pt": __version__, "data digest": digest, **vars(plan)}
    del mine["folder"]
    mine = json.loads(as_json(mine, 2))
    if table.rows:
        try:
            found = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise DataError(f"{printable(file)} can't be read ({error}): choose another folder") from error
        for name in mine:
            if name not in FREE and found.get(name) != mine[name]:
                raise ValueError(
                    f"{printable(file.parent)} has a sweep whose {name} is {shown(found.get(name))}, but "
                    f"this plan has {shown(mine[name])}: choose another folder"
                )
    replace_file(file, as_json(mine, 2))


def _results(
    plan: Plan,
    trials: Sequence[Trial],
    digest: str,
    out: Path,
    table: Table,
    death: type[BaseException],
    ahead: int | str,
) -> Iterator[tuple[Trial, dict[str, Any]]]:
    """Yield the results of the trials that the table lacks; after the death of a worker, begin anew."""
    deaths = 0
    while left := [trial for trial in trials if trial.key not in table.rows]:
        calls = (joblib.delayed(run_trial)(plan, t, digest, _checkpoint(out, t), __version__) for t in left)
        # One trial a task: a death costs one, and the table shows each at once. A new object each time: after
        # a death, the old one may still get results.
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=ahead)
        try:
            for found in parallel(calls):
                deaths = 0
                yield found
        except ImportError as error:
            raise RuntimeError(
                f"a worker can't load a trial ({error}): install the same version of udl_pt there"
            ) from error
        except (CancelledError, asyncio.CancelledError) as error:
            raise RuntimeError(f"the Dask cluster has gone ({error}): run the same sweep again") from error
        except death as error:
            deaths += 1
            if deaths == DEATHS:
                raise RuntimeError(
                    f"workers died {DEATHS} times, and no trial ended in between; {len(left)} are left, such "
                    f"as {shown(dict(left[0].options))}: they may need more memory; run fewer at a time"
                ) from error


def _checkpoint(out: Path, trial: Trial) -> Path:
    name = hashlib.sha256(repr(trial.key).encode()).hexdigest()[:16]
    return out.absolute() / CHECKPOINTS / f"{name}.ckpt"


@contextlib.contextmanager
def _engine(engine: str, jobs: int | None, scheduler: Any) -> Iterator[tuple[type[BaseException], int | str]]:
    """Choose what runs trials in parallel.

    Return the error that it raises when a worker dies, and how many trials are sent to workers at first.
    """
    with contextlib.ExitStack() as stack:
        options: dict[str, Any] = {"backend": ENGINES[engine], "n_jobs": jobs or joblib.cpu_count()}
        death: type[BaseException] = BrokenProcessPool
        ahead: int | str = "2 * n_jobs"
        if scheduler is not None:
            try:
                from distributed import Client, KilledWorker
            except ImportError as error:
                raise RuntimeError(
                    "scheduler needs distributed, which is not installed: pip install 'udl_pt[dask]'"
                ) from error
            death = KilledWorker
            is_client = isinstance(scheduler, Client)
            try:
                client = scheduler if is_client else stack.enter_context(Client(scheduler))
            except (OSError, ValueError) as error:
                raise type(error)(
                    f"scheduler is {shown(scheduler)}, but no Dask cluster answers ({error}): start "
                    "one with dask scheduler, or correct the address"
                ) from error
            with joblib.parallel_config(backend="dask", client=client):
                backend, _ = get_active_backend()
            n_threads = backend.effective_n_jobs
            # for a cluster of one thread, joblib would run the trials in this process
            backend.effective_n_jobs = lambda n_jobs: max(2, int(n_threads(n_jobs)))
            options, ahead = {"backend": backend, "n_jobs": -1}, jobs or ahead
        stack.enter_context(joblib.parallel_config(**options))
        yield death, ahead


def _as_csv(settings: list[dict[str, Any]], names: Any) -> bytes:
    text = io.StringIO(newline="")
    columns = [*(OPTION + name for name in names), "mean", "std", "trials", "failed"]
    lines = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    lines.writeheader()
    for setting in settings:
        options = {OPTION + name: json.dumps(value) for name, value in setting["options"].items()}
        lines.writerow(options | {name: setting[name] for name in setting if name != "options"})
    return text.getvalue().encode()
