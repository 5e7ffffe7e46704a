"""All 500 units of the third layer of [1000, 750, 500]: in one call of `maximize`, and one by one.

    python benchmarks/features.py [--steps 200] [--json FILE]

The network is pretrained on the embedded subset of MNIST for one epoch a layer. Both ways take as many steps
from the same starts, in one process, after one call each that compiles. Then the author's way,
`DBN.fit_to_input` for one unit after the other, which makes its function anew for each unit.
"""

import argparse
import time

import machine
import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import DBN
from udl_pt.datasets import load_data
from udl_pt.inspection.features import maximize
from udl_pt.symbolic.weights import init_weights

FEW = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    records.add_json(parser)
    arguments = parser.parse_args()
    steps = arguments.steps
    X = load_data().X.astype("float32")
    dbn = DBN([1000, 750, 500], random_state=0, dtype="float32").fit(X)
    start = init_weights((500, 784), 0, "float32")
    options = {"constraint": "box", "steps": steps, "tol": 0.0}

    def alone(unit):
        return maximize(dbn, 2, unit, start=start[[unit]], **options)[0]

    cold = time.perf_counter()
    maximize(dbn, 2, start=start, **options)
    cold = time.perf_counter() - cold
    alone(0)
    together, each = [], []
    for _ in range(3):
        before = time.perf_counter()
        images = maximize(dbn, 2, start=start, **options)
        together.append(time.perf_counter() - before)
        before = time.perf_counter()
        one_by_one = np.array([alone(unit) for unit in range(500)])
        each.append(time.perf_counter() - before)
    author = time.perf_counter()
    for unit in range(FEW):
        dbn.fit_to_input(unit, epochs=steps)
    author = (time.perf_counter() - author) / FEW
    one, many = np.median(together), np.median(each)
    table = Table("way", "seconds", "times as long", title="inputs for 500 units")
    table.add_row("one call of `maximize`", f"{one:.2f}", "1")
    table.add_row("the first call, which compiles", f"{cold:.1f}", f"{cold / one:.1f}")
    table.add_row("`maximize` for one unit after the other", f"{many:.1f}", f"{many / one:.1f}")
    row = f"`DBN.fit_to_input` for one unit after the other ({FEW} measured)"
    table.add_row(row, f"{500 * author:.0f}", f"{500 * author / one:.0f}")
    Console().print(table)
    records.write(arguments.json, table)
    print(f"largest difference of a pixel: {abs(images - one_by_one).max():.2g}")
    print(machine.describe())


if __name__ == "__main__":
    main()
