"""One trial, as a worker runs it."""

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from udl_pt._support.messages import shown
from udl_pt._version import __version__
from udl_pt.sweeps._data import Data, open_once, parts
from udl_pt.sweeps._models import fit_names, fit_options, new_model
from udl_pt.sweeps._values import add_folder, imported, is_reference
from udl_pt.sweeps.plan import Plan, Trial
from udl_pt.training.checkpoint import Checkpoint
from udl_pt.training.early_stopping import EarlyStopping

__all__ = ["run_trial"]

SHARE = 0.1  # of the rows that are held out where the plan has no folds
DIGITS = 16


def run_trial(
    plan: Plan, trial: Trial, digest: str, checkpoint: Path, version: str = __version__
) -> tuple[Trial, dict[str, Any]]:
    """Train and score a model; an error is part of the result.

    Parameters
    ----------
    plan : Plan
        The sweep.
    trial : Trial
        The trial.
    digest : str
        That of the data. A worker that finds other data raises an error.
    checkpoint : pathlib.Path
        Where the fit keeps its checkpoint until it ends, if there is such a folder.
    version : str
        That of the library. A worker that has another raises an error.

    Returns
    -------
    (Trial, dict)
        The trial, and its result by the names of the table's columns.
    """
    start = time.perf_counter()
    result: dict[str, Any] = {"score": "", "epochs": "", "parameters": "", "error": ""}
    try:
        with threadpool_limits(plan.threads, "blas"):
            if version != __version__:
                raise RuntimeError(f"{socket.gethostname()} has udl_pt {__version__}, expected {version}")
            result |= _fitted(plan, trial, digest, checkpoint)
    except (Exception, SystemExit) as error:  # whatever it is, other trials go on
        result["error"] = " ".join(f"{type(error).__name__}: {error}".split())
    result |= {
        "seconds": round(time.perf_counter() - start, 3),
        "worker": f"{socket.gethostname()}:{os.getpid()}",
    }
    return trial, result


def _fitted(plan: Plan, trial: Trial, digest: str, checkpoint: Path) -> dict[str, Any]:
    add_folder(plan.folder)
    data = open_once(plan.data, plan.folder, digest)
    kind, names = plan.kind, fit_names(plan.kind)
    given = {**plan.options, **trial.options}
    model, options = new_model(kind, given, trial.seed), fit_options(kind, given)
    held: Data | None = None
    if plan.folds:
        n_classes = None if data.Y is None else int(data.Y.max()) + 1
        data, held = parts(data, trial.fold, plan.folds)
        if "validation" in names:
            options["validation"] = (held.X, held.Y) if "Y" in names else held.X
        if "n_classes" in names:
            options["n_classes"] = n_classes
    elif "validation" in names:
        options.setdefault("validation", SHARE)
    score = plan.score_name
    callbacks: list[Any] = []
    if plan.patience is not None:
        callbacks.append(EarlyStopping(model, plan.patience, score))
    with _resumable(checkpoint, names, options, callbacks):
        labels = {"Y": data.Y} if "Y" in names else {}
        model.fit(data.X, **labels, **options, **({"callbacks": callbacks} if "callbacks" in names else {}))
    if is_reference(score):
        rows = data if held is None else held
        value = imported(score)(model, rows.X, rows.Y)
        if value is None or isinstance(value, str) or np.ndim(value):
            raise TypeError(f"score {score} returned {shown(value)}, expected a number")
        return {"score": float(value), "parameters": _digest(model)}
    record = getattr(model, score, None)
    if not (isinstance(record, list | tuple | np.ndarray) and len(record)):
        raise ValueError(
            f"score is {score!r}, but the trained {type(model).__name__} has no such record, or an empty "
            "one: name another record, or train for at least one epoch"
        )
    value = record[-1] if plan.patience is None else min(record)
    return {"score": float(value), "epochs": len(record), "parameters": _digest(model)}


@contextlib.contextmanager
def _resumable(
    checkpoint: Path, names: tuple[str, ...], options: dict[str, Any], callbacks: list[Any]
) -> Iterator[None]:
    """Make a fit write checkpoints, and go on from one that a killed worker left."""
    if "resume" in names and checkpoint.parent.is_dir():  # on a cluster, a worker may not have the folder
        callbacks.append(Checkpoint(checkpoint))
        options["resume"] = checkpoint
    try:
        yield
    except Exception:
        _remove(checkpoint)
        raise
    _remove(checkpoint)


def _remove(checkpoint: Path) -> None:
    for file in checkpoint.parent.glob(f"{checkpoint.name}*"):
        file.unlink(missing_ok=True)


def _digest(model: Any) -> str:
    """Return a digest of a model's parameters."""
    digest = hashlib.sha256()
    for parameter in getattr(model, "params", ()):
        digest.update(np.ascontiguousarray(parameter.get_value()).data)
    return digest.hexdigest()[:DIGITS] if getattr(model, "params", ()) else ""
