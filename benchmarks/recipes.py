"""Deep networks of chapters 3 and 4 at their best: five recipes, and what they come to on MNIST.

    UDL_PT_DATA=FOLDER python benchmarks/recipes.py {denoising,adversarial,ladder,dbn,codes} [--seeds 0 1 2]
                                                    [--epochs N] [--validate] [--json FILE]

``denoising``: a stacked denoising auto-encoder. ``adversarial``: one of rectified units, with half of the
cost for images moved along their own gradient. ``ladder``: one whose layers learn to denoise together, and
beside the labels. ``dbn``: a network pretrained as a deep belief network. All give the test error, without
shifted or distorted images, and another order of the pixels would change nothing.
``codes``: the deep auto-encoder 784 - 1000 - 500 - 250 - 30, and the squared error of a test image that is
rebuilt from its 30 numbers, beside that of 30 principal components.

``--validate`` trains on 50,000 of the training images and measures the other 10,000, as for the choices.
Without it all 60,000 are trained on, and the test images are looked at once, after training.
"""

import argparse
import time
from functools import partial

import numpy as np
import records
from rich.table import Table

from udl_pt import DNN, PCA, RBM, AutoEncoder, DeepAutoEncoder, Ladder, load_mnist
from udl_pt.callbacks import LinearDecay, LinearSchedule
from udl_pt.symbolic.corruption import masking

RECTIFIED = [
    partial(AutoEncoder, hidden="relu"),
    *[partial(AutoEncoder, hidden="relu", output="relu")] * 2,
]

DENOISING = {
    "layers": [{"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}] * 3,
    "tuning": {
        "learning_rate": 0.6,
        "mu": 0.9,
        "epochs": 100,
        "dropout": (0.2, 0.2),
    },
}
ADVERSARIAL = {
    "layers": [
        {"learning_rate": 0.01, "mu": 0.9, "cost_scale": "batch"},
        *[
            {
                "learning_rate": 0.002,
                "mu": 0.9,
                "cost_scale": "batch",
                "cost": "squared_error",
            }
        ]
        * 2,
    ],
    "tuning": {
        "learning_rate": 0.1,
        "mu": 0.9,
        "epochs": 60,
        "dropout": (0.1, 0.3),
        "adversarial": 1.5,
    },
}
LADDER = {"learning_rate": 0.1, "mu": 0.9, "denoising": 1.0, "epochs": 100}
BELIEF = {
    "layers": [{"learning_rate": 0.1, "mu": 0.5}] * 3,
    "tuning": {
        "learning_rate": 0.6,
        "mu": 0.9,
        "epochs": 60,
        "dropout": (0.2, 0.1),
    },
}
CODES = {
    "layers": [
        *[{"learning_rate": 0.1, "mu": 0.5}] * 3,
        {"learning_rate": 0.002, "mu": 0.9, "cost_scale": "batch"},
    ],
    "tuning": {
        "learning_rate": 0.1,
        "mu": 0.9,
        "cost": "squared_error",
        "epochs": 200,
        "weight_decay": 4e-5,
    },
}


def pretraining(recipe, report):
    """Return the arguments of the layers' pretraining."""
    callbacks = {"callbacks": [report]}
    options = [options | callbacks for options in recipe["layers"]]
    return {"pretrain_epochs": 8, "pretrain_options": options}


def classified(dnn, recipe, train, test, validate, report, **tuning):
    """Return the error on the test set after training by the recipe."""
    dnn.fit(
        *train,
        *test,
        **pretraining(recipe, report),
        **recipe["tuning"] | tuning,
        monitor="epoch" if validate else None,
        callbacks=[LinearDecay(), report],
    )
    error = float(np.mean(dnn.predict(test[0]) != test[1]))
    return {"error": error, "errors": dnn.errors}


def denoising(seed, *arguments, models=AutoEncoder, recipe=DENOISING, **tuning):
    dnn = DNN(
        [1000, 1000, 1000],
        models,
        corruption=masking(0.25),
        random_state=seed,
        dtype="float32",
    )
    return classified(dnn, recipe, *arguments, **tuning)


adversarial = partial(denoising, models=RECTIFIED, recipe=ADVERSARIAL)


def ladder(seed, train, test, validate, report, **tuning):
    model = Ladder(
        [1000, 500, 250],
        noise=0.3,
        random_state=seed,
        dtype="float32",
    )
    model.fit(
        *train,
        *test,
        **LADDER | tuning,
        monitor="epoch" if validate else None,
        callbacks=[LinearDecay(), report],
    )
    error = float(np.mean(model.dnn.predict(test[0]) != test[1]))
    return {"error": error, "errors": model.errors}


def dbn(seed, *arguments, **tuning):
    dnn = DNN([1000, 1000, 1000], RBM, random_state=seed, dtype="float32")
    return classified(dnn, BELIEF, *arguments, **tuning)


def codes(seed, train, test, validate, report, **tuning):
    """Return the squared errors of rebuilt images, of the test and of training."""
    deep = DeepAutoEncoder(
        [1000, 500, 250, 30],
        RBM,
        random_state=seed,
        dtype="float32",
    )
    momentum = LinearSchedule("mu", 0.9, first=0.5, epochs=1, model=deep)
    deep.fit(
        train[0],
        **pretraining(CODES, report),
        **CODES["tuning"] | tuning,
        callbacks=[LinearDecay(), momentum, report],
    )
    return {
        "error": deep.reconstruction_error(test[0]),
        "error_in_training": deep.reconstruction_error(train[0]),
        "error_of_pca": PCA(30).fit(train[0]).reconstruction_error(test[0]),
    }


def training_and_test(validate):
    """Return images and labels to train on, and to measure: held out of them, or MNIST's test set."""
    data = load_mnist()
    X, Xtest = data.X.astype("float32"), data.Xtest.astype("float32")
    if validate:
        return (X[:50_000], data.Y[:50_000]), (X[50_000:], data.Y[50_000:])
    return (X, data.Y), (Xtest, data.Ytest)


class Clock:
    """Says how far training is, now and then."""

    def __init__(self):
        self.start = time.perf_counter()

    def __call__(self, progress):
        if progress.epoch % 10 == 0 or progress.epoch == progress.epochs:
            seconds = time.perf_counter() - self.start
            cost = "" if progress.cost is None else f", cost {progress.cost:.4f}"
            print(f"{progress.stage}, epoch {progress.epoch}{cost}, {seconds:.0f} s", flush=True)


def main():
    recipes = {
        "denoising": denoising,
        "adversarial": adversarial,
        "ladder": ladder,
        "dbn": dbn,
        "codes": codes,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", choices=recipes)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="of fine-tuning, where not the recipe's")
    parser.add_argument("--validate", action="store_true")
    records.add_json(parser)
    options = parser.parse_args()
    train, test = training_and_test(options.validate)
    tuning = {} if options.epochs is None else {"epochs": options.epochs}
    results, table = {}, Table("seed", "error", "seconds", title=options.recipe)
    for seed in options.seeds:
        clock = Clock()
        results[seed] = recipes[options.recipe](seed, train, test, options.validate, clock, **tuning)
        results[seed]["seconds"] = time.perf_counter() - clock.start
        print(f"seed {seed}: {results[seed]}", flush=True)
        table.add_row(str(seed), f"{results[seed]['error']:.4f}", f"{results[seed]['seconds']:,.0f}")
        records.write(options.json, table, results)
    errors = np.array([result["error"] for result in results.values()])
    print(f"{options.recipe}: mean {errors.mean():.4f} of {', '.join(f'{error:.4f}' for error in errors)}")


if __name__ == "__main__":
    main()
