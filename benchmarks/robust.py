"""Chapter 6 on full MNIST: what hardening and shifting do to DNN([1000, 750, 500]).

    UDL_PT_DATA=FOLDER python benchmarks/robust.py {hardened,shifted} [--seed 0] [--epochs 20] [--validate]
                                                   [--json FILE]

``hardened``: the plain network and one that a quarter of each batch tried to trick
(`udl_pt.inspection.augmentation`), both under the fast gradient sign of epsilon 0.25, under 40 steps of
projected gradient in the same ball, and under random noise of the same size. ``shifted``: the same network
trained on images that are shifted by up to 0, 1 and 2 pixels.

``--validate`` trains on 50,000 of the training images and measures the other 10,000.
"""

import argparse
import time

import records
from recipes import training_and_test
from rich.table import Table

from udl_pt import DNN
from udl_pt.callbacks import LinearDecay
from udl_pt.inspection.attacks import fast_gradient_sign, outcome, projected_gradient, random_noise
from udl_pt.inspection.augmentation import adversarial, shift
from udl_pt.symbolic.corruption import masking

SIZES = [1000, 750, 500]
EPSILON, SHARE = 0.25, 0.25
LAYERS = {"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}
TUNING = {"learning_rate": 0.3, "mu": 0.9, "dropout": (0.0, 0.1)}


def network(seed):
    """Return the network before its training."""
    return DNN(SIZES, corruption=masking(0.25), random_state=seed, dtype="float32")


def trained(dnn, train, test, epochs, augment=()):
    """Train it by the recipe, with augmentations."""
    start = time.perf_counter()

    def report(progress):
        if progress.model is dnn and progress.epoch % 5 == 0:
            said = f"epoch {progress.epoch}: {dnn.errors[-1]:.4f}, {time.perf_counter() - start:.0f} s"
            print(said, flush=True)

    dnn.fit(
        *train,
        *test,
        pretrain_epochs=5,
        pretrain_options=LAYERS,
        epochs=epochs,
        augment=augment,
        callbacks=[LinearDecay(), report],
        **TUNING,
    )
    return {"error": dnn.errors[-1], "seconds": time.perf_counter() - start}


def hardened(seed, train, test, epochs):
    """Compare the plain and the hardened network."""
    results = {}
    for name in ("plain", "hardened"):
        dnn = network(seed)
        augment = [adversarial(dnn, EPSILON, share=SHARE)] if name == "hardened" else []
        results[name] = trained(dnn, train, test, epochs, augment)
        attacks = {
            "fast gradient sign": fast_gradient_sign(dnn, *test, EPSILON),
            "projected gradient, 40 steps": projected_gradient(dnn, *test, EPSILON, steps=40),
            "random noise": random_noise(test[0], EPSILON),
        }
        for attack, changed in attacks.items():
            results[name][attack] = outcome(dnn, *test, changed).error_after
        print(name, results[name], flush=True)
    return results


def shifted(seed, train, test, epochs):
    """Compare shifts by up to 0, 1 and 2 pixels."""
    results = {}
    for pixels in (0, 1, 2):
        results[pixels] = trained(network(seed), train, test, epochs, [shift(pixels)] if pixels else [])
        print(pixels, results[pixels], flush=True)
    return results


def main():
    parts = {"hardened": hardened, "shifted": shifted}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--validate", action="store_true")
    records.add_json(parser)
    options = parser.parse_args()
    results = parts[options.part](options.seed, *training_and_test(options.validate), options.epochs)
    table = Table(options.part, *next(iter(results.values())), title="Errors and seconds")
    for name, row in results.items():
        shown = (f"{value:,.0f}" if key == "seconds" else f"{value:.2%}" for key, value in row.items())
        table.add_row(str(name), *shown)
    records.write(options.json, table, results)


if __name__ == "__main__":
    main()
