"""The command line: ``udl-pt``."""

from udl_pt.cli._main import main

__all__ = ["main"]
