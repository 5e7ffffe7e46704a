"""A callback that shows how far a training is: a bar in terminals and notebooks, a line in logs."""

import time
from typing import Any

from udl_pt._support.messages import shown
from udl_pt.training.progress import Progress

__all__ = ["ProgressBar"]


class ProgressBar:
    """Show a bar for each training, with its epoch and its latest cost.

    In a terminal or a notebook the bar moves with each batch. Elsewhere, such as in a log file, there is a
    line at the end of each training.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to write. The default is standard error.

    Raises
    ------
    TypeError
        When `console` is something else.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from rich.console import Console
    >>> from udl_pt import RBM
    >>> from udl_pt.callbacks import ProgressBar
    >>> log = io.StringIO()
    >>> bar = ProgressBar(Console(file=log))
    >>> _ = RBM(2, random_state=0).fit(np.eye(4), epochs=3, batch_sz=2, callbacks=[bar])
    >>> log.getvalue().split(",")[0]
    'RBM(2): epoch 3/3'
    """

    observes_only = True
    not_saved: tuple[str, ...] = ("_console", "_bars", "_task", "_start")

    def __init__(self, console: Any = None) -> None:
        if console is None:
            from rich.console import Console

            console = Console(stderr=True)
        if not hasattr(console, "is_terminal"):
            raise TypeError(f"console is {shown(console)}, expected a rich.console.Console")
        self._console = console
        self._bars: Any = None
        self._task: Any = None
        self._start = 0.0

    def on_start(self, progress: Progress) -> None:
        """Start a bar.

        Parameters
        ----------
        progress : Progress
            The training before its first batch.

        Examples
        --------
        >>> from udl_pt.callbacks import ProgressBar
        >>> from udl_pt.training.progress import Progress
        >>> progress = Progress("RBM(2)", epochs=3, n_batches=10)
        >>> bar = ProgressBar()
        >>> bar.on_start(progress)
        >>> bar.on_end(progress)
        """
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._start = time.perf_counter()
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._is_watched(),
        )
        self._bars.start()
        self._task = self._bars.add_task(progress.stage, total=progress.epochs * progress.n_batches, state="")

    def on_batch(self, progress: Progress) -> None:
        """Move the bar.

        Parameters
        ----------
        progress : Progress
            The training after a batch.

        Examples
        --------
        >>> from udl_pt.callbacks import ProgressBar
        >>> from udl_pt.training.progress import Progress
        >>> progress = Progress("RBM(2)", epochs=3, n_batches=10)
        >>> bar = ProgressBar()
        >>> bar.on_start(progress)
        >>> progress.advance(epoch=1, batch=5)
        >>> bar.on_batch(progress)
        >>> bar.on_end(progress)
        """
        done = (progress.epoch - 1) * progress.n_batches + progress.batch
        self._bars.update(self._task, completed=done, state=_state(progress))

    def __call__(self, progress: Progress) -> None:
        """Show the cost that was recorded after the epoch."""
        self._bars.update(self._task, state=_state(progress))

    def on_end(self, progress: Progress) -> None:
        """End the bar, or write the line of the training.

        Parameters
        ----------
        progress : Progress
            The training after its last epoch.

        Examples
        --------
        >>> import io
        >>> from rich.console import Console
        >>> from udl_pt.callbacks import ProgressBar
        >>> from udl_pt.training.progress import Progress
        >>> progress, log = Progress("RBM(2)", epochs=3, n_batches=10), io.StringIO()
        >>> bar = ProgressBar(Console(file=log))
        >>> bar.on_start(progress)
        >>> progress.advance(epoch=3, cost=1.5)
        >>> bar.on_end(progress)
        >>> print(log.getvalue().strip())
        RBM(2): epoch 3/3, cost 1.500, 0.0 s
        """
        self.on_error(progress)
        if not self._is_watched():
            seconds = time.perf_counter() - self._start
            line = f"{progress.stage}: {_state(progress)}, {seconds:.1f} s"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def on_error(self, progress: Progress) -> None:
        """Leave the bar where it is: the training ended by an error or an interrupt.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> from udl_pt.callbacks import ProgressBar
        >>> from udl_pt.training.progress import Progress
        >>> progress = Progress("RBM(2)", epochs=3, n_batches=10)
        >>> bar = ProgressBar()
        >>> bar.on_start(progress)
        >>> bar.on_error(progress)
        """
        if self._bars is not None:
            self._bars.stop()

    def _is_watched(self) -> bool:
        return bool(self._console.is_terminal or self._console.is_jupyter)


def _state(progress: Progress) -> str:
    cost = "" if progress.cost is None else f", cost {progress.cost:.3f}"
    return f"epoch {progress.epoch}/{progress.epochs}{cost}"
