"""``theano.compat.six``, which Theano contained up to 0.7."""

from udl_pt.theano._face.compat.six import moves
from udl_pt.theano._runner._shims import of_six

_NAMES = of_six.six()
__all__ = [*_NAMES, "moves"]


def __getattr__(name: str) -> object:
    try:
        return _NAMES[name]
    except KeyError:
        raise AttributeError(f"theano.compat.six.{name} isn't served", name=name) from None
