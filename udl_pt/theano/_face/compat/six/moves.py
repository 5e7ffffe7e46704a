"""``theano.compat.six.moves``, which Theano contained up to 0.7."""

from udl_pt.theano._runner._shims import of_six

_NAMES = of_six.moves()
__all__ = [*_NAMES]


def __getattr__(name: str) -> object:
    try:
        return _NAMES[name]
    except KeyError:
        raise AttributeError(f"theano.compat.six.moves.{name} isn't served", name=name) from None
