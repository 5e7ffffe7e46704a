"""Chapter 6: "a cat + some intelligently designed noise is still a cat, so include that as training data".

An augmentation is a plain function of a batch of images (N, D) and a generator that returns the batch
changed; a list of them is given to ``DNN.fit(augment=[...])``, which draws anew for each batch. One of your
own takes two lines::

    def inverted(X, generator):
        return 1 - X

Their labels stay. Where an augmentation moves pixels, images must be square; others are a ValueError, as are
numbers out of range where one is made.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.ndimage

from udl_pt._support.arguments import check_count, check_number
from udl_pt._support.messages import shown
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.models._fine_tuning import OfNetwork
from udl_pt.symbolic.random import HostGenerator

__all__ = ["adversarial", "flip", "noise", "rotate", "shift", "zeros"]

Augmentation = Callable[[np.ndarray, HostGenerator], np.ndarray]


def shift(pixels: int) -> Augmentation:
    """Make an augmentation that shifts each image by up to `pixels` whole pixels, down and across.

    All shifts are alike likely; what comes in from outside is black.
    """
    return partial(_shift, pixels=check_count(pixels, "pixels", at_least=0))


def rotate(degrees: float) -> Augmentation:
    """Make an augmentation that turns each image about its centre by up to `degrees`, either way.

    All angles are alike likely; pixels are interpolated, and what comes in from outside is black.
    """
    return partial(_rotate, degrees=check_number(degrees, "degrees", at_least=0, at_most=180))


def flip(p: float = 0.5) -> Augmentation:
    """Make an augmentation that mirrors an image, left for right, with probability `p`.

    An upside-down cat is still a cat, but a mirrored digit may be none.
    """
    return partial(_flip, p=check_number(p, "p", at_least=0, at_most=1))


def zeros(p: float) -> Augmentation:
    """Make an augmentation that sets each pixel to zero with probability `p`, as auto-encoders do."""
    return partial(_zeros, p=check_number(p, "p", at_least=0, at_most=1))


def noise(sd: float) -> Augmentation:
    """Make an augmentation that adds normal noise of standard deviation `sd`, and cuts what leaves [0, 1]."""
    return partial(_noise, sd=check_number(sd, "sd", at_least=0))


def adversarial(model: Any, epsilon: float, share: float = 0.5) -> Augmentation:
    """Make an augmentation that replaces images by those which trick the model as it is in this step.

    Parameters
    ----------
    model : DNN
        The network that is trained.
    epsilon : float
        Change of a pixel, see `udl_pt.inspection.attacks.fast_gradient_sign`.
    share : float
        The share of a batch's images that is replaced.

    Raises
    ------
    TypeError, ValueError
        For another model than a network with logits, and for numbers outside [0, 1].

    Notes
    -----
    Goodfellow et al. (2014) give half of the cost to such images. The label that an image is driven away
    from is the one that the network sees, not the true one: with the true one, a network learns to read the
    label from the change (Kurakin et al. 2017, "label leaking").
    """
    if not (hasattr(model, "logits") and hasattr(model, "predict")):
        raise TypeError(f"model is {shown(model)}, expected the DNN that is trained")
    change = partial(
        _adversarial,
        epsilon=check_number(epsilon, "epsilon", at_least=0, at_most=1),
        share=check_number(share, "share", at_least=0, at_most=1),
    )
    return OfNetwork(model, change)


def _side(X: np.ndarray) -> int:
    side = math.isqrt(X.shape[1])
    if side * side != X.shape[1]:
        raise ValueError(
            f"images have {X.shape[1]} pixels, expected those of a square, such as 28 * 28 = 784"
        )
    return side


def _shift(X: np.ndarray, generator: HostGenerator, pixels: int) -> np.ndarray:
    side = _side(X)
    moves = np.floor(generator.uniform(-pixels, pixels + 1, (len(X), 2)))
    images = X.reshape(-1, side, side)
    moved = [scipy.ndimage.shift(image, move, order=0) for image, move in zip(images, moves, strict=True)]
    return np.array(moved).reshape(X.shape)


def _rotate(X: np.ndarray, generator: HostGenerator, degrees: float) -> np.ndarray:
    side = _side(X)
    angles = generator.uniform(-degrees, degrees, len(X))
    images = X.reshape(-1, side, side)
    turned = [
        scipy.ndimage.rotate(image, angle, reshape=False, order=1)
        for image, angle in zip(images, angles, strict=True)
    ]
    return _cut(np.array(turned).reshape(X.shape), X)


def _flip(X: np.ndarray, generator: HostGenerator, p: float) -> np.ndarray:
    side = _side(X)
    mirrored = X.reshape(-1, side, side)[:, :, ::-1].reshape(X.shape)
    return np.where(generator.uniform(0, 1, (len(X), 1)) < p, mirrored, X)


def _zeros(X: np.ndarray, generator: HostGenerator, p: float) -> np.ndarray:
    return np.where(generator.uniform(0, 1, X.shape) < p, 0, X)


def _noise(X: np.ndarray, generator: HostGenerator, sd: float) -> np.ndarray:
    return _cut(X + sd * np.asarray(generator.standard_normal(X.shape)), X)


def _cut(changed: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Cut what leaves [0, 1], or the range of the batch where that is wider."""
    return np.asarray(np.clip(changed, min(0, X.min()), max(1, X.max())))


def _adversarial(
    X: np.ndarray, generator: HostGenerator, model: Any, epsilon: float, share: float
) -> np.ndarray:
    at_least = min(1, len(X)) if share else 0
    chosen = generator.permutation(len(X))[: max(at_least, round(share * len(X)))]
    changed = X.copy()
    if len(chosen):
        changed[chosen] = fast_gradient_sign(model, X[chosen], model.predict(X[chosen]), epsilon)
    return changed
