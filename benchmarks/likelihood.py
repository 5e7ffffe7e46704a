"""Train an RBM of 500 hidden units on binarised MNIST, and bracket its test log-likelihood.

    UDL_PT_DATA=FOLDER python benchmarks/likelihood.py [--epochs 200] [--seeds 0 1] [--validate] [--json FILE]

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


def trained(X, seed, options):
    """Train an RBM, and return it with its seconds."""
    rbm = RBM(500, random_state=seed, dtype="float32")
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
    return rbm, time.perf_counter() - start


def table_of(results):
    """Return the estimates of all seeds."""
    table = Table(
        "seed", "estimate", "mean test log-likelihood, nats", "log Z", title="An RBM of binarised MNIST"
    )
    for result in results:
        for name, prefix in (
            ("AIS, 100 chains, 10,000 temperatures", ""),
            ("reverse AIS, from the persistent chains 5,000 Gibbs steps on", "reverse_"),
        ):
            Z, error = result[f"{prefix}log_Z"], result[f"{prefix}log_Z_standard_error"]
            table.add_row(
                str(result["seed"]),
                name,
                f"{result[f'{prefix}log_likelihood']:.2f}",
                f"{Z:.2f} ± {error:.2f}",
            )
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
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
    rows = "10,000 held-out training images" if options.validate else "the 10,000 test images"
    results = []
    for seed in options.seeds:
        rbm, seconds = trained(X, seed, options)
        results.append({"seed": seed, "training_seconds": seconds} | evaluate(rbm, X, V))
        print(json.dumps(results[-1], indent=1), flush=True)
        said = (
            f"{options.epochs} epochs, rate {options.learning_rate:g}, float32, {options.backend}; training "
            f"images are drawn again for each batch, {rows} once with seed 7"
        )
        records.write(options.json, table_of(results), results, conditions=said)


if __name__ == "__main__":
    main()
