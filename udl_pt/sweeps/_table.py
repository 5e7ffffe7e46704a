"""The table of a sweep: a line for each trial, written when it ends."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt._support.storage import replace_file
from udl_pt.sweeps.plan import Trial

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["OPTION", "Row", "Table", "errors", "options_of", "summary"]

FIRST = ("seed", "fold")
LAST = ("score", "epochs", "seconds", "parameters", "worker", "error")
OPTION = "param_"  # before an option's name, as in scikit-learn's tables: `epochs` is a result, too
DIVERGED = "DivergenceError"

Row = Mapping[str, str]


class Table:
    """The file ``trials.csv`` of a sweep's folder.

    Options are JSON in its cells. Each line is on disk before the next trial's result is read. A line that a
    kill cut off is dropped at the next opening, and so are trials that failed: they run again. A trial that
    diverged would diverge again, and is kept.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    names : iterable of str
        Names of the options that vary.

    Attributes
    ----------
    rows : dict of tuple to dict
        The lines by the trials' keys.
    names : list of str
        Names of all options that vary.
    """

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        self.path, self.rows, self._file = path, dict[tuple[str, int, int], Row](), -1
        kept = [row for row in self._read() if not errors([row])]
        self.names = [*dict.fromkeys([*(name for row in kept for name in options_of(row)), *names])]
        self._columns = [*FIRST, *(OPTION + name for name in self.names), *LAST]
        for row in kept:
            self.rows[_key(row)] = row

    def _read(self) -> list[dict[str, str]]:
        try:
            text = self.path.read_bytes().decode("utf-8-sig")  # as spreadsheets write it, too
        except FileNotFoundError:
            return []
        except UnicodeDecodeError as error:
            raise DataError(
                f"{printable(self.path)} is no table of a sweep ({error}): move it away"
            ) from error
        whole = text[: text.rfind("\n") + 1]
        lines = csv.DictReader(io.StringIO(whole, newline=""), strict=True)
        try:
            rows = list(lines)
            for row in rows:
                _key(row), float(row["score"] or "nan")
        except (csv.Error, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(
                f"{printable(self.path)} is no table of a sweep ({error}): move it away"
            ) from error
        wrong = {*(lines.fieldnames or [*FIRST, *LAST])} ^ {*FIRST, *LAST}
        if [name for name in wrong if not name.startswith(OPTION)]:
            raise DataError(f"{printable(self.path)} is no table of a sweep: move it away")
        return rows

    @classmethod
    @contextmanager
    def opened(cls, path: Path, names: Iterable[str]) -> Iterator["Table"]:
        """Read a table, and keep other processes from it until the end.

        Raises
        ------
        BlockingIOError
            When another process has opened this table.
        """
        lock = os.open(path.parent, os.O_RDONLY)
        try:
            if fcntl is not None:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise BlockingIOError(
                        error.errno,
                        f"another sweep writes to {printable(path.parent)}: wait for its end, or choose "
                        "another folder",
                    ) from None
            yield cls(path, names)  # read under the lock: another sweep may just have added lines
        finally:
            os.close(lock)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write the lines that are kept, and take further ones."""
        replace_file(self.path, self._text([*self.rows.values()], header=True))
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            yield
        finally:
            os.close(self._file)

    def _text(self, rows: list[Row], *, header: bool) -> bytes:
        text = io.StringIO(newline="")
        lines = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        if header:
            lines.writeheader()
        lines.writerows(rows)
        return text.getvalue().encode()

    def add(self, trial: Trial, result: Mapping[str, Any]) -> None:
        """Add the line of a trial, and wait until it is on disk."""
        row = {OPTION + name: json.dumps(value) for name, value in trial.options.items()}
        row |= {"seed": str(trial.seed), "fold": str(trial.fold)}
        row |= {name: str(value) for name, value in result.items()}
        self.rows[trial.key] = row
        line = self._text([row], header=False)
        try:
            while line:  # a disk that becomes full takes a part
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        except OSError as error:
            raise OSError(
                error.errno,
                f"{printable(self.path)} can't be written ({error.strerror}): repair that, and run the same "
                "sweep again",
            ) from error


def errors(rows: Iterable[Row]) -> list[str]:
    """Return the errors of trials that failed, not of those that diverged."""
    return [row["error"] for row in rows if row["error"] and not row["error"].startswith(DIVERGED)]


def options_of(row: Row) -> dict[str, Any]:
    """Return the options that vary, of a line."""
    named = {name.removeprefix(OPTION): row[name] for name in row if name.startswith(OPTION) and row[name]}
    return {name: json.loads(value) for name, value in named.items()}


def _key(row: Row) -> tuple[str, int, int]:
    return Trial(options_of(row), int(row["seed"]), int(row["fold"])).key


def summary(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the settings of a sweep, the best score first.

    Parameters
    ----------
    rows : iterable of mapping
        The lines of the table.

    Returns
    -------
    list of dict
        ``options``, ``mean`` and ``std`` of the scores of all seeds and folds, ``trials``, and ``failed``:
        how many have no score. Settings with such a trial are last.

    Examples
    --------
    >>> from udl_pt.sweeps import summary
    >>> rows = [{"param_k": k, "seed": "0", "fold": "0", "score": score, "error": ""}
    ...         for k, score in [("1", "0.5"), ("2", "0.25"), ("2", "0.35")]]
    >>> [(one["options"], round(one["mean"], 2), one["trials"]) for one in summary(rows)]
    [({'k': 2}, 0.3, 2), ({'k': 1}, 0.5, 1)]
    """
    scores: dict[str, list[float]] = {}
    for row in rows:
        scores.setdefault(_key(row)[0], []).append(float(row["score"]) if row["score"] else math.nan)
    found = []
    for options, values in scores.items():
        known = np.sort([value for value in values if math.isfinite(value)])  # the same in any order
        with np.errstate(over="ignore"):
            mean, std = (float(known.mean()), float(known.std())) if len(known) else (math.nan, math.nan)
        failed = len(values) - len(known)
        found.append(
            {
                "options": json.loads(options),
                "mean": mean,
                "std": std,
                "trials": len(values),
                "failed": failed,
            }
        )
    return sorted(found, key=lambda one: (one["failed"] > 0, math.isnan(one["mean"]), one["mean"]))
