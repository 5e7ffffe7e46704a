"""One fit at a time for each model: a second one, from another thread or a callback, is an error."""

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from udl_pt._support.interrupts import bracketed, uninterruptible

__all__ = ["allowing_fit", "being_fitted", "is_being_fitted", "is_training", "one_fit_at_a_time"]

R = TypeVar("R")
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class _Claim:
    """Which thread fits a model; `open` while a network calls the fit of this layer of its own."""

    model: Any
    thread: int
    open: bool = False


_lock = threading.Lock()
_claims: dict[int, _Claim] = {}  # by id: models may be equal, and needn't be hashable


def _forget() -> None:
    """Start anew in a forked process: the threads that fit are not in it."""
    global _lock
    _lock = threading.Lock()
    _claims.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def being_fitted(model: Any, parts: Iterable[Any], function: Callable[[], R]) -> R:
    """Call a function; meanwhile no other fit of the model or its parts can start.

    Parameters
    ----------
    model : object
        The model to fit.
    parts : iterable of object
        Its parts, fitted with it, such as the layers of a network.
    function : callable
        The function that fits it.

    Returns
    -------
    object
        The function's result.

    Raises
    ------
    RuntimeError
        When one of them is being fitted already.
    """
    thread, parts = threading.get_ident(), list(parts)
    mine = {id(one): _Claim(one, thread) for one in (model, *parts)}
    before: dict[int, _Claim] = {}

    def claim_all() -> None:
        with _lock:
            before.update({key: _claims[key] for key in mine if key in _claims})
            for claim in before.values():
                if not (claim.model is model and claim.open and claim.thread == thread):
                    raise _refusal(model, claim, thread)
            _claims.update(mine)

    return bracketed(claim_all, function, lambda: _restore(mine, before))


def is_being_fitted(model: Any) -> bool:
    """Whether a fit of the model is under way, in any thread."""
    return id(model) in _claims


def is_training(model: Any) -> bool:
    """Whether a fit of the library trains the model, in any thread; not a layer's own fit in a network."""
    claim = _claims.get(id(model))
    return claim is not None and not claim.open


@contextmanager
def allowing_fit(layer: Any) -> Iterator[None]:
    """Allow this thread, which fits a network, to fit a layer of it."""
    mine = {id(layer): _Claim(layer, threading.get_ident(), open=True)}
    before = {key: _claims[key] for key in mine if key in _claims}  # this thread's own: no other changes them
    try:
        with _lock:
            _claims.update(mine)
        yield
    finally:
        _restore(mine, before)


@uninterruptible
def _restore(mine: Iterable[int], before: dict[int, _Claim]) -> None:
    with _lock:
        for key in mine:
            _claims.pop(key, None)
        _claims.update(before)


def _refusal(model: Any, claim: _Claim, thread: int) -> RuntimeError:
    name, other = type(model).__name__, type(claim.model).__name__
    what = f"this {name}" if claim.model is model else f"a part of this {name}, its {other},"
    if claim.thread == thread:
        return RuntimeError(
            f"{what} is being fitted in this thread already: a callback can't fit it again. Fit a copy "
            "(copy.deepcopy), or wait until the first fit has ended"
        )
    return RuntimeError(
        f"{what} is being fitted in another thread: fit copies (copy.deepcopy), or one after the other"
    )


def one_fit_at_a_time(method: Method) -> Method:
    """Decorate a model's fit: it raises RuntimeError while the model or a layer of it is being fitted."""

    @functools.wraps(method)
    def fit(self: Any, *arguments: Any, **options: Any) -> Any:
        call = functools.partial(method, self, *arguments, **options)
        return being_fitted(self, getattr(self, "hidden_layers", ()), call)

    return fit  # type: ignore[return-value]
