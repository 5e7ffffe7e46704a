"""Train one model in every way there is, and compare seconds, memory and parameters."""

from udl_pt.comparison._compare import Comparison, Way, compare

__all__ = ["Comparison", "Way", "compare"]
