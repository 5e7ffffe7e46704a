"""Files of results: what a benchmark measured, where, when, and by which command.

The pages of ``docs/results`` show the files in ``benchmarks/results``. A file is a JSON object with these
members:

- ``title``: the heading on the page
- ``goal``: what was asked, or the target that was set before the measurement
- ``command``: the command that makes the file, without ``--json FILE``
- ``measured``: a date, or the first and the last one: ``2026-11-24/2026-11-25``
- ``machine``: a key of ``machines.json`` in the same folder
- ``columns`` and ``rows``: the table, as texts, rounded as they were printed; a row's first cells name it
- ``sentence``: what the table says, in Markdown
- ``conditions`` (optional): dtype, backend, threads, other programs
- ``versions`` (optional): the versions of the libraries
- ``chart`` (optional): what ``docs/_ext/charts.py`` draws
- ``numbers`` (optional): the unrounded numbers
- ``transcribed`` (optional): true if the table was copied from an earlier page, not written by the command

``python benchmarks/NAME.py --json FILE`` replaces ``columns``, ``rows`` and all that says how they were
measured. It keeps ``title``, ``goal`` and ``chart`` of a file that is there. If the rows are new, it empties
``sentence``: write a new one.
"""

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import machine

from udl_pt._support.files import as_json
from udl_pt._support.storage import replace_file

__all__ = ["RESULTS", "add_json", "as_columns", "cell", "check", "machines", "read", "write"]

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("pytensor", "numpy", "scipy", "numba", "jax", "torch", "scikit-learn")
TEXTS = ("title", "goal", "command", "measured", "machine", "sentence")
OPTIONAL = {"conditions": str, "versions": dict, "chart": dict, "numbers": (dict, list), "transcribed": bool}
DATES = re.compile(r"\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?")


def add_json(parser):
    """Add ``--json FILE`` to the options of a benchmark."""
    parser.add_argument(
        "--json", metavar="FILE", type=_file, help="write the table and the numbers here, too"
    )


def _file(name):
    """Return the path of a file that can be written: it is tried before hours of work."""
    path = Path(name)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{name} is a folder, expected a file")
    if path.exists() and _old(path) is None:
        raise argparse.ArgumentTypeError(f"{name} is no file of results: choose another name")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name} can't be written: {error.strerror}") from None
    return path


def _old(path):
    """Return the record of a file, or None where it has other content."""
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return old if isinstance(old, dict) else None


def write(path, table, numbers=None, *, conditions=None, before=()):
    """Replace a file by a `rich.table.Table` and the unrounded numbers; do nothing where there is no path.

    ``before`` are commands that must run before this one. Without ``conditions``, they are the kernels and
    threads of BLAS.
    """
    if path is None:
        return
    old = (_old(path) if path.exists() else None) or {}
    columns, rows = as_columns(table)
    record = {
        "title": old.get("title") or str(table.title or path.stem),
        "goal": old.get("goal", ""),
        "command": "\n".join([*before, _command()]),
        "measured": date.today().isoformat(),
        "machine": _machine(path.parent / "machines.json"),
        "versions": _versions(),
        "columns": columns,
        "rows": rows,
        "sentence": old.get("sentence", "") if old.get("rows") == rows else "",
    }
    record |= {"chart": old["chart"]} if "chart" in old else {}
    conditions = machine.kernels() if conditions is None else conditions
    record |= {"conditions": conditions} if conditions else {}
    record |= {} if numbers is None else {"numbers": numbers}
    replace_file(path, as_json(record, indent=1))


def as_columns(table):
    """Return the heads and the rows of a `rich.table.Table`."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    return [str(column.header) for column in table.columns], [[str(text) for text in row] for row in rows]


def _command():
    script = Path(sys.argv[0]).resolve()
    own = [f"{script.parent.name}/{script.name}", *sys.argv[1:]]
    if "--json" in own:
        del own[own.index("--json") : own.index("--json") + 2]
    words = " ".join(f'"{word}"' if " " in word else word for word in own if not word.startswith("--json="))
    return "UDL_PT_DATA=FOLDER " * ("UDL_PT_DATA" in os.environ) + f"python {words}"


def _versions():
    versions = {"Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _machine(file):
    """Return this machine's key in a file of machines; add it where it is missing."""
    machines = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    own = {"processor": processor(), "cores": os.cpu_count(), "system": platform.system()}
    for key, facts in machines.items():
        if {name: facts.get(name) for name in own} == own:
            return key
    key = f"{' '.join(own['processor'].split())}, {own['cores']} cores"
    replace_file(file, as_json(machines | {key: own}, indent=1))
    return key


def processor():
    """Return the name of this machine's processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def read(name, folder=RESULTS):
    """Return the record of a name, such as ``"pca"``, after a check."""
    path = folder / f"{name}.json"
    if not path.exists():
        raise ValueError(f"there is no file {path.name} of results in {folder}")
    record = json.loads(path.read_text(encoding="utf-8"))
    if wrong := check(record, machines(folder)):
        raise ValueError(f"{path.name}: {'; '.join(wrong)}")
    return record


def machines(folder=RESULTS):
    """Return the machines by their keys."""
    return json.loads((folder / "machines.json").read_text(encoding="utf-8"))


def check(record, machines):
    """Return what is wrong with a record; an empty list if nothing is."""
    wrong = [f"{name} is missing or empty" for name in TEXTS if not _is_text(record.get(name))]
    known = {*TEXTS, *OPTIONAL, "columns", "rows"}
    wrong += [f"{name!r} is not a member of a record" for name in record if name not in known]
    wrong += [
        f"{name} is {record[name]!r}, of the wrong type"
        for name, kind in OPTIONAL.items()
        if name in record and not isinstance(record[name], kind)
    ]
    if not DATES.fullmatch(str(record.get("measured"))):
        wrong.append(f"measured is {record.get('measured')!r}, expected 2026-11-24 or 2026-11-24/2026-11-25")
    if record.get("machine") not in machines:
        wrong.append(f"machine {record.get('machine')!r} is not in machines.json: {', '.join(machines)}")
    columns, rows = record.get("columns"), record.get("rows")
    if not (columns and all(isinstance(text, str) for text in columns)):
        wrong.append("columns must be texts")
    elif not rows:
        wrong.append("rows are missing or empty")
    else:
        cells = [i for i, row in enumerate(rows) if not all(isinstance(text, str) for text in row)]
        wrong += [f"row {i} has a cell that is no text" for i in cells]
        lengths = [i for i, row in enumerate(rows) if len(row) != len(columns)]
        wrong += [f"row {i} has {len(rows[i])} cells, expected {len(columns)}" for i in lengths]
        used = _columns_of(record.get("chart", {}))
        wrong += [f"the chart's column {name!r} is not in columns" for name in used if name not in columns]
    return wrong


def _is_text(value):
    return isinstance(value, str) and bool(value.strip())


def _columns_of(chart):
    return [chart[name] for name in ("x",) if name in chart] + list(chart.get("y", ()))


def cell(record, row, column):
    """Return the text of a cell. The row is named by its first cells: ``"ladder"`` or ``"numba, cold"``."""
    found = [cells for cells in record["rows"] if f"{', '.join(cells)}, ".startswith(f"{row}, ")]
    if len(found) != 1:
        raise ValueError(f"{len(found)} rows begin with {row!r}, expected one: {record['title']}")
    if column not in record["columns"]:
        raise ValueError(f"there is no column {column!r}, expected one of {record['columns']}")
    return found[0][record["columns"].index(column)]
