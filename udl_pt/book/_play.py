"""Widgets that compute in the page: small models, whose weights the page contains.

Some functions train the page's own models, on the first 5,000 rows at most. The others take the picture that
a widget replaces, models, and the data set, and return the `Widget`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from udl_pt.book._shared import GENTLE, SHOWN_CLASSES, Settings, first_of_each, labels_of
from udl_pt.book._widgets import Drawn, Widget
from udl_pt.book._words import names_of, words_of
from udl_pt.book.report import Picture, Table
from udl_pt.datasets import Dataset
from udl_pt.inspection.augmentation import adversarial
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dbn import DBN
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.corruption import masking

__all__ = [
    "auto_encoders",
    "belief_network",
    "can_trick",
    "chain",
    "classifiers",
    "has_grey_images",
    "in_place",
    "rebuilding",
    "tricking",
    "units",
]

ROWS = 5000  # on which the page's own models are trained
MOST_PIXELS = 1024  # of an image, so that the page stays small
M = 100  # hidden units of the page's own models
EPOCHS = 10
MASKED = 0.5
DREAMING: dict[str, Any] = {"learning_rate": 0.1, "batch_sz": 100, "persistent": True, "binarize": True}
HARDENED_BY = 0.1
SHOWN_UNITS = 30  # of each layer


def has_grey_images(data: Dataset) -> bool:
    """Return whether the rows are grey images, small enough for the page."""
    shape = data.image_shape
    return shape is not None and len(shape) == 2 and shape[0] * shape[1] <= MOST_PIXELS


def in_place(
    pictures: Sequence[Picture | Widget | Table], name: str, make: Callable[[Any], Widget]
) -> list[Picture | Widget | Table]:
    """Return the pictures, with the widget that `make` returns in place of the one of this name."""
    return [make(one) if getattr(one, "name", None) == name else one for one in pictures]


def auto_encoders(data: Dataset, settings: Settings) -> dict[str, AutoEncoder]:
    """Train a plain and a denoising auto-encoder."""
    settings.say(f"two auto-encoders of {M} units for the page")
    corruptions = {"plain auto-encoder": None, "denoising auto-encoder": masking(MASKED)}
    return {
        name: AutoEncoder(M, corruption=corruption, **settings.made()).fit(
            data.X[:ROWS], epochs=EPOCHS, **GENTLE, **settings.fitting()
        )
        for name, corruption in corruptions.items()
    }


def rebuilding(picture: Drawn, models: Mapping[str, AutoEncoder], data: Dataset) -> Widget:
    """Return auto-encoders that rebuild damaged images in the page."""
    shown = {
        **_images(data),
        "networks": [{"name": name, **_parameters(ae)} for name, ae in models.items()],
        "caption": f"Two auto-encoders of {M} hidden units, trained on {_rows(data)} for {EPOCHS} epochs. "
        f"The denoising one saw them with {MASKED:.0%} of the pixels masked.",
    }
    return Widget(picture.name, "rebuild", shown, picture)


def belief_network(data: Dataset, settings: Settings) -> DBN:
    """Train a small deep belief network."""
    settings.say(f"a deep belief network [{M}, {M}] for the page")
    dbn = DBN([M, M], UnsupervisedModel=RBM, **settings.made())
    return dbn.fit(data.X[:ROWS], pretrain_epochs=20, pretrain_options=DREAMING, **settings.fitting())


def chain(picture: Drawn, layers: Sequence[RBM], data: Dataset) -> Widget:
    """Return the Gibbs chain of an RBM, or of the top one of several, which runs in the page."""
    *below, top = layers
    caption = (
        f"The {'upper ' * bool(below)}RBM has {top.M} hidden units. A low free energy means a likely state: "
        "log P(v) is −F(v), up to a constant. Start from noise, and watch it fall. Start from an image, and "
        "watch how long the chain stays there."
        f"{' The lower RBM passes its means down to the pixels.' * bool(below)}"
    )
    shown = {**_images(data), "layers": [_parameters(layer) for layer in layers], "caption": caption}
    return Widget(picture.name, "gibbs", shown, picture)


def units(
    picture: Drawn,
    dnn: DNN,
    found: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
    data: Dataset,
) -> Widget:
    """Return the units of each layer: what they look for, and what they find."""
    layers = []
    for number, (name, (made, activations, rows, driven)) in enumerate(found.items()):
        clearest = np.argsort(-activations)[:SHOWN_UNITS]
        layer = {
            "name": name,
            "units": clearest.astype(np.int32),
            "inputs": _bytes(made[clearest]),
            "activations": activations[clearest].astype(np.float32),
            "images": _bytes(data.X[rows[clearest]]),
            "driven": driven[clearest].astype(np.float32),
            "labels": [names_of(data, data.Y[of_unit]) for of_unit in rows[clearest]],
        }
        if number == 0:
            W = dnn.hidden_layers[0].forward_params[0].get_value()
            layer["weights"] = np.ascontiguousarray(W.T[clearest]).astype(np.float16)
        layers.append(layer)
    assert data.image_shape is not None
    caption = (
        f"The {SHOWN_UNITS} clearest units of each layer at most. The input is made by gradient descent "
        "in [0, 1], to switch this unit on and all others of its layer off. The training images that "
        "drive the unit most follow."
    )
    shown = {"layers": layers, "size": list(data.image_shape), "ink": data.ink, "caption": caption}
    return Widget(picture.name, "units", shown, picture)


def classifiers(data: Dataset, settings: Settings) -> dict[str, DNN]:
    """Train a plain and a hardened network."""
    settings.say(f"two networks of {M} units for the page")
    trained = {}
    for name in ("plain", "hardened"):
        dnn = DNN([M], **settings.made())
        trained[name] = dnn.fit(
            data.X[:ROWS],
            data.Y[:ROWS],
            pretrain=False,
            epochs=EPOCHS,
            learning_rate=0.2,
            mu=0.9,
            batch_sz=50,
            augment=[adversarial(dnn, HARDENED_BY)] if name == "hardened" else [],
            **settings.fitting(),
        )
    return trained


def tricking(picture: Drawn, models: Mapping[str, DNN], data: Dataset) -> Widget:
    """Return networks of one hidden layer, which the page attacks."""
    rows = first_of_each(data)
    shown = {
        **_images(data),
        "answers": data.Ytest[rows].astype(np.int32),
        "classes": names_of(data, range(len(data.label_names))),
        "networks": [{"name": name, "layers": _layers(dnn)} for name, dnn in models.items()],
        "caption": f"Two networks of {M} hidden units, trained on {_rows(data)} for {EPOCHS} epochs. "
        f"The hardened one saw images that were changed by {HARDENED_BY:g} per pixel, to trick it. "
        "Each pixel moves by epsilon, in the direction in which its gradient makes the answer wrong. This is "
        "the fast gradient sign method.",
    }
    return Widget(picture.name, "tricking", shown, picture)


def can_trick(data: Dataset) -> bool:
    """Return whether the page can show an attack: on grey images with labels, of two to ten classes."""
    return has_grey_images(data) and 2 <= len(data.label_names) <= SHOWN_CLASSES and len(data.Ytest) > 0


def _images(data: Dataset) -> dict[str, Any]:
    rows = first_of_each(data)
    assert data.image_shape is not None
    return {
        "images": _bytes(data.Xtest[rows]),
        "labels": labels_of(data, rows),
        "size": list(data.image_shape),
        "ink": data.ink,
    }


def _rows(data: Dataset) -> str:
    return f"{min(ROWS, len(data.X)):,} {words_of(data).sample}s"


def _bytes(X: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.clip(X, 0, 1)).astype(np.uint8)


def _parameters(layer: Any) -> dict[str, np.ndarray]:
    return {p.name: p.get_value().astype(np.float32) for p in layer.params}


def _layers(dnn: DNN) -> list[dict[str, np.ndarray]]:
    weights = [*(layer.forward_params for layer in dnn.hidden_layers), (dnn.W, dnn.b)]
    return [
        {"W": W.get_value().astype(np.float32), "b": b.get_value().astype(np.float32)} for W, b in weights
    ]
