"""``theano.updates``."""

from collections import OrderedDict

from pytensor.compile.sharedvalue import SharedVariable

__all__ = ["OrderedUpdates"]


class OrderedUpdates(OrderedDict):
    """New values of shared variables; the sum of two has those of both."""

    def __init__(self, *pairs, **more):
        super().__init__()
        self.update(OrderedDict(*pairs, **more))

    def __setitem__(self, key, value):
        """Set the new value of a shared variable."""
        if not isinstance(key, SharedVariable):
            raise TypeError(f"OrderedUpdates keys must inherit from SharedVariable, got {key!r}")
        super().__setitem__(key, value)

    def update(self, other=None):
        """Add new values; another one for the same variable is a KeyError."""
        for key, value in OrderedDict(other or ()).items():
            if key in self and self[key] is not value:
                raise KeyError("Collision", key)
            self[key] = value

    def __add__(self, other):
        """Return the new values of both."""
        both = OrderedUpdates(self)
        both.update(other)
        return both

    def __radd__(self, other):
        """Return the new values of both."""
        return OrderedUpdates(other) + self
