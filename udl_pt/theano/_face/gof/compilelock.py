"""``theano.gof.compilelock``: the lock of the folder of compiled code."""

import contextlib

from pytensor.compile.compilelock import force_unlock, lock_ctx

__all__ = ["force_unlock", "get_lock", "lock_ctx", "release_lock"]

_held: list[contextlib.AbstractContextManager[None]] = []


def get_lock(lock_dir=None, **options):
    """Take the lock, for this process, until `release_lock`."""
    lock = lock_ctx(lock_dir)
    lock.__enter__()
    _held.append(lock)


def release_lock():
    """Release the lock that was taken last."""
    if _held:
        _held.pop().__exit__(None, None, None)
