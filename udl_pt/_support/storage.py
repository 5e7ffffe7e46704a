"""Files of arrays: safetensors, with a digest over all that they hold. Nothing is unpickled.

A file is replaced whole or not at all, and read only after its header was validated. The digest finds damage;
since anybody can compute it, it doesn't replace the validation.
"""

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import reprlib
import secrets
import stat
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.messages import shown

try:
    import fcntl
except ImportError:  # Windows, where no file can be removed that its writer has open
    fcntl = None  # type: ignore[assignment]

__all__ = ["Forms", "read_arrays", "replace_file", "write_arrays"]

Forms = Mapping[str, tuple[str, tuple[int, ...]]]  # dtype and shape of each array, by its name

HEADER = 1 << 20  # bytes: enough for hundreds of layers, and parsed within milliseconds
RANK = 8  # dimensions
DTYPES = {"BOOL": "bool", "F16": "float16", "F32": "float32", "F64": "float64"}
for _bits in (8, 16, 32, 64):
    DTYPES |= {f"I{_bits}": f"int{_bits}", f"U{_bits}": f"uint{_bits}"}


def write_arrays(path: Any, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Write arrays and facts, whole or not at all; see `replace_file`.

    Parameters
    ----------
    path : path-like
        The file; one that is there is replaced.
    arrays : mapping of str to ndarray
        Arrays of integers, of booleans, and of finite floats, by name.
    facts : mapping
        What JSON can hold.

    Raises
    ------
    ValueError, TypeError
        For what `read_arrays` would refuse, and for a path that names no file. Nothing is written.
    OSError
        When the file can't be written. The old file is as it was.
    """
    from safetensors.numpy import save  # here: it is needed for files only

    file_name(path)
    whole = {
        name: np.asarray(array, array.dtype.newbyteorder("="), order="C") for name, array in arrays.items()
    }
    for name, array in whole.items():
        if array.dtype.name not in DTYPES.values() or array.ndim > RANK:
            raise TypeError(
                f"array {name!r} is {array.dtype.name} of shape {array.shape}, expected integers, booleans "
                f"or floats of at most {RANK} dimensions"
            )
        _check_finite(name, array)
    said = json.dumps(facts, sort_keys=True, allow_nan=False)
    content = save(whole, {"facts": said, "sha256": _digest(whole, said)})
    if (length := int.from_bytes(content[:8], "little")) > HEADER:
        long = "shorten texts and lists, such as a layer's id"
        shorter = "save fewer arrays" if len(said) < length / 2 else long
        raise ValueError(
            f"the file's header would have {length:,} bytes, expected at most {HEADER:,}: {shorter}"
        )
    replace_file(path, content)


def read_arrays(
    path: Any, check: Callable[[dict[str, Any], Forms], object]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_arrays` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    check : callable
        ``check(facts, forms)`` gets the facts, and dtype and shape of each array, before any array is read.
        It raises ValueError where they don't fit together.

    Returns
    -------
    arrays : dict of str to ndarray
        Of finite numbers, by name.
    facts : dict

    Raises
    ------
    FileNotFoundError
        When the file does not exist.
    IsADirectoryError
        When it is a folder.
    OSError
        When the file can't be read.
    DataError
        When it isn't such a file, when `check` refuses it, or when it was altered.
    """
    name = file_name(path)
    try:
        if file_mode(name, name) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        with open(name, "rb") as file:
            try:
                said, digest, forms = _header(file)
            except ValueError as error:
                raise DataError(
                    f"{name} is not a complete safetensors file ({error}): save the model again"
                ) from error
            if said is None:
                raise DataError(
                    f"{name} is a safetensors file, but not one that udl_pt wrote: it has no digest"
                )
            try:
                facts = _parsed(said)
                check(facts, forms)
                arrays = {array: _read(file, array, *form) for array, form in forms.items()}
                if _digest(arrays, said) != digest:
                    raise ValueError("it was altered, its digest doesn't match its content")
                for array, values in arrays.items():
                    _check_finite(array, values)
            except ValueError as error:
                raise DataError(f"{name} can't be loaded: {error}; save the model again") from error
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from error
    return arrays, facts


def file_name(path: Any, argument: str = "path") -> str:
    """Return a path as text; `argument` is its name in messages.

    Raises
    ------
    TypeError, ValueError
        When it can't be a file's name.
    """
    expected = "expected the name of a file, such as 'model.st'"
    try:
        name = os.fsdecode(path)
    except TypeError:
        raise TypeError(f"{argument} is {shown(path)}, {expected}") from None
    if not name or "\0" in name:
        raise ValueError(f"{argument} is {shown(path)}, {expected}")
    return name


def replace_file(path: Any, content: bytes) -> None:
    """Write a file whole or not at all.

    The bytes are written to a file of a random name in the same folder, and flushed to the disk. That file
    then replaces the target. It is removed after any error. One that a kill left behind is removed when the
    same target is written again. Several writers may replace one file: each succeeds, and the last one
    counts.

    Parameters
    ----------
    path : path-like
        The file. One that is there keeps its mode; a new one gets that of the umask. A symbolic link stays,
        and the file that it points to is replaced.
    content : bytes

    Raises
    ------
    TypeError, ValueError
        When `path` can't be a file's name.
    OSError
        When the file can't be written; the message has the path.
    """
    name = file_name(path)
    target = os.path.realpath(name)
    try:
        mode = file_mode(name, target)
        folder, short = os.path.split(target)
        prefix = f".udl_pt-{hashlib.sha256(os.fsencode(short)).hexdigest()[:16]}-"
        _remove_leftovers(folder, prefix)
        unfinished = os.path.join(folder, f"{prefix}{secrets.token_hex(8)}.part")
        try:
            with _made(unfinished, 0o666 if mode is None else mode | 0o600) as file:
                rest = memoryview(content)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
                if mode is not None:
                    os.chmod(unfinished, mode)
                if fcntl is None:
                    file.close()
                os.replace(unfinished, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(unfinished)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from error
    with contextlib.suppress(OSError):  # not every file system can do that with a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def file_mode(name: str, target: str) -> int | None:
    """Return the permissions of a file; None where there is none.

    Raises
    ------
    OSError
        When `target`, or what `name` would be, isn't a regular file.
    """
    if os.path.isdir(target) or not os.path.basename(name):
        raise IsADirectoryError(errno.EISDIR, "This is a folder, expected a file, such as model.st in it")
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "This is not a regular file, expected one such as model.st")
    return stat.S_IMODE(mode)


def _made(unfinished: str, mode: int) -> Any:
    """Create a file that is locked for as long as it is open: the sign that its writer lives."""
    while True:
        # "x" follows no link that somebody has put there
        file = open(unfinished, "xb", buffering=0, opener=lambda name, flags: os.open(name, flags, mode))  # noqa: SIM115
        if fcntl is None:
            return file
        with contextlib.suppress(OSError):  # a file system without locks: no leftover is removed there
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # another writer took it for a leftover before it was locked


def _remove_leftovers(folder: str, prefix: str) -> None:
    """Remove the unfinished files that dead writers of this target left."""
    pattern = re.compile(re.escape(prefix) + r"[0-9a-f]{16}\.part")
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = [e.path for e in entries if pattern.fullmatch(e.name) and e.is_file(follow_symlinks=False)]
        for leftover in found:
            with contextlib.suppress(OSError), open(leftover, "r+b") as file:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while the writer lives
                os.unlink(leftover)


def _header(file: BinaryIO) -> tuple[str | None, str | None, Forms]:
    """Read facts, digest, and dtype and shape of each array in the file's order.

    Raises
    ------
    ValueError
        When these arrays don't fill the file exactly, or aren't such as `write_arrays` writes.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(HEADER, size - 8):
        raise ValueError(f"it has {size:,} bytes, too few for a header of {length:,}")
    header = _parsed(file.read(length).decode())
    said = header.pop("__metadata__", None)
    places = {}
    for name, tensor in header.items():
        where = f"tensor {reprlib.repr(name)}"
        if not (isinstance(tensor, dict) and set(tensor) == {"dtype", "shape", "data_offsets"}):
            raise ValueError(f"{where} isn't described by dtype, shape and data_offsets")
        dtype, shape, place = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
        if not (isinstance(dtype, str) and dtype in DTYPES):
            raise ValueError(f"{where} has dtype {reprlib.repr(dtype)}, expected one of {tuple(DTYPES)}")
        if not (_are_numbers(shape, size) and len(shape) <= RANK):
            raise ValueError(f"{where} has shape {reprlib.repr(shape)}, expected integers of at least 0")
        if not (_are_numbers(place, size) and len(place) == 2):
            raise ValueError(f"{where} has data_offsets {reprlib.repr(place)}, expected a start and an end")
        places[name] = place[0], place[1], DTYPES[dtype], tuple(shape)
    forms, end = {}, 0
    for name, (start, stop, dtype, shape) in sorted(places.items(), key=lambda item: item[1][:2]):
        n = math.prod(shape) * np.dtype(dtype).itemsize
        if start != end or stop - start != n:
            raise ValueError(
                f"tensor {reprlib.repr(name)} of shape {shape} is at {start} to {stop}, expected {n} bytes "
                f"from {end} on"
            )
        forms[name], end = (dtype, shape), stop
    if end != size - 8 - length:
        raise ValueError(f"its arrays have {end:,} bytes, but the file holds only {size - 8 - length:,}")
    if not (
        isinstance(said, dict)
        and set(said) == {"facts", "sha256"}
        and all(isinstance(text, str) for text in said.values())
    ):
        return None, None, forms
    return said["facts"], said["sha256"], forms


def _are_numbers(value: Any, largest: int) -> bool:
    """Whether `value` is a list of integers from 0 to `largest`; True is not an integer."""
    return isinstance(value, list) and all(type(n) is int and 0 <= n <= largest for n in value)


def _parsed(text: str) -> dict[str, Any]:
    """Parse a JSON object in which no name occurs twice, and NaN and infinity not at all.

    Raises
    ------
    ValueError
        For anything else.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError(f"its JSON is {reprlib.repr(value)}, expected an object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in its JSON")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"its JSON has {text}")


def _read(file: BinaryIO, name: str, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Read the array that comes next; its memory is its own."""
    array = np.empty(shape, np.dtype(dtype).newbyteorder("<"))
    if file.readinto(array.reshape(-1).view(np.uint8)) < array.nbytes:  # type: ignore[attr-defined]
        raise ValueError(f"tensor {name!r} is incomplete")
    return array.astype(dtype, copy=False)


def _check_finite(name: str, array: np.ndarray) -> None:
    if not (finite := np.isfinite(array)).all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"array {name!r} is {array[place]} at {list(place)}, expected finite numbers")


def _digest(arrays: Mapping[str, np.ndarray], facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
