"""Run Theano's own test suite against `udl_pt.theano`.

``python benchmarks/theano_suite.py PATH/TO/Theano/theano`` reads Theano 1.0.5's tests where they lie. All
modules of Theano's but its test packages are those of `udl_pt.theano`. Each file has a process of its own.
``--json FILE`` writes the table (`records.py`), ``--tests FILE`` the outcome of each test.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import records
from rich.table import Table
from theano_suite_exclusions import FILES

HERE = Path(__file__).parent
OUTCOMES = {"passed": "passed", "failed": "failed", "excluded": "left out", "skipped": "skipped"}


def records_of(path):
    """Return the last record of each test; one that was only started ended its process."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        record = json.loads(line)
        found[record["test"]] = record
    return found


def run_file(source, file, args):
    """Run a file's tests, and go on behind a test that ends the process."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.jsonl"
        flags = f"floatX={args.floatX}"
        environment = {**os.environ, "THEANO_FLAGS": flags, "THEANORC": os.devnull, "MPLBACKEND": "Agg"}
        environment["PYTHONPATH"] = f"{HERE.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        command = [sys.executable, HERE / "theano_suite_child.py", source, file, results]
        command += ["--mode", args.mode, "--seconds", str(args.seconds), "--only", args.only]
        end = time.monotonic() + args.file_seconds
        while True:
            try:
                child = subprocess.run(
                    command,
                    cwd=folder,
                    env=environment,
                    timeout=max(1, end - time.monotonic()),
                    stdout=subprocess.DEVNULL,
                    stderr=None if args.verbose else subprocess.DEVNULL,
                    check=False,
                )
                reason = f"the process ended with {child.returncode}"
            except subprocess.TimeoutExpired:
                child, reason = None, f"the file took longer than {args.file_seconds:g} s"
            started = [test for test, record in records_of(results).items() if record["outcome"] == "started"]
            with results.open("a") as log:
                for test in started:
                    log.write(json.dumps({"test": test, "outcome": "failed", "reason": reason}) + "\n")
                if child is None or (child.returncode and not started):
                    log.write(
                        json.dumps({"test": "(rest of the file)", "outcome": "failed", "reason": reason})
                        + "\n"
                    )
            if child is None or child.returncode == 0 or not started:
                return records_of(results)


def name_of(file):
    """Return a short name: "tensor/nnet: conv" for tensor/nnet/tests/test_conv.py."""
    folder, _, name = file.removesuffix(".py").rpartition("tests/test_")
    return f"{folder.strip('/') or 'theano'}: {name}"


def general(reason):
    """Return a kind of failure: the reason without what differs between tests."""
    reason = re.sub(r"0x[0-9a-f]+|\b\d+(\.\d+)?(e[+-]?\d+)?\b", "#", reason)
    return re.sub(r"\s+", " ", reason)[:110]


def main():
    """Run the files; print a table, and the kinds of failure by their number."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder that holds Theano's tests/test_gradient.py")
    parser.add_argument("files", nargs="*", help="only these, such as tensor/tests/test_basic.py")
    parser.add_argument("--mode", default="FAST_COMPILE", help="theano.config.mode of the tests")
    parser.add_argument("--floatX", default="float64", choices=("float32", "float64"))
    parser.add_argument("--seconds", type=float, default=60, help="limit of a test")
    parser.add_argument("--file-seconds", type=float, default=1200, help="limit of a file")
    parser.add_argument("--only", default="", help="run tests whose name has this pattern")
    parser.add_argument("--tests", type=Path, help="write the outcome of each test here")
    records.add_json(parser)
    parser.add_argument("--kinds", type=int, default=40, help="how many kinds of failure to print")
    parser.add_argument("--verbose", action="store_true", help="show what the tests print")
    args = parser.parse_args()
    source = args.source.resolve()
    everything, kinds, total = {}, collections.Counter(), collections.Counter()
    examples, absent = {}, {}
    table = Table("tests", *OUTCOMES.values(), title="The tests by file")
    for file in args.files or FILES:
        begin = time.monotonic()
        everything[file] = found = run_file(source, file, args)
        counts = collections.Counter(record["outcome"] for record in found.values())
        total += counts
        for test, record in found.items():
            if record["outcome"] == "missing":
                absent.setdefault(test.removeprefix("(missing) "), []).append(file)
            if record["outcome"] == "failed":
                kind = general(record["reason"])
                kinds[kind] += 1
                examples.setdefault(kind, f"{file}::{test}")
        counted = "  ".join(f"{counts[outcome]:5d} {outcome}" for outcome in OUTCOMES)
        print(f"{file:50} {counted}  {time.monotonic() - begin:6.0f} s", flush=True)
        table.add_row(name_of(file), *(f"{counts[outcome]:,}" for outcome in OUTCOMES))
        if args.tests:
            args.tests.write_text(json.dumps(everything, indent=1))
    ran = total["passed"] + total["failed"]
    print(f"{'all':50} " + "  ".join(f"{total[outcome]:5d} {outcome}" for outcome in OUTCOMES))
    print(f"{total['passed'] / ran:.1%} of {ran} pass\n" if ran else "nothing ran\n")
    table.add_row("all", *(f"{total[outcome]:,}" for outcome in OUTCOMES))
    limit = f"the mode {args.mode}, floatX {args.floatX}, at most {args.seconds:g} seconds a test"
    records.write(args.json, table, conditions=limit)
    for name, users in sorted(absent.items()):
        print(f"missing at import: {name}  ({', '.join(users)})")
    for kind, number in kinds.most_common(args.kinds):
        print(f"{number:5d}  {kind}\n       {examples[kind]}")


if __name__ == "__main__":
    main()
