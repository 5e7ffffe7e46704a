"""What pretraining is worth when labels are few: networks with and without it, on 100 to 60,000 labels.

    UDL_PT_DATA=FOLDER python benchmarks/few_labels.py [--labels 100 1000 10000 60000] [--seeds 0 1 2 3 4]
                                                       [--epochs 15] [--picture FILE] [--json FILE]

Each seed draws its own labelled images, as many of each digit. The network of 784 - 1000 - 750 - 500 - 10
units is pretrained once a seed, without labels, on all 60,000 training images (denoising auto-encoders, 30%
of the pixels masked), and then fine-tuned on the labelled ones; the other starts from random weights. Both
get the same number of steps, at least 3,000, and the same rates, which fall linearly to 0. Nothing was
chosen by the test images; they are looked at once, after training.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import DNN, load_mnist
from udl_pt.callbacks import LinearDecay
from udl_pt.plots import plot_repeated_runs
from udl_pt.symbolic.corruption import masking

SIZES = [1000, 750, 500]
LAYERS = {"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}
TUNING = {"learning_rate": 0.1, "mu": 0.9, "batch_sz": 100}
LEAST = 3_000  # steps
PRETRAINED, PLAIN = "pretrained", "not pretrained"


def labelled(Y, n, seed):
    """Rows of n images, as many of each digit as can be."""
    order = np.random.default_rng(seed).permutation(len(Y))
    rank = np.empty(len(Y), int)  # how many of the same digit came before
    for digit in range(10):
        rows = order[Y[order] == digit]
        rank[rows] = np.arange(len(rows))
    return order[np.argsort(rank[order], kind="stable")][:n]


def fine_tuned(layers, data, X, Y, seed, epochs):
    """Return the test error after fine-tuning copies of the layers, or new ones, on X and Y."""
    dnn = DNN(SIZES, random_state=seed, dtype="float32")
    if layers is not None:
        dnn.hidden_layers = copy.deepcopy(layers)
    dnn.fit(
        X,
        Y,
        data.Xtest,
        data.Ytest,
        pretrain=False,
        keep_layers=layers is not None,
        epochs=max(epochs, LEAST * TUNING["batch_sz"] // len(X)),
        **TUNING,
        monitor=None,
        callbacks=[LinearDecay()],
    )
    return float(np.mean(dnn.predict(data.Xtest) != data.Ytest))


def table_of(errors):
    """Return the table of all errors so far."""
    table = Table("labels", *errors, title="test error, %, mean ± standard deviation over the seeds")
    for n in errors[PLAIN]:
        of_n = [100 * np.array(errors[name][n]) for name in errors]
        table.add_row(f"{n:,}", *(f"{e.mean():.2f} ± {e.std(ddof=len(e) > 1):.2f}" for e in of_n))
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[100, 1_000, 10_000, 60_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--picture", type=Path)
    records.add_json(parser)
    options = parser.parse_args()
    data = load_mnist()
    X = data.X.astype("float32")
    errors = {name: {n: [] for n in options.labels} for name in (PRETRAINED, PLAIN)}
    start = time.perf_counter()
    for seed in options.seeds:
        stack = DNN(SIZES, corruption=masking(0.3), random_state=seed, dtype="float32")
        stack.fit(
            *(X, data.Y, data.Xtest, data.Ytest),
            pretrain_epochs=5,
            pretrain_options=LAYERS,
            epochs=0,
            monitor=None,
        )
        for layer in stack.hidden_layers:  # velocities are of no use to a network that comes later
            for v in layer.dparams:
                v.set_value(0 * v.get_value())
        for n in options.labels:
            rows = labelled(data.Y, n, seed)
            for name, layers in ((PRETRAINED, stack.hidden_layers), (PLAIN, None)):
                error = fine_tuned(layers, data, X[rows], data.Y[rows], seed, options.epochs)
                errors[name][n].append(error)
                seconds = time.perf_counter() - start
                print(f"seed {seed}, {n} labels, {name}: {error:.2%}, {seconds:.0f} s", flush=True)
        table = table_of(errors)
        records.write(options.json, table, errors)
    Console().print(table)
    if options.picture:
        plot_repeated_runs(errors, "Test error by the number of labels", "labels").savefig(
            options.picture, dpi=120
        )


if __name__ == "__main__":
    main()
