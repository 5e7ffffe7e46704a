"""All goals for speed and memory in one table.

    UDL_PT_DATA=FOLDER python benchmarks/bench.py [--quick] [--parts NAME ...] [--minutes 40] [--out FOLDER]
                                                  [--page FILE]

Runs the other benchmarks one after the other, each in a process of its own. It writes what they measured
into one file, ``bench.json``, and a page with a row for each goal. "spread" is the smallest and the largest
value of all rounds. For a goal with several measurements, it is the smallest and the largest of these. A part
that fails or exceeds its time is reported, and the others go on. After ``--minutes``, no further part starts,
and the one that runs is ended. With ``--parts``, the other parts keep the numbers that FOLDER has of them.

BLAS chooses its kernels by the processor here: the environment's ``OPENBLAS_CORETYPE``, ``OPENBLAS_L2_SIZE``
and ``OPENBLAS_NUM_THREADS`` are removed. ``--quick`` takes few rows and rounds, so that it only shows that
everything runs; it writes its page into FOLDER.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import goals
from children import own_kernels
from output import write_json
from rich.console import Console
from rich.table import Table

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
LIBRARIES = ("pytensor", "numpy", "scipy", "numba", "jax", "torch", "scikit-learn")


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


def machine():
    """Return what the numbers depend on: processor, libraries, kernels."""
    code = "import machine, numpy, scipy.linalg; print(machine.describe()); print(machine.jax_devices())"
    environment = own_kernels() | {"PYTHONPATH": os.pathsep.join([str(FOLDER), *sys.path])}
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    cores, devices = said.stdout.strip().splitlines()
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    versions = {"Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "processor": models[0].partition(":")[2].strip() if models else platform.processor(),
        "system": platform.system(),
        "cores": cores,
        "devices": devices,
        "versions": versions,
    }


def page(facts):
    """Return the page in Markdown."""
    marks = {True: "yes", False: "**no**", None: "not measured"}
    lines = ["# Goals for speed and memory", ""]
    lines += ["`python benchmarks/bench.py" + " --quick" * facts["quick"] + "` wrote this page.", ""]
    if facts["quick"]:
        lines += ["With few rows and rounds, these numbers only show that everything runs.", ""]
    own = facts["machine"]
    lines += [f"- Date: {facts['date']}", f"- Processor: {own['processor']}, {own['system']}; {own['cores']}"]
    lines += ["- Versions: " + ", ".join(f"{name} {number}" for name, number in own["versions"].items())]
    lines += [f"- Devices: {own['devices']}"]
    before, after = facts["load"]
    lines += [
        f"- Load (processes that run or wait, mean of a minute): {before:.1f} before, {after:.1f} after"
    ]
    lines += ["", "| goal | measured | spread | reached |", "| --- | --- | --- | --- |"]
    for row in facts["goals"]:
        measured = (row["goal"], row["measured"], row["spread"], marks[row["reached"]])
        lines.append("| " + " | ".join(measured) + " |")
    lines += ["", "The spread is the smallest and the largest value of all rounds. For a goal with several"]
    lines += ["measurements, it is the smallest and the largest of these.", ""]
    lines += ["The commands, without `--json FILE`:", ""]
    lines += ["| part | command | seconds | result |", "| --- | --- | --- | --- |"]
    for name, part in sorted(facts["parts"].items(), key=lambda item: list(PARTS).index(item[0])):
        said = part["problem"] or "complete"
        lines.append(f"| {name} | `python benchmarks/{part['command']}` | {part['seconds']:.0f} | {said} |")
    series = facts["numbers"].get("growth", {}).get("series", [])
    if series:
        lines += ["", "## How an epoch's seconds grow", ""]
        lines += [
            "The exponent is fitted to all sizes: seconds ~ size^exponent. GFLOP/s are those of the step's"
        ]
        lines += [
            "matrix products, at each size.",
            "",
            "| model | threads | grows | exponent | seconds | GFLOP/s |",
        ]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
    for one in series:
        seconds, rates = (
            ", ".join(
                f"{size:,}: {value:.{digits}f}" for size, value in zip(one["sizes"], one[name], strict=True)
            )
            for name, digits in (("seconds", 2), ("gflops", 0))
        )
        first = f"{one['model']} | {one['threads']} | {one['grows']} | {one['exponent']:.2f}"
        lines.append(f"| {first} | {seconds} | {rates} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows and rounds")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS), metavar="NAME")
    parser.add_argument("--minutes", type=float, default=40, help="at most, of all parts")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder of the numbers")
    parser.add_argument("--page", type=Path, help="default: benchmarks/results.md, or in the folder if quick")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.page or (options.out if options.quick else FOLDER) / "results.md"
    end, load = time.monotonic() + 60 * options.minutes, os.getloadavg()[0]
    facts = {"date": date.today().isoformat(), "quick": options.quick, "machine": machine()}
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
            facts["numbers"][name] = json.loads(file.read_text())
        seconds = time.monotonic() - start
        facts["parts"][name] = {"command": command, "seconds": seconds, "problem": problem}
        facts["load"] = [load, os.getloadavg()[0]]
        facts["goals"] = [asdict(row) for row in goals.rows(facts["numbers"])]
        write_json(options.out / "bench.json", facts)
        target.write_text(page(facts), encoding="utf-8")
    table = Table("goal", "measured", "spread", "reached")
    for row in facts["goals"]:
        reached = {True: "yes", False: "no", None: "not measured"}[row["reached"]]
        table.add_row(row["goal"], row["measured"], row["spread"], reached)
    Console().print(table)
    print(f"the page is {target}, the numbers are in {options.out}")
    return int(any(part["problem"] for part in facts["parts"].values()))


if __name__ == "__main__":
    sys.exit(main())
