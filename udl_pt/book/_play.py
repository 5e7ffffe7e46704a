"""Widgets that compute in the page: small models, whose weights the page contains."""

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
    "ROWS",
    "can_trick",
    "dreaming",
    "gibbs",
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


def rebuilding(picture: Drawn, data: Dataset, settings: Settings) -> Widget:
    """Train a plain and a denoising auto-encoder, which rebuild damaged images in the page.

    Parameters
    ----------
    picture : Picture
        Shown without JavaScript.
    data : Dataset
        Training and test images.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    Widget
    """
    settings.say(f"two auto-encoders of {M} units for the page")
    networks = []
    for name, corruption in (("plain auto-encoder", None), ("denoising auto-encoder", masking(MASKED))):
        ae = AutoEncoder(M, corruption=corruption, **settings.made())
        ae.fit(data.X[:ROWS], epochs=EPOCHS, **GENTLE, **settings.fitting())
        networks.append({"name": name, **_parameters(ae)})
    caption = (
        f"Two auto-encoders of {M} hidden units, trained on the same {words_of(data).sample}s for {EPOCHS} "
        f"epochs. The denoising one saw them with {MASKED:.0%} of the pixels masked."
    )
    return Widget(
        picture.name, "rebuild", {**_images(data), "networks": networks, "caption": caption}, picture
    )


def gibbs(picture: Drawn, rbm: RBM, data: Dataset) -> Widget:
    """Return an RBM's Gibbs chain, which runs in the page.

    Parameters
    ----------
    picture : Picture
        Shown without JavaScript.
    rbm : RBM
        A trained RBM.
    data : Dataset
        Test images, at which chains may start.

    Returns
    -------
    Widget
    """
    caption = (
        f"The RBM with {rbm.M} hidden units. A low free energy means a likely image: log P(v) is -F(v), up "
        "to a constant. From noise, watch it fall. From an image, watch how long the chain stays there."
    )
    return Widget(
        picture.name, "gibbs", {**_images(data), "layers": [_parameters(rbm)], "caption": caption}, picture
    )


def dreaming(data: Dataset, settings: Settings) -> tuple[DBN, dict[str, Any]]:
    """Train a small deep belief network, and return it with the data of the widget that shows its dreams.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    dbn : DBN
    shown : dict
    """
    settings.say(f"a deep belief network [{M}, {M}] for the page")
    dbn = DBN([M, M], UnsupervisedModel=RBM, **settings.made())
    dbn.fit(data.X[:ROWS], pretrain_epochs=20, pretrain_options=DREAMING, **settings.fitting())
    return dbn, {**_images(data), "layers": [_parameters(layer) for layer in dbn.hidden_layers]}


def units(
    picture: Drawn,
    dnn: DNN,
    found: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
    data: Dataset,
) -> Widget:
    """Return the units of each layer: what they look for, and what they find.

    Parameters
    ----------
    picture : Picture
        Shown without JavaScript.
    dnn : DNN
        The network.
    found : mapping of str to tuple
        By the layer's name: the inputs made for all units, of shape (M, D), the units' activations there, the
        rows of the images that drive each unit most, of shape (M, k), and the activations there.
    data : Dataset
        Training images.

    Returns
    -------
    Widget
    """
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
        "in [0, 1], to switch this unit on and all others of its layer off. Beside it are the training "
        "images that drive the unit most."
    )
    shown = {"layers": layers, "size": list(data.image_shape), "ink": data.ink, "caption": caption}
    return Widget(picture.name, "units", shown, picture)


def tricking(picture: Drawn, data: Dataset, settings: Settings) -> Widget:
    """Train a plain and a hardened network, which the page attacks.

    Parameters
    ----------
    picture : Picture
        Shown without JavaScript.
    data : Dataset
        Training and test images.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    Widget
    """
    settings.say(f"two networks of {M} units for the page")
    networks = []
    for name in ("plain", "hardened"):
        dnn = DNN([M], **settings.made())
        dnn.fit(
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
        W, b = (p.get_value() for p in dnn.hidden_layers[0].forward_params)
        top = {"W": dnn.W.get_value(), "b": dnn.b.get_value()}
        layers = [{key: _float32(value) for key, value in one.items()} for one in ({"W": W, "b": b}, top)]
        networks.append({"name": name, "layers": layers})
    rows = first_of_each(data)
    shown = {
        **_images(data),
        "answers": data.Ytest[rows].astype(np.int32),
        "classes": names_of(data, range(len(data.label_names))),
        "networks": networks,
        "caption": f"Two networks of {M} hidden units. The hardened one was trained on images that were "
        f"changed by {HARDENED_BY:g} per pixel, to trick it. The change follows the sign of the gradient.",
    }
    return Widget(picture.name, "tricking", shown, picture)


def can_trick(data: Dataset) -> bool:
    """Return whether the page can show an attack: grey images of not too many classes, with labels."""
    return has_grey_images(data) and len(data.label_names) <= SHOWN_CLASSES and len(data.Ytest) > 0


def _images(data: Dataset) -> dict[str, Any]:
    rows = first_of_each(data)
    assert data.image_shape is not None
    return {
        "images": _bytes(data.Xtest[rows]),
        "labels": labels_of(data, rows),
        "size": list(data.image_shape),
        "ink": data.ink,
    }


def _bytes(X: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.clip(X, 0, 1)).astype(np.uint8)


def _parameters(layer: Any) -> dict[str, np.ndarray]:
    return {p.name: _float32(p.get_value()) for p in layer.params}


def _float32(values: Sequence[float] | np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)
