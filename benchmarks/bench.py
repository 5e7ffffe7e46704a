"""All goals for speed and memory in one table.

    UDL_PT_DATA=FOLDER python benchmarks/bench.py [--quick] [--parts NAME ...] [--minutes 40] [--out FOLDER]

Runs the other benchmarks one after the other, each in a process of its own. It writes what they measured
into one file, ``bench.json``, and two files of `records.py`: ``goals.json`` with a row for each goal, and
``goals_parts.json`` with the commands. "spread" is the smallest and the largest
value of all rounds. For a goal with several measurements, it is the smallest and the largest of these. A part
that fails or exceeds its time is reported, and the others go on. After ``--minutes``, no further part starts,
and the one that runs is ended. With ``--parts``, the other parts keep the numbers that FOLDER has of them.

BLAS chooses its kernels by the processor here: the environment's ``OPENBLAS_CORETYPE``, ``OPENBLAS_L2_SIZE``
and ``OPENBLAS_NUM_THREADS`` are removed. ``--quick`` takes few rows and rounds, so that it only shows that
everything runs; it writes all files into FOLDER.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import goals
import records
from children import own_kernels
from rich.console import Console
from rich.table import Table

from udl_pt._support.files import as_json
from udl_pt._support.storage import replace_file

FOLDER = Path(__file__).parent
FEW = "--kind auto-encoder --rounds 1 --dtype float32"
THREE = "--kind auto-encoder fine-tuning rbm --dtype float32"
PARTS = {  # the arguments in full, and to be quick; minutes that it may take
    "step": ("step.py --step-alone --rounds 4", f"step.py --step-alone {FEW}", 10),
    "step, other batches": (
        f"step.py --step-alone --batch 20 500 --rounds 2 {THREE}",
        f"step.py --step-alone --batch 20 {FEW}",
        6,
    ),
    "step, one thread": (
        f"step.py --step-alone --threads 1 --rounds 2 {THREE}",
        f"step.py --step-alone --threads 1 {FEW}",
        4,
    ),
    "refits": ("refits.py --seconds 45", "refits.py --quick --backend numba c", 8),
    "start": ("start.py --rounds 2", "start.py --backend numba", 5),
    "end_to_end": ("end_to_end.py", "end_to_end.py --quick", 12),
    "annealing": ("annealing.py", "annealing.py --temperatures 100 --rounds 2", 2),
    "tsne": ("tsne.py --rounds 3", "tsne.py --points 200 --rounds 1", 4),
    "monitor": ("monitor.py --rounds 3", "monitor.py --rows 2000 --rounds 2", 4),
    "memory": ("memory.py", "memory.py --rows 4000 8000", 2),
    "side_by_side": ("side_by_side.py --seconds 10", "side_by_side.py --seconds 1", 5),
    "growth": ("growth.py", "growth.py --quick", 5),
}


def run(command, file, seconds):
    """Run a benchmark, and return what was wrong ("" if nothing)."""
    full = [sys.executable, "-W", "ignore", str(FOLDER / command[0]), *command[1:], "--json", str(file)]
    file.unlink(missing_ok=True)
    with subprocess.Popen(full, env=own_kernels(), start_new_session=True) as child:
        try:
            status = child.wait(seconds)
        except BaseException as error:
            os.killpg(child.pid, signal.SIGKILL)  # its children, too
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return f"ended after {seconds:.0f} s"
    if status != 0:
        return f"failed with status {status}"
    return "" if file.exists() else "wrote no numbers"


def kernels():
    """Return each BLAS with its threads and kernels, and the devices of JAX."""
    code = "import machine, numpy, scipy.linalg; print(machine.describe()); print(machine.jax_devices())"
    environment = own_kernels() | {"PYTHONPATH": os.pathsep.join([str(FOLDER), *sys.path])}
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return "; ".join(said.stdout.strip().splitlines())


def table_of_goals(goals):
    marks = {True: "yes", False: "no", None: "not measured"}
    table = Table("goal", "measured", "spread", "reached", title="Goals for speed and memory")
    for row in goals:
        table.add_row(row["goal"], row["measured"], row["spread"], marks[row["reached"]])
    return table


def table_of_parts(parts):
    table = Table("part", "command", "seconds", "result", title="Programs that measure the goals")
    for name, part in sorted(parts.items(), key=lambda item: list(PARTS).index(item[0])):
        command = f"`python benchmarks/{part['command']}`"
        table.add_row(name, command, f"{part['seconds']:.0f}", part["problem"] or "complete")
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows and rounds")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS), metavar="NAME")
    parser.add_argument("--minutes", type=float, default=40, help="at most, of all parts")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder of the numbers")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    folder = options.out if options.quick else records.RESULTS
    end, load = time.monotonic() + 60 * options.minutes, os.getloadavg()[0]
    facts, own = {"quick": options.quick}, kernels()
    earlier = options.out / "bench.json"
    kept = json.loads(earlier.read_text()) if options.parts != list(PARTS) and earlier.exists() else {}
    facts |= {name: kept.get(name, {}) for name in ("parts", "numbers")}
    for name in options.parts:
        full, quick, minutes = PARTS[name]
        command = quick if options.quick else full
        file, start = (
            options.out.resolve() / f"{name.replace(', ', '_').replace(' ', '_')}.json",
            time.monotonic(),
        )
        print(f"\n{name}: python benchmarks/{command}", flush=True)
        left = end - start
        problem = run(command.split(), file, min(60 * minutes, left)) if left > 0 else "no time left"
        if problem:
            print(f"{name}: {problem}", file=sys.stderr)
        if file.exists() and problem != "no time left":  # a part that was ended may have written some
            facts["numbers"][name] = json.loads(file.read_text())["numbers"]
        seconds = time.monotonic() - start
        facts["parts"][name] = {"command": command, "seconds": seconds, "problem": problem}
        facts["load"] = [load, os.getloadavg()[0]]
        facts["goals"] = [asdict(row) for row in goals.rows(facts["numbers"])]
        replace_file(earlier, as_json(facts, indent=1))
        table = table_of_goals(facts["goals"])
        before, after = facts["load"]
        said = (
            f"{own}; programs that ran or waited (mean of a minute): {before:.1f} before, {after:.1f} after"
        )
        records.write(folder / "goals.json", table, conditions=said)
        records.write(folder / "goals_parts.json", table_of_parts(facts["parts"]), conditions=said)
    Console().print(table)
    print(f"the tables are {folder}/goals.json and goals_parts.json, the numbers are in {options.out}")
    return int(any(part["problem"] for part in facts["parts"].values()))


if __name__ == "__main__":
    sys.exit(main())
