"""``theano.misc.strutil``."""

__all__ = ["render_string"]


def render_string(string, sub):
    """Return a text with ``%(name)s`` replaced."""
    return string % sub
