"""Careless ways to save a model or to write a report, which campaigns must find out.

Processes import this by name.
"""

import contextlib
import os
import tempfile
import threading
import time
import uuid
from pathlib import Path
from unittest import mock

_one = threading.Lock()


def _content(dbn):
    """Return the bytes of the model's file."""
    with _one, mock.patch("udl_pt._support.storage.replace_file") as taken:
        dbn.save("unused")
    return taken.call_args.args[1]


def _write(name, content, path):
    try:
        with open(name, "wb", buffering=0) as file:
            for start in range(0, len(content), 4096):
                file.write(content[start : start + 4096])
                time.sleep(0.0005)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error


def in_place(dbn, path):
    """Overwrite the file."""
    _write(path, _content(dbn), path)


def aside(dbn, path):
    """Write beside the file, whole, but leave there what an error or a kill cuts off."""
    unfinished = f"{path}.{uuid.uuid4().hex}"
    _write(unfinished, _content(dbn), path)
    os.replace(unfinished, path)


def always_the_same_name(dbn, path):
    """Write beside the file, under a name that two writers share."""
    Path(f"{path}.part").write_bytes(_content(dbn))
    time.sleep(0.005)
    os.replace(f"{path}.part", path)


def silent(dbn, path):
    """Hide errors."""
    with contextlib.suppress(OSError):
        dbn.save(path)


def report_in_place(folder, contents):
    """Overwrite the report's files."""
    for name, content in contents.items():
        _write(Path(folder, name), content, name)


def report_aside(folder, contents):
    """Write into a folder inside, whole, but leave that where a kill cuts it off."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as aside:
        for name, content in contents.items():
            _write(Path(aside, name), content, name)
            os.replace(Path(aside, name), Path(folder, name))


def fitted_without_generators(case, backend, path, result):
    """Resume a fit, but leave the generators as they are."""
    from campaigns import resumed_fits

    with mock.patch("udl_pt.training._resuming.to_states"):
        return resumed_fits.fitted(case, backend, path, result)
