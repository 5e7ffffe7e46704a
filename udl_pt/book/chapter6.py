"""Chapter 6: adversarial attacks on a network, and adversarial training against them."""

import numpy as np

from udl_pt.book._attacks import (
    EPSILON,
    EPSILONS,
    MANY,
    NOISE,
    SIGN,
    STEPS,
    AttackOutcomes,
    attack,
    targeted_rates,
)
from udl_pt.book._columns import of_images
from udl_pt.book._play import can_trick, classifiers, tricking
from udl_pt.book._shared import (
    SHOWN_CLASSES,
    Settings,
    first_of_each,
    labels_of,
    percent,
    predictions,
    shape_of,
    trained_network,
)
from udl_pt.book._widgets import Widget, curves
from udl_pt.book._words import Words, drawn, for_matplotlib, words_of
from udl_pt.book.report import Picture, Section, Table
from udl_pt.datasets import Dataset
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.inspection.augmentation import adversarial
from udl_pt.models.dnn import DNN
from udl_pt.plots import plot_adversarial, plot_robustness

__all__ = ["section"]

SMALL_CHANGE = 0.05
ROWS = 300  # test images under attack
PLAIN, HARDENED = "plain", "hardened"


def section(data: Dataset, settings: Settings) -> Section:
    """Train a plain and an adversarially trained network, and attack both.

    Parameters
    ----------
    data : Dataset
        Training and test images; the first 300 test images are attacked.
    settings : Settings
        Sizes, epochs, backend, dtype, seed and callbacks.

    Returns
    -------
    Section

    Examples
    --------
    >>> from udl_pt.book import Settings, chapter6
    >>> from udl_pt.datasets import load_mnist_subset
    >>> data = load_mnist_subset()
    >>> settings = Settings(sizes=[300, 100], epochs=5)
    >>> section = chapter6.section(data, settings)  # doctest: +SKIP
    >>> list(section.results["errors"]["plain"])  # doctest: +SKIP
    ['fast gradient sign', '40 steps', 'random noise']
    """
    networks = {
        PLAIN: trained_network(data, settings),
        HARDENED: trained_network(data, settings, lambda dnn: [adversarial(dnn, EPSILON)]),
    }
    X, Y = np.asarray(data.Xtest[:ROWS], settings.dtype), data.Ytest[:ROWS]
    attacked = {}
    for name, dnn in networks.items():
        settings.say(f"attacks on the {name} network")
        attacked[name] = attack(dnn, X, Y, settings.seed)
    w, classes = words_of(data), min(len(data.label_names), SHOWN_CLASSES)
    tricks: Picture | Widget | Table = _tricks(networks[PLAIN], data, settings, w)
    if isinstance(tricks, Picture) and can_trick(data):
        tricks = tricking(tricks, classifiers(data, settings), data)
    return Section(
        title="Chapter 6: tricking a neural network",
        sentences=[_sentence(networks, attacked, shape_of(data, settings), w)],
        table=_table(attacked),
        pictures=[
            tricks,
            curves(_robustness(attacked, len(X), w)),
            _targets({name: targeted_rates(dnn, X, Y, classes) for name, dnn in networks.items()}, data, w),
        ],
        results={
            "sizes": list(settings.sizes),
            "epsilons": list(EPSILONS),
            "errors": _errors(attacked),
            "test_errors": {name: dnn.errors[-1] for name, dnn in networks.items()},
            "median_smallest_change": {name: found.median_change for name, found in attacked.items()},
        },
    )


def _errors(attacked: dict[str, AttackOutcomes]) -> dict[str, dict[str, list[float]]]:
    """Return the errors by network and by attack, for each of `EPSILONS`."""
    return {name: {way: found.errors(way) for way in found.outcomes} for name, found in attacked.items()}


def _sentence(networks: dict[str, DNN], attacked: dict[str, AttackOutcomes], shape: str, w: Words) -> str:
    return (
        f"Two networks {shape} were trained in the same way, with one difference. For the second one, half "
        f"of the {w.sample}s of each batch were changed by {EPSILON:g} per {w.feature}, to trick the "
        f"network at that step. Errors on unchanged test {w.sample}s: {percent(networks[PLAIN].errors[-1])} "
        f"and {percent(networks[HARDENED].errors[-1])}. A change of {attacked[PLAIN].median_change:.3f} per "
        f"{w.feature} tricks the plain network on half of the {w.item}s. The hardened one takes "
        f"{attacked[HARDENED].median_change:.3f}."
    )


def _table(attacked: dict[str, AttackOutcomes]) -> list[list[str]]:
    rows = [["network", "attack", "error", "tricked", "confidence before", "after"]]
    for name, found in attacked.items():
        for way in found.outcomes:
            came = found.at(way, EPSILON)
            rates = [percent(rate) for rate in (came.error_after, came.success_rate)]
            confidences = [f"{c:.2f}" for c in (came.confidence_before, came.confidence_after)]
            rows.append([name, f"{way}, {EPSILON:g}", *rates, *confidences])
    return rows


def _tricks(dnn: DNN, data: Dataset, settings: Settings, w: Words) -> Picture | Table:
    """Show a digit of each kind before and after."""
    rows = first_of_each(data)
    X = np.asarray(data.Xtest[rows], settings.dtype)
    changed = fast_gradient_sign(dnn, X, data.Ytest[rows], EPSILON)
    before, after = (predictions(data, dnn.forward(Z)) for Z in (X, changed))
    predicted = "the network's predictions before and after, with their probabilities."
    if data.image_shape is None:
        names = labels_of(data, rows)
        listed = [[*row] for row in zip(names, before, after, strict=True)]
        said = f"Test rows before and after a change of {EPSILON:g} per {w.feature}: {predicted}"
        return Table([["label", "before", "after"], *listed], said)
    title = "What the plain network sees"
    texts = for_matplotlib(before), for_matplotlib(after)
    return Picture(
        "tricks",
        plot_adversarial(X, changed, texts[0], texts[1], 1 / EPSILON, title, **drawn(data)),
        f"A change of {EPSILON:g} per pixel, shown {1 / EPSILON:g} times as large (gray: none), and "
        f"{predicted}{' To us the digits look the same.' * w.are_digits}",
        {**of_images({"original": X, "tricked": changed}, before), "label": [*before, *after]},
    )


def _robustness(attacked: dict[str, AttackOutcomes], N: int, w: Words) -> Picture:
    def error(name: str, way: str, epsilon: float) -> str:
        return percent(attacked[name].at(way, epsilon).error_after)

    hardly = f"A change of {SMALL_CHANGE:g} hardly shows. With random noise of this size"
    if w.sample == "row":
        hardly = f"With random noise of size {SMALL_CHANGE:g}"
    figure = plot_robustness(EPSILONS, _errors(attacked), "Errors under attack")
    figure.axes[0].set_xlabel(f"largest change of a {w.feature}")
    return Picture(
        "robustness",
        figure,
        f"Error against the size of the change, on {N} test {w.sample}s. {hardly} the plain network errs on "
        f"{error(PLAIN, NOISE, SMALL_CHANGE)}, with the gradient's sign on "
        f"{error(PLAIN, SIGN, SMALL_CHANGE)}, and with {STEPS} small steps on "
        f"{error(PLAIN, MANY, SMALL_CHANGE)}. The noise is intelligently designed. At {EPSILON:g}, the plain "
        f"network errs on {error(PLAIN, NOISE, EPSILON)} with noise alone. The hardened one errs on "
        f"{error(HARDENED, SIGN, EPSILON)} after the one step that it was trained against, and on "
        f"{error(HARDENED, MANY, EPSILON)} after {STEPS} small ones. A network that resists one attack need "
        "not resist another of the same size.",
    )


def _targets(rates: dict[str, list[float]], data: Dataset, w: Words) -> Table:
    """Show how many images could be made to look like each class, whatever they are."""
    K, n = len(data.label_names), len(rates[PLAIN])
    shown = f" The first {n} of {K} classes are shown." if n < K else ""
    make = "Make it see a 3." if w.are_digits else f"Make it see {data.label_names[n // 2]}."
    return Table(
        [
            ["network", *data.label_names[:n]],
            *([name, *(f"{rate:.0%}" for rate in found)] for name, found in rates.items()),
        ],
        f"{make} The share of all {w.sample}s of other {w.kinds} that the network classifies as the {w.kind} "
        f"above. The attack takes {STEPS} steps towards that {w.kind}, within {EPSILON:g} per {w.feature}."
        f"{shown}",
    )
