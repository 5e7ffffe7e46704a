"""Chapter 6: how the network is tricked, and how it is hardened."""

from typing import Any

import numpy as np

from udl_pt.book._programs import Settings, first_of_each, percent, shape_of, well_trained
from udl_pt.book.report import Picture, Section, Table
from udl_pt.datasets import Dataset
from udl_pt.inspection.attacks import (
    fast_gradient_sign,
    outcome,
    projected_gradient,
    random_noise,
    smallest_change,
)
from udl_pt.inspection.augmentation import adversarial
from udl_pt.models.dnn import DNN
from udl_pt.plots import plot_robustness, plot_tricks

__all__ = ["section"]

EPSILON = 0.1  # a pixel's change, in the pictures and in hardening
EPSILONS = (0.0, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25)
SMALL_CHANGE = 0.05
STEPS = 40
ROWS = 300  # test images under attack
SIGN, MANY, NOISE = "fast gradient sign", f"{STEPS} steps", "random noise"
PLAIN, HARDENED = "plain", "hardened"


def section(data: Dataset, settings: Settings) -> Section:
    """Train a plain and a hardened network, and trick both.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Sizes, epochs, backend, dtype and seed.
    """
    networks = {
        PLAIN: well_trained(data, settings),
        HARDENED: well_trained(data, settings, lambda dnn: [adversarial(dnn, EPSILON)]),
    }
    X, Y = np.asarray(data.Xtest[:ROWS], settings.dtype), data.Ytest[:ROWS]
    errors: dict[str, dict[str, list[float]]] = {}
    table = [["network", "attack", "error", "tricked", "confidence before", "after"]]
    for name, dnn in networks.items():
        settings.say(f"attacks on the {name} network")
        errors[name] = {SIGN: [], MANY: [], NOISE: []}
        for epsilon in EPSILONS:
            attacks = (
                fast_gradient_sign(dnn, X, Y, epsilon),
                projected_gradient(dnn, X, Y, epsilon, steps=STEPS),
                random_noise(X, epsilon, random_state=settings.seed),
            )
            for attack, changed in zip(errors[name], attacks, strict=True):
                came = outcome(dnn, X, Y, changed)
                errors[name][attack].append(came.error_after)
                if epsilon == EPSILON:
                    table.append(
                        [
                            name,
                            f"{attack}, {epsilon:g}",
                            *(percent(rate) for rate in (came.error_after, came.success_rate)),
                            *(f"{c:.2f}" for c in (came.confidence_before, came.confidence_after)),
                        ]
                    )

    def said(name: str, attack: str, epsilon: float) -> str:
        return percent(errors[name][attack][EPSILONS.index(epsilon)])

    sizes = {name: _median_change(dnn, X[:100], Y[:100]) for name, dnn in networks.items()}
    return Section(
        title="Chapter 6: tricking a neural network",
        sentences=[
            f"Two networks {shape_of(data, settings)}, trained in the same way, but that of each batch half "
            f"of the images were changed by {EPSILON:g} a pixel to trick the second one as it was then. "
            f"Untouched test images: {percent(networks[PLAIN].errors[-1])} of errors and "
            f"{percent(networks[HARDENED].errors[-1])}. To trick the plain network, a change of "
            f"{sizes[PLAIN]:.3f} a pixel is enough for half of the digits; the hardened one takes "
            f"{sizes[HARDENED]:.3f}.",
        ],
        table=table,
        pictures=[
            _tricks(networks[PLAIN], data, settings),
            Picture(
                "robustness",
                plot_robustness(EPSILONS, errors, "Errors under attack"),
                f"Error against the size of the change, of {len(X)} test images. At {SMALL_CHANGE:g}, "
                f"which hardly shows, random noise leaves the plain network at "
                f"{said(PLAIN, NOISE, SMALL_CHANGE)}, the gradient's sign brings it to "
                f"{said(PLAIN, SIGN, SMALL_CHANGE)}, and {STEPS} small steps to "
                f"{said(PLAIN, MANY, SMALL_CHANGE)}: the noise is intelligently designed. At {EPSILON:g}, "
                f"where noise alone makes {said(PLAIN, NOISE, EPSILON)} of errors, the hardened network errs "
                f"on {said(HARDENED, SIGN, EPSILON)} after the one step that it was trained against, and on "
                f"{said(HARDENED, MANY, EPSILON)} after {STEPS} small ones: what withstands one attack need "
                "not withstand all that are as small.",
            ),
            _targets(networks, X, Y),
        ],
        results={
            "sizes": list(settings.sizes),
            "epsilons": list(EPSILONS),
            "errors": errors,
            "test_errors": {name: dnn.errors[-1] for name, dnn in networks.items()},
            "median_smallest_change": sizes,
        },
    )


def _median_change(dnn: DNN, X: np.ndarray, Y: np.ndarray) -> float:
    return float(np.median(smallest_change(dnn, X, Y, steps=10, rounds=10)[1]))


def _tricks(dnn: DNN, data: Dataset, settings: Settings) -> Picture:
    """Show a digit of each kind before and after."""
    rows = first_of_each(data)
    X, Y = np.asarray(data.Xtest[rows], settings.dtype), data.Ytest[rows]
    changed = fast_gradient_sign(dnn, X, Y, EPSILON)
    before, after = (
        [f"{p.argmax()} ({p.max():.0%})" for p in dnn.forward(images)] for images in (X, changed)
    )
    return Picture(
        "tricks",
        plot_tricks(X, changed, before, after, 1 / EPSILON, "What the plain network sees"),
        f"A change of {EPSILON:g} a pixel, shown {1 / EPSILON:g} times as large (gray: none), and what the "
        "network saw before and after, with its confidence. To us the digits stay what they are.",
    )


def _targets(networks: dict[str, DNN], X: np.ndarray, Y: np.ndarray) -> Table:
    """Try to make each image look like a given class, whatever it is."""
    K = int(networks[PLAIN].b.get_value().shape[0])
    table: list[list[Any]] = [["network", *map(str, range(K))]]
    for name, dnn in networks.items():
        rates = []
        for target in range(K):
            other = target != Y
            changed = projected_gradient(dnn, X[other], Y[other], EPSILON, steps=STEPS, target=target)
            rates.append(outcome(dnn, X[other], Y[other], changed, target=target).success_rate)
        table.append([name, *(f"{rate:.0%}" for rate in rates)])
    return Table(
        table,
        f"Make it see a 3: of all images of other digits, how many are taken for the digit above after "
        f"{STEPS} steps towards it, within {EPSILON:g} a pixel.",
    )
