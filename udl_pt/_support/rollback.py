"""What becomes of layers when the pretraining of a network fails."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from udl_pt._support.exceptions import DivergenceError

__all__ = ["incomplete_in_pretraining", "layers_restored_on_error", "naming_layer"]


@contextmanager
def layers_restored_on_error(layers: Sequence[Any]) -> Iterator[None]:
    """Restore the layers' attributes after an exception, except a DivergenceError."""
    before = [dict(vars(layer)) for layer in layers]
    try:
        yield
    except DivergenceError:
        raise
    except Exception:
        for layer, attributes in zip(layers, before, strict=True):
            vars(layer).update(attributes)
            for name in vars(layer).keys() - attributes.keys():
                del vars(layer)[name]
        raise


@contextmanager
def incomplete_in_pretraining(network: Any) -> Iterator[None]:
    """Mark a network as one without parameters while its layers are trained.

    After a divergence or an interrupt it stays so. Any other error leaves the layers as they were, and so the
    network has the parameters that it had before.
    """
    network._in_pretraining = True
    complete, network._complete = network._complete, False  # until all parameters belong together
    try:
        yield
    except Exception as error:
        if not isinstance(error, DivergenceError):
            network._complete = complete
        raise
    finally:
        network._in_pretraining = False


@contextmanager
def naming_layer(number: int, n_layers: int) -> Iterator[None]:
    """Prefix errors of a layer's ``fit`` with the layer's number.

    Parameters
    ----------
    number : int
        Counted from 1.
    n_layers : int
        Layers of the network.

    Raises
    ------
    DivergenceError, ValueError, TypeError
        The same, with another message.
    """
    where = f"layer {number} of {n_layers}"
    try:
        yield
    except DivergenceError as error:
        raise DivergenceError(f"{where}: {error}") from error
    except (ValueError, TypeError) as error:
        if type(error) in (ValueError, TypeError):
            raise type(error)(f"{where} (see pretrain_options): {error}") from error
        raise
