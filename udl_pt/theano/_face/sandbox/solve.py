"""``theano.sandbox.solve``."""

from udl_pt.theano._face.tensor.slinalg import Solve, solve

__all__ = ["Solve", "solve"]
