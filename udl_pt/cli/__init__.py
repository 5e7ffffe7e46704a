"""The command line: ``udl-pt``."""

from udl_pt.cli._main import main, run

__all__ = ["main", "run"]
