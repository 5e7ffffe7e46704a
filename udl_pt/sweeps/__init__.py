"""Sweeps: many fits of one model with other options, seeds and folds, on all cores or on a Dask cluster."""

from udl_pt.sweeps._table import summary
from udl_pt.sweeps.plan import Plan, Trial, read_plan
from udl_pt.sweeps.running import run_sweep

__all__ = ["Plan", "Trial", "read_plan", "run_sweep", "summary"]
