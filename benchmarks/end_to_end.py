"""A chapter's whole program against the same program in eager PyTorch, from the process's start to its end.

    UDL_PT_DATA=FOLDER python benchmarks/end_to_end.py [--chapters 3 4] [--rows 60000 20000] [--rounds 1]
                                                       [--quick] [--json FILE]

Runs `udl-pt reproduce` with an empty compile cache ("cold"), the program in PyTorch (`torch_chapters.py`,
which says what it leaves out), and `udl-pt reproduce` again with what the first run compiled ("warm"). The
data are the first images of the full MNIST, and a sixth as many test images. Figures and the report count for
udl_pt. Chapter 4 has 20,000 images by default, to take a third of the minutes; from that number on the epochs
are the book's. "ratio" is PyTorch's seconds over udl_pt's (medians of the rounds). "error" is the last test
error of the first network, which shows that both have trained.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
import numpy as np
import records
from children import with_cache
from rich.console import Console
from rich.table import Table

from udl_pt import load_mnist

ROWS = {"3": 60_000, "4": 20_000}
TORCH = Path(__file__).with_name("torch_chapters.py")


def write_images(folder, rows):
    """Write the first images and labels of the full MNIST as IDX files."""
    data = load_mnist()
    for part, X, Y, n in (
        ("train", data.X, data.Y, rows),
        ("t10k", data.Xtest, data.Ytest, rows // 6),
    ):
        pixels = np.rint(255 * X[:n]).astype(np.uint8).reshape(-1, 28, 28)
        for name, array in ((f"{part}-images-idx3", pixels), (f"{part}-labels-idx1", Y[:n].astype(np.uint8))):
            head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            Path(folder, f"{name}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes(), 1))


def timed(command, environment):
    """Return the seconds of a process, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}:\n{done.stderr}")
    return seconds, done.stdout


def first_error(errors):
    return next(iter(errors.values()))[-1]


def measure(chapter, data, more):
    """Return the seconds, and the first network's last test error, of each way."""
    torch = [sys.executable, str(TORCH), chapter, "--data", data, *more]
    seen = {}
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as report:
        reproduce = [sys.executable, "-m", "udl_pt", "reproduce", chapter, "--data", data, "--out", report]
        for way in ("cold", "PyTorch", "warm"):
            print(f"chapter {chapter}, {way} ...", file=sys.stderr, flush=True)
            if way == "PyTorch":
                seconds, said = timed(torch, os.environ)
                errors = json.loads(said.splitlines()[-1])["errors"]
            else:
                seconds, _ = timed([*reproduce, *more], with_cache(cache))
                errors = find(json.loads(Path(report, "results.json").read_text()), "errors")
            seen[way] = seconds, first_error(errors)
    return seen


def find(facts, name):
    """Return the first entry of this name, in a dict of dicts."""
    if name in facts:
        return facts[name]
    inner = (find(value, name) for value in facts.values() if isinstance(value, dict))
    return next((found for found in inner if found is not None), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chapters", nargs="+", default=["3", "4"], choices=list(ROWS))
    parser.add_argument("--rows", type=int, nargs="+", help="of each chapter; default: 60000 and 20000")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="chapter 3, 300 images, small layers, an epoch")
    records.add_json(parser)
    options = parser.parse_args()
    chapters, rows = options.chapters, options.rows or [ROWS[chapter] for chapter in options.chapters]
    more = []
    if options.quick:
        chapters, rows, more = ["3"], [300], ["--sizes", "50", "30", "--epochs", "1"]
    if len(rows) != len(chapters):
        parser.error(f"--rows has {len(rows)} numbers, and --chapters {len(chapters)}")
    columns = ("chapter", "images", "way", "seconds", "ratio", "error")
    table, results = Table(*columns, title="whole programs"), {}
    for chapter, n in zip(chapters, rows, strict=True):
        with tempfile.TemporaryDirectory() as data:
            write_images(data, n)
            runs = [measure(chapter, data, more) for _ in range(options.rounds)]
        seconds = {way: [run[way][0] for run in runs] for way in runs[0]}
        peer = float(np.median(seconds["PyTorch"]))
        ratios = {way: peer / float(np.median(seconds[way])) for way in ("cold", "warm")}
        for way, took in seconds.items():
            ratio = f"{ratios[way]:.2f}" if way in ratios else ""
            error = f"{runs[0][way][1]:.2%}"
            table.add_row(chapter, f"{n:,}", way, f"{np.median(took):.1f}", ratio, error)
        errors = {way: error for way, (_, error) in runs[0].items()}
        results[chapter] = {"rows": n, "seconds": seconds, "ratios": ratios, "errors": errors}
        records.write(options.json, table, results)
    Console().print(table)
    print(machine.describe())


if __name__ == "__main__":
    main()
