"""``theano.scan_module.scan_views``."""

from udl_pt.theano._face.scan_module import foldl, foldr, map, reduce

__all__ = ["foldl", "foldr", "map", "reduce"]
