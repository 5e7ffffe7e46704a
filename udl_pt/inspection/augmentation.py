"""Chapter 6: "a cat + some intelligently designed noise is still a cat, so include that as training data".

An augmentation is a plain function of a batch of images (N, D) and a generator that returns the changed
batch. ``DNN.fit(augment=[...])`` takes a list of them, and draws anew for each batch. One of your own takes
two lines::

    def inverted(X, generator):
        return 1 - X

`ModelAugmentation` is for functions that need the network as well, ``change(X, generator, model)``.

The labels stay the same. An augmentation that moves pixels needs the images' shape: without `image_shape`,
they are squares. The functions here raise a ValueError for numbers out of range.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.ndimage

from udl_pt._support.arguments import check_count, check_number
from udl_pt._support.images import ImageShape, check_image_shape, image_shape_of
from udl_pt._support.messages import shown
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.models._fine_tuning import ModelAugmentation
from udl_pt.symbolic.chance import HostGenerator

__all__ = ["ModelAugmentation", "adversarial", "flip", "gaussian", "masking", "rotate", "shift"]

Augmentation = Callable[[np.ndarray, HostGenerator], np.ndarray]


def shift(pixels: int, image_shape: Sequence[int] | None = None) -> Augmentation:
    """Return an augmentation that shifts each image by up to `pixels` whole pixels, down and across.

    All shifts are equally likely. Pixels that come in from outside are black (0).

    Parameters
    ----------
    pixels : int
        Largest shift in either direction, at least 0.
    image_shape : sequence of int, optional
        ``(rows, columns)`` or ``(rows, columns, 3)``; by default a square.

    Returns
    -------
    callable
        ``augmentation(X, generator)``, of images of shape (N, D) and a `numpy.random.Generator` or
        `numpy.random.RandomState`, returns the changed images.

    Raises
    ------
    ValueError, TypeError
        For bad arguments; when called, for images of another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.augmentation import shift
    >>> generator = np.random.default_rng(0)
    >>> X = np.array([[0, 0, 0, 0, 1, 0, 0, 0, 0]])  # 3 x 3, the pixel in the middle is white
    >>> shift(1)(X, generator).reshape(3, 3).tolist()
    [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    """
    pixels = check_count(pixels, "pixels", at_least=0)
    return partial(_shift, pixels=pixels, image_shape=_check_shape(image_shape))


def rotate(degrees: float, image_shape: Sequence[int] | None = None) -> Augmentation:
    """Return an augmentation that rotates each image about its centre by up to `degrees`, either way.

    All angles are equally likely. Pixels are interpolated; those that come in from outside are black (0).

    Parameters
    ----------
    degrees : float
        Largest angle, from 0 to 180 degrees.
    image_shape : sequence of int, optional
        ``(rows, columns)`` or ``(rows, columns, 3)``; by default a square.

    Returns
    -------
    callable
        ``augmentation(X, generator)``, of images of shape (N, D) and a `numpy.random.Generator` or
        `numpy.random.RandomState`, returns the changed images.

    Raises
    ------
    ValueError, TypeError
        For bad arguments; when called, for images of another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.augmentation import rotate
    >>> generator = np.random.default_rng(0)
    >>> X = np.array([[0.0, 0, 0, 1, 1, 1, 0, 0, 0]])  # 3 x 3, a horizontal line
    >>> rotate(45)(X, generator).reshape(3, 3).round(1).tolist()
    [[0.0, 0.0, 0.0], [0.8, 1.0, 0.8], [0.0, 0.0, 0.0]]
    """
    degrees = check_number(degrees, "degrees", at_least=0, at_most=180)
    return partial(_rotate, degrees=degrees, image_shape=_check_shape(image_shape))


def flip(p: float = 0.5, image_shape: Sequence[int] | None = None) -> Augmentation:
    """Return an augmentation that mirrors each image, left for right, with probability `p`.

    An upside-down cat is still a cat, but a mirrored digit may not be a digit.

    Parameters
    ----------
    p : float
        Probability, from 0 to 1.
    image_shape : sequence of int, optional
        ``(rows, columns)`` or ``(rows, columns, 3)``; by default a square.

    Returns
    -------
    callable
        ``augmentation(X, generator)``, of images of shape (N, D) and a `numpy.random.Generator` or
        `numpy.random.RandomState`, returns the changed images.

    Raises
    ------
    ValueError, TypeError
        For bad arguments; when called, for images of another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.augmentation import flip
    >>> generator = np.random.default_rng(0)
    >>> X = np.array([[0.1, 0.2, 0.3, 0.4]])  # 2 x 2
    >>> flip(1.0)(X, generator).tolist()
    [[0.2, 0.1, 0.4, 0.3]]
    """
    p = check_number(p, "p", at_least=0, at_most=1)
    return partial(_flip, p=p, image_shape=_check_shape(image_shape))


def masking(p: float) -> Augmentation:
    """Return an augmentation that sets each pixel to zero with probability `p`.

    The corruption of denoising auto-encoders does the same.

    Parameters
    ----------
    p : float
        Probability, from 0 to 1.

    Returns
    -------
    callable
        ``augmentation(X, generator)``, of images of shape (N, D) and a `numpy.random.Generator` or
        `numpy.random.RandomState`, returns the changed images.

    Raises
    ------
    ValueError, TypeError
        For a bad `p`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.augmentation import masking
    >>> generator = np.random.default_rng(0)
    >>> changed = masking(0.3)(np.ones((100, 100)), generator)
    >>> np.unique(changed).tolist(), round(float((changed == 0).mean()), 1)
    ([0.0, 1.0], 0.3)
    """
    return partial(_masking, p=check_number(p, "p", at_least=0, at_most=1))


def gaussian(sd: float) -> Augmentation:
    """Return an augmentation that adds normal noise to each pixel, and clips the result to [0, 1].

    Where the batch has values beyond [0, 1], it cuts to the batch's own range there.

    Parameters
    ----------
    sd : float
        Standard deviation of the noise, at least 0, in the images' units.

    Returns
    -------
    callable
        ``augmentation(X, generator)``, of images of shape (N, D) and a `numpy.random.Generator` or
        `numpy.random.RandomState`, returns the changed images.

    Raises
    ------
    ValueError, TypeError
        For a bad `sd`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.augmentation import gaussian
    >>> generator = np.random.default_rng(0)
    >>> X = np.full((100, 100), 0.5)
    >>> changed = gaussian(0.1)(X, generator)
    >>> round(float((changed - X).std()), 2)
    0.1
    """
    return partial(_gaussian, sd=check_number(sd, "sd", at_least=0))


def adversarial(model: Any, epsilon: float, share: float = 0.5) -> Augmentation:
    """Return an augmentation that replaces images by adversarial ones, of the model as it is in this step.

    The attack is `udl_pt.inspection.attacks.fast_gradient_sign`.

    Parameters
    ----------
    model : DNN
        The network in training.
    epsilon : float
        Change of each pixel, from 0 to 1.
    share : float
        Share of a batch's images to replace, from 0 to 1; above 0 at least one image.

    Returns
    -------
    callable
        ``augmentation(X, generator)``, of images of shape (N, D) and a `numpy.random.Generator` or
        `numpy.random.RandomState`, returns the changed images.

    Raises
    ------
    TypeError, ValueError
        If `model` is not a network with logits, and for numbers outside [0, 1].

    Notes
    -----
    Goodfellow et al. (2014) weight such images with half of the cost. The attack moves an image away from the
    predicted label, not from the true one. With the true one, a network learns to read the label from the
    change (Kurakin et al. 2017, "label leaking").

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import DNN
    >>> from udl_pt.inspection.augmentation import adversarial
    >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)
    >>> dnn = DNN([2], random_state=0)
    >>> augment = [adversarial(dnn, epsilon=0.25)]
    >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, epochs=2, batch_sz=4, augment=augment)
    >>> changed = augment[0](X, np.random.default_rng(0))
    >>> int((changed != X).any(axis=1).sum())  # half of 12 images
    6
    """
    if not (hasattr(model, "logits") and hasattr(model, "predict")):
        raise TypeError(f"model is {shown(model)}, expected the DNN that is trained")
    change = partial(
        _adversarial,
        epsilon=check_number(epsilon, "epsilon", at_least=0, at_most=1),
        share=check_number(share, "share", at_least=0, at_most=1),
    )
    return ModelAugmentation(model, change)


def _check_shape(image_shape: Sequence[int] | None) -> ImageShape | None:
    return None if image_shape is None else check_image_shape(image_shape)


def _shift(
    X: np.ndarray, generator: HostGenerator, pixels: int, image_shape: ImageShape | None
) -> np.ndarray:
    shape = image_shape_of(X.shape[1], image_shape)
    moves = np.zeros((len(X), len(shape)))
    moves[:, :2] = np.floor(generator.uniform(-pixels, pixels + 1, (len(X), 2)))  # colours stay together
    images = X.reshape(-1, *shape)
    moved = [scipy.ndimage.shift(image, move, order=0) for image, move in zip(images, moves, strict=True)]
    return np.array(moved).reshape(X.shape)


def _rotate(
    X: np.ndarray, generator: HostGenerator, degrees: float, image_shape: ImageShape | None
) -> np.ndarray:
    images = X.reshape(-1, *image_shape_of(X.shape[1], image_shape))
    angles = generator.uniform(-degrees, degrees, len(X))
    turned = [
        scipy.ndimage.rotate(image, angle, reshape=False, order=1)
        for image, angle in zip(images, angles, strict=True)
    ]
    return _cut(np.array(turned).reshape(X.shape), X)


def _flip(X: np.ndarray, generator: HostGenerator, p: float, image_shape: ImageShape | None) -> np.ndarray:
    shape = image_shape_of(X.shape[1], image_shape)
    mirrored = X.reshape(-1, *shape)[:, :, ::-1].reshape(X.shape)
    return np.where(generator.uniform(0, 1, (len(X), 1)) < p, mirrored, X)


def _masking(X: np.ndarray, generator: HostGenerator, p: float) -> np.ndarray:
    return np.where(generator.uniform(0, 1, X.shape) < p, 0, X)


def _gaussian(X: np.ndarray, generator: HostGenerator, sd: float) -> np.ndarray:
    return _cut(X + sd * np.asarray(generator.standard_normal(X.shape)), X)


def _cut(changed: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Clip values to [0, 1], or to the range of the batch where that is wider."""
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
