"""A callback that writes costs, errors and rates to a CSV file, a line for each epoch."""

import csv
import io
import time
from typing import Any

from udl_pt._support.arguments import check_switch
from udl_pt._support.storage import file_name, replace_file
from udl_pt.training.progress import Progress, latest_records

__all__ = ["CSVLogger"]

FIRST = ("seconds", "stage", "epoch", "cost")


class CSVLogger:
    """Write a line for each epoch of a training to a CSV file.

    The columns are seconds since the logger was made, the name of the training, the epoch, and the latest
    recorded cost. They are followed by the other records of the model, such as ``valid_costs``, and by the
    rates. A value that a training doesn't have is empty. The file is whole after each epoch. Where a fit
    resumes from a checkpoint, the lines and the seconds continue those of that moment.

    Parameters
    ----------
    path : path-like
        The file.
    append : bool
        Whether to keep the lines of a file that is there. Otherwise it is replaced.

    Raises
    ------
    TypeError, ValueError
        When `path` can't be a file's name. When `append` is True, and the file is no such log.
    OSError
        When the file can't be read or written.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.callbacks import CSVLogger
    >>> rbm = RBM(2, random_state=0)
    >>> _ = rbm.fit(np.eye(4), epochs=2, batch_sz=2, callbacks=[CSVLogger("log.csv")])
    >>> for line in Path("log.csv").read_text().splitlines():
    ...     print(line.split(",")[1:3])
    ['stage', 'epoch']
    ['RBM(2)', '1']
    ['RBM(2)', '2']
    """

    observes_only = True
    not_saved = ("path", "_columns", "_rows", "_latest")

    def __init__(self, path: Any, *, append: bool = False) -> None:
        self.path = file_name(path)
        self._seconds, self._latest, self._n_rows = 0.0, time.perf_counter(), 0
        self._columns, self._rows = list(FIRST), list[dict[str, Any]]()
        if check_switch(append, "append"):
            self._read()

    def _read(self) -> None:
        try:
            with open(self.path, newline="", encoding="utf-8") as file:
                lines = csv.DictReader(file)
                columns, self._rows = list(lines.fieldnames or ()), list(lines)
        except FileNotFoundError:
            return
        if columns[: len(FIRST)] != list(FIRST):
            raise ValueError(
                f"{self.path} begins with the columns {columns[:4]}, expected {list(FIRST)}: choose another "
                "file, or append=False"
            )
        self._columns, self._n_rows = columns, len(self._rows)

    def on_resume(self, progress: Progress) -> None:
        """Read the file again, and drop the lines of epochs after the checkpoint.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import Checkpoint, CSVLogger
        >>> for _ in range(2):
        ...     log, saving = CSVLogger("resumed.csv"), Checkpoint("log.ckpt", every_epochs=1)
        ...     _ = RBM(2).fit(np.eye(4), epochs=2, batch_sz=2, callbacks=[log, saving], resume="log.ckpt")
        >>> len(Path("resumed.csv").read_text().splitlines())
        3
        """
        n_rows = self._n_rows
        self._read()
        del self._rows[n_rows:]

    def __call__(self, progress: Progress) -> None:
        """Write a line.

        Parameters
        ----------
        progress : Progress
            The training after an epoch.

        Examples
        --------
        >>> from pathlib import Path
        >>> from udl_pt.callbacks import CSVLogger
        >>> from udl_pt.training.progress import Progress
        >>> CSVLogger("log.csv")(Progress("RBM(2)", epochs=1, n_batches=3, epoch=1, cost=2.5))
        >>> Path("log.csv").read_text().splitlines()[-1].split(",")[1:]
        ['RBM(2)', '1', '2.5']
        """
        now = time.perf_counter()
        self._seconds, self._latest = self._seconds + now - self._latest, now
        row = {
            "seconds": round(self._seconds, 3),
            "stage": progress.stage,
            "epoch": progress.epoch,
            "cost": progress.cost,
        }
        row |= latest_records(progress) | progress.hyper
        self._columns += [name for name in row if name not in self._columns]
        self._rows.append(row)
        self._n_rows = len(self._rows)
        text = io.StringIO(newline="")
        lines = csv.DictWriter(text, self._columns)
        lines.writeheader()
        lines.writerows(self._rows)
        replace_file(self.path, text.getvalue().encode())
