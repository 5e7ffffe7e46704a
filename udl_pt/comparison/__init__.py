"""Train one model on every backend and with every eager twin, and compare seconds, memory and parameters."""

from udl_pt.comparison._compare import Comparison, Way, compare

__all__ = ["Comparison", "Way", "compare"]
