"""Chapter 5: the features that the hidden units of each layer have learned."""

from typing import Any

import numpy as np

from udl_pt.book._columns import of_features, of_units
from udl_pt.book._play import has_grey_images, in_place, units
from udl_pt.book._shared import Settings, percent, shape_of, trained_network
from udl_pt.book._widgets import Widget
from udl_pt.book._words import Words, words_of
from udl_pt.book.report import Picture, Section, Table
from udl_pt.datasets import Dataset
from udl_pt.inspection.features import first_layer_features, maximize, strongest_images
from udl_pt.models.dnn import DNN
from udl_pt.plots import plot_features, plot_filters

__all__ = ["section"]

UNITS = 8  # of each layer, shown
IMAGES = 5  # for each of them


def section(data: Dataset, settings: Settings) -> Section:
    """Train a network, and compute the inputs that activate its hidden units.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Sizes, epochs, backend, dtype, seed and callbacks.

    Returns
    -------
    Section

    Examples
    --------
    >>> from udl_pt.book import Settings, chapter5
    >>> from udl_pt.datasets import load_mnist_subset
    >>> data = load_mnist_subset()
    >>> settings = Settings(sizes=[300, 100], epochs=5)
    >>> section = chapter5.section(data, settings)  # doctest: +SKIP
    >>> list(section.results["activations"])  # doctest: +SKIP
    ['layer 1', 'layer 2']
    """
    dnn = trained_network(data, settings)
    X, w = np.asarray(data.X, settings.dtype), words_of(data)
    shown: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    table = [
        [
            "hidden layer",
            "synthesised: the unit",
            "the others",
            "from the data: the unit",
            "the others",
            f"of one {w.kind}",
        ]
    ]
    results: dict[str, Any] = {}
    played: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = {}
    for number, layer in enumerate(dnn.hidden_layers):
        settings.say(f"inputs that drive the units of hidden layer {number + 1} of {len(dnn.hidden_layers)}")
        made = maximize(dnn, number, constraint="box", random_state=settings.seed)
        rows = strongest_images(dnn, number, X, min(IMAGES, len(X)))
        alike = _of_one_digit(data.Y[rows])
        means = [*_means(dnn, number, made), *_means(dnn, number, X[rows[:, 0]])]
        table.append([f"{number + 1}: {layer.M} units", *(f"{mean:.2f}" for mean in means), f"{alike:.0%}"])
        results[f"layer {number + 1}"] = {
            **dict(zip(("made_up", "others", "found", "others_then"), means, strict=True)),
            "of_one_digit": alike,
        }
        own = np.diag(_hidden(dnn, number, made))
        driven = np.take_along_axis(_hidden(dnn, number, X), rows.T, axis=0).T
        clearest = np.argsort(-own)[:UNITS]
        played[f"hidden layer {number + 1}"] = made, own, rows, driven
        shown[f"hidden layer {number + 1}"] = (made[clearest], X[rows[clearest]])
    pictures: list[Picture | Widget | Table] = []
    if data.image_shape is not None:
        pictures = [*_of_images(data, dnn, shown, w)]
    if has_grey_images(data):
        pictures = in_place(pictures, "hierarchy", lambda picture: units(picture, dnn, played, data))
    return Section(
        title="Chapter 5: what the units have learned",
        sentences=[
            f"A network {shape_of(data, settings)}, each layer pretrained to fill in masked {w.feature}s, "
            f"and fine-tuned to a test error of {percent(dnn.errors[-1])}. Then its weights stay fixed, and "
            "the input changes: the derivative is taken with respect to X."
        ],
        pictures=[
            *pictures,
            Table(
                table,
                "Mean activation of a unit and of the other units of its layer. The input is the "
                f"synthesised one, or the training {w.sample} that drives the unit most. The last column is "
                f"the share of its {IMAGES} {w.sample}s that {'show' if w.sample == 'image' else 'have'} "
                f"their most frequent {w.kind}.",
            ),
        ],
        results={"sizes": list(settings.sizes), "error": dnn.errors[-1], "activations": results},
    )


def _of_images(
    data: Dataset, dnn: DNN, shown: dict[str, tuple[np.ndarray, np.ndarray]], w: Words
) -> list[Picture | Table]:
    first = first_layer_features(dnn)
    largest = np.argsort(-np.linalg.norm(dnn.hidden_layers[0].forward_params[0].get_value(), axis=0))
    title = "First layer: inputs in closed form"
    grey = data.image_shape is not None and len(data.image_shape) == 2
    return [
        Picture(
            "first_layer",
            plot_filters(first[largest].T, title=title, cmap="gray", image_shape=data.image_shape),
            "The input of length one that drives a unit of the first layer most is its column of W. "
            f"{'White pixels' if grey else 'Bright colours'} increase the unit's value, "
            f"{'black' if grey else 'dark'} ones decrease it. Shown are the units with "
            f"the largest weights.{' Many look for a stroke or a gap in one place.' * w.are_digits}",
            of_units(first[largest].T, largest),
        ),
        Picture(
            "hierarchy",
            plot_features(shown, "What units look for, and the images that they find", data.image_shape),
            "For the clearest units of each layer. On the left is an image synthesised by gradient "
            "descent in [0, 1], to switch this unit on and all others of its layer off. On the right "
            f"are the {IMAGES} training images that drive the unit most."
            f"{' The synthesised images do not look like digits.' * w.are_digits}",
            of_features(shown),
        ),
    ]


def _hidden(dnn: DNN, number: int, X: np.ndarray) -> np.ndarray:
    """Return a hidden layer's activations."""
    for layer in dnn.hidden_layers[: number + 1]:
        X = layer.hidden_op(X)
    return X


def _of_one_digit(labels: np.ndarray) -> float:
    """Return the mean share of the most frequent label in each row."""
    counts = (labels[:, :, None] == np.arange(labels.max() + 1)).sum(axis=1)
    return float(counts.max(axis=1).mean() / labels.shape[1])


def _means(dnn: DNN, number: int, X: np.ndarray) -> tuple[float, float]:
    """Return the mean activation of each row's own unit, and of all others."""
    H = _hidden(dnn, number, X)
    own = np.trace(H)
    return float(own / len(H)), float((H.sum() - own) / max(1, H.size - len(H)))
