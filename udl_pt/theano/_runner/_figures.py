"""A backend of Matplotlib that writes each figure that a script shows into a numbered file.

Matplotlib takes a module as a backend (``module://…``). `plt.show` then writes the open figures and closes
them, as somebody closes their windows. A figure that is shown without waiting (``block=False``, interactive
mode, ``plt.pause``) goes on changing: it is written when it is closed, or when the script ends.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from udl_pt.theano._runner._report import current

__all__ = ["BACKEND", "FigureCanvas", "FigureManager", "folder", "into", "wanted", "write"]

BACKEND = f"module://{__name__}"
_TOOLKITS = ("tkinter", "PyQt5", "PyQt6", "PySide6", "PySide2", "gi", "wx")
_folder: Path | None = None


def folder() -> Path | None:
    """Return the folder into which figures are written; None where they are shown."""
    return _folder


def write(figure: Any) -> None:
    """Write a figure, or an image of PIL's, into the next numbered file, and say where."""
    where, report = _folder or Path(), current()
    number = 1 + (len(report.figures) if report is not None else 0)
    where.mkdir(parents=True, exist_ok=True)
    path = where / f"figure_{number:03d}.png"
    if hasattr(figure, "savefig"):
        figure.savefig(path)
    else:
        figure.save(path)
    if report is not None:
        report.figures.append(str(path))
    sys.stderr.write(f"udl_pt.theano: plt.show() wrote {path}\n")


class FigureManager(FigureManagerBase):
    """Stands for the window of a figure."""

    pending = False

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Write the open figures; this is what ``plt.show`` calls."""
        import matplotlib
        from matplotlib._pylab_helpers import Gcf

        if block is None:
            block = not matplotlib.is_interactive()
        for manager in Gcf.get_all_fig_managers():
            vars(manager)["pending"] = True
        if block:
            Gcf.destroy_all()

    def show(self) -> None:
        """Write the figure."""
        write(self.canvas.figure)

    def destroy(self) -> None:
        """Write the figure if it was shown and is not written yet."""
        if self.pending:
            self.pending = False
            write(self.canvas.figure)


class FigureCanvas(FigureCanvasAgg):
    """Draws as Agg does; there are no events to wait for."""

    manager_class = FigureManager

    def start_event_loop(self, timeout: float = 0) -> None:
        """Return at once: ``plt.pause`` has no window to wait for."""


def wanted(chosen: str | None) -> bool:
    """Return whether figures are to be written: a folder is named, or nothing could show them."""
    import importlib.util

    backend = os.environ.get("MPLBACKEND", "").lower()
    if chosen is not None:
        return True
    if backend:
        return backend in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")
    display = (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return not display or not any(importlib.util.find_spec(toolkit) for toolkit in _TOOLKITS)


@contextmanager
def into(chosen: str | Path | None) -> Iterator[None]:
    """Write figures into a folder, by default the current one, while a script runs."""
    global _folder
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib._pylab_helpers import Gcf

    before, interactive, backend = _folder, matplotlib.is_interactive(), matplotlib.get_backend()
    open_before = set(plt.get_fignums())
    _folder = Path(chosen or "")
    plt.switch_backend(BACKEND)
    try:
        yield
    finally:
        for number in set(plt.get_fignums()) - open_before:
            Gcf.destroy(number)
        matplotlib.interactive(interactive)
        plt.switch_backend(backend)
        _folder = before
