"""Files of arrays: safetensors, with a digest over all that they hold. Nothing is unpickled."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from udl_pt.validation import DataError

__all__ = ["read_arrays", "write_arrays"]


def write_arrays(path: Any, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Write arrays and facts, whole or not at all.

    Parameters
    ----------
    path : path-like
        The file; one that is there is replaced.
    arrays : mapping of str to ndarray
        By name.
    facts : mapping
        What JSON can hold.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    said = json.dumps(facts, sort_keys=True)
    unfinished = Path(f"{path}.part")
    save_file(whole, unfinished, {"facts": said, "sha256": _digest(whole, said)})
    os.replace(unfinished, path)


def read_arrays(path: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_arrays` wrote.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    DataError
        When it isn't such a file, or not as it was written.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            said = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, no mapping
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError(f"{path} is no whole safetensors file ({error}): save the model again") from error
    if not {"facts", "sha256"} <= set(said):
        raise DataError(f"{path} is a safetensors file, but not one that udl_pt wrote: it has no digest")
    if _digest(arrays, said["facts"]) != said["sha256"]:
        raise DataError(f"{path} was altered: its digest doesn't fit what it holds; save the model again")
    return arrays, json.loads(said["facts"])


def _digest(arrays: Mapping[str, np.ndarray], facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
