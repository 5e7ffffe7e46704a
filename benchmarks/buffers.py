"""What a shuffle by a buffer does to test errors: rows in several orders, buffers of several sizes.

    UDL_PT_DATA=FOLDER python benchmarks/buffers.py [--buffers 0 1000 6000 20000 60000] [--seeds 0 1]
                                                    [--json FILE]

Each network is `DNN([100])` without pretraining, fitted for three epochs in float32 to the 60,000 training
images of MNIST. The source returns them 1,000 at a time: shuffled once, or sorted by class. An array is
shuffled whole in each epoch.
"""

import argparse

import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import DNN, Batches, load_mnist

SIZE = 1000  # of the source's batches


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--buffers", type=int, nargs="+", default=[0, 1_000, 6_000, 20_000, 60_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    records.add_json(parser)
    options = parser.parse_args()
    data = load_mnist()
    X, Y = data.X.astype("float32"), data.Y
    test = data.Xtest.astype("float32"), data.Ytest
    orders = {
        "shuffled once": np.random.default_rng(0).permutation(len(X)),
        "sorted by class": np.argsort(Y, kind="stable"),
    }

    def errors(source, labels):
        """Return the test errors of all seeds, in percent."""
        fits = (DNN([100], random_state=seed, dtype="float32") for seed in options.seeds)
        how = {"pretrain": False, "epochs": 3}
        return [100 * dnn.fit(source, labels, *test, **how).errors[-1] for dnn in fits]

    results = {"an array": {"": errors(X, Y)}}
    for name, order in orders.items():
        rows, labels = X[order], Y[order]

        def read(rows=rows, labels=labels):
            for start in range(0, len(rows), SIZE):
                yield rows[start : start + SIZE], labels[start : start + SIZE]

        results[name] = {
            f"{buffer:,}": errors(Batches(read, buffer=buffer), None) for buffer in options.buffers
        }
    table = Table("rows in the source", "buffer", "test errors, %")
    for name, row in results.items():
        for buffer, values in row.items():
            table.add_row(name, buffer, ", ".join(f"{value:.1f}" for value in values))
    Console().print(table)
    conditions = (
        "`DNN([100])` without pretraining, three epochs on MNIST's 60,000 training images, float32, "
        f"seeds {', '.join(map(str, options.seeds))}; an array is shuffled whole in each epoch"
    )
    records.write(options.json, table, results, conditions=conditions)


if __name__ == "__main__":
    main()
