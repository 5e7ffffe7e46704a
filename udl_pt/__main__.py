"""``python -m udl_pt`` is ``udl-pt``."""

from udl_pt.cli import run

run()
