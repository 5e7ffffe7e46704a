"""Sweeps: many fits of one model with other options, seeds and folds, on all cores or on a Dask cluster."""

from udl_pt.sweeps.plan import Plan, Trial, read_plan
from udl_pt.sweeps.running import run_sweep
from udl_pt.sweeps.table import Table, summary

__all__ = ["Plan", "Table", "Trial", "read_plan", "run_sweep", "summary"]
