"""Train an RBM of 500 hidden units on binarised MNIST, and bracket its test log-likelihood.

    UDL_PT_DATA=FOLDER python benchmarks/likelihood.py [--epochs 200] [--seed 0] [--validate] [--json FILE]

Persistent contrastive divergence (100 chains, one Gibbs step a training step) with the centred gradient,
visible biases from the data's means, a learning rate that falls linearly to 0, and a running average of the
parameters, which is what is evaluated. The training images are drawn anew for each batch, with the grey
values as probabilities; the test images are drawn once, with a seed of their own.

``--validate`` trains on 50,000 of the training images and evaluates on the other 10,000: every choice was
made with it. log Z is estimated by annealed importance sampling (100 chains, 10,000 temperatures) and by its
reverse, which starts from the persistent chains after 5,000 more Gibbs steps.
"""

import argparse
import json
import time

import numpy as np
import records
from rich.table import Table

from udl_pt import RBM, load_mnist
from udl_pt.callbacks import LinearDecay, ParameterAverage
from udl_pt.inspection.likelihood import ais, log_likelihood, pseudo_likelihood, reverse_ais


class Clock:
    """Says how far training is, now and then."""

    def __init__(self, every):
        self.every, self.start = every, time.perf_counter()

    def __call__(self, progress):
        if progress.epoch % self.every == 0:
            seconds = time.perf_counter() - self.start
            print(f"epoch {progress.epoch} of {progress.epochs}, {seconds:.0f} s", flush=True)


def binarised(X, seed):
    return (np.random.default_rng(seed).random(X.shape) < X).astype("float32")


def evaluate(rbm, X, V):
    """Log-likelihood of the rows of V, in nats: with log Z by AIS, and by its reverse."""
    start = time.perf_counter()
    forward = ais(rbm, X, n_chains=100, n_betas=10_000)
    samples = rbm.gibbs(rbm.sample_v_given_h(rbm.chains), 5_000)
    backward = reverse_ais(rbm, samples, X, n_betas=10_000)
    mean = log_likelihood(rbm, V, forward.log_Z).mean()
    return {
        "log_likelihood": mean,
        "log_Z": forward.log_Z,
        "log_Z_standard_error": forward.standard_error,
        "log_Z_three_errors": [forward.low, forward.high],
        "reverse_log_likelihood": mean + forward.log_Z - backward.log_Z,
        "reverse_log_Z": backward.log_Z,
        "reverse_log_Z_standard_error": backward.standard_error,
        "pseudo_likelihood": float(pseudo_likelihood(rbm, V[:1000]).mean()),
        "evaluation_seconds": time.perf_counter() - start,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--backend", default="numba")
    records.add_json(parser)
    options = parser.parse_args()
    data = load_mnist()
    X, V = data.X.astype("float32"), data.Xtest
    if options.validate:
        order = np.random.default_rng(123).permutation(len(X))
        X, V = X[order[:50_000]], X[order[50_000:]]
    V = binarised(V, seed=7)

    rbm = RBM(500, random_state=options.seed, dtype="float32")
    average = ParameterAverage(rbm, decay=0.9995, every=10)
    start = time.perf_counter()
    rbm.fit(
        X,
        learning_rate=options.learning_rate,
        epochs=options.epochs,
        persistent=True,
        centring=True,
        visible_bias="data",
        binarize=True,
        monitor=None,
        backend=options.backend,
        callbacks=[LinearDecay(), average, Clock(max(1, options.epochs // 20))],
    )
    average.apply()
    result = {
        "evaluated_on": "10,000 held-out training images" if options.validate else "test images",
        "seed": options.seed,
        "epochs": options.epochs,
        "learning_rate": options.learning_rate,
        "backend": options.backend,
        "training_seconds": time.perf_counter() - start,
    } | evaluate(rbm, X, V)
    print(json.dumps(result, indent=1))
    table = Table("measure", "value", title="An RBM of binarised MNIST")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), f"{value:,.4g}" if isinstance(value, float) else str(value))
    records.write(options.json, table, result)


if __name__ == "__main__":
    main()
