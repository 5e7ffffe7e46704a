"""Augmentations: what they do to an image, what they draw, and what of them reaches training."""

import numpy as np
import pytest

from udl_pt import DNN
from udl_pt._support.exceptions import NotFittedError
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.inspection.augmentation import adversarial, flip, gaussian, masking, rotate, shift

SIDE = 6
X = np.random.RandomState(0).rand(400, SIDE * SIDE)
GENERATORS = pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])


@GENERATORS
def test_shift_moves_by_whole_pixels_all_alike_often(kind):
    dot = np.zeros((3000, SIDE, SIDE))
    dot[:, 3, 2] = 1
    moved = shift(1)(dot.reshape(3000, -1), kind(0)).reshape(dot.shape)
    counts = moved.sum(axis=0)
    assert counts.sum() == 3000
    around = counts[2:5, 1:4]
    assert around.sum() == 3000
    assert (abs(around - 3000 / 9) < 5 * np.sqrt(3000 / 9)).all()
    np.testing.assert_array_equal(shift(0)(X, kind(0)), X)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_images_of_any_shape(shape):
    images = np.random.RandomState(0).rand(30, *shape)
    rows = images.reshape(30, -1)
    flipped = flip(1.0, image_shape=shape)(rows, np.random.RandomState(0))
    np.testing.assert_array_equal(flipped.reshape(images.shape), images[:, :, ::-1])
    moved = shift(1, image_shape=shape)(rows, np.random.RandomState(0)).reshape(images.shape)
    moves = np.floor(np.random.RandomState(0).uniform(-1, 2, (30, 2))).astype(int)
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)][: images.ndim])
    for image, around, (down, across) in zip(moved, padded, moves, strict=True):
        np.testing.assert_array_equal(image, around[1 - down :, 1 - across :][:4, :6])
    turned = rotate(180, image_shape=shape)(rows, AlwaysTheEnd()).reshape(images.shape)
    np.testing.assert_allclose(turned, images[:, ::-1, ::-1], atol=1e-12)
    for make in (flip, lambda **shape: shift(1, **shape), lambda **shape: rotate(10, **shape)):
        with pytest.raises(ValueError, match="which has 3 \\* 4 = 12 values, but a row has"):
            make(image_shape=(3, 4))(rows, np.random.RandomState(0))
        with pytest.raises(ValueError, match=r"image_shape is \(3, 0\)"):
            make(image_shape=(3, 0))


class AlwaysTheEnd:
    """A generator whose uniform numbers are the upper limit."""

    def uniform(self, low, high, size):
        return np.full(size, high)


def test_what_is_shifted_in_is_black():
    moved = shift(2)(np.ones((50, SIDE * SIDE)), np.random.RandomState(0)).reshape(-1, SIDE, SIDE)
    rows, columns = (moved.max(axis=axis).sum(axis=1) for axis in (2, 1))
    np.testing.assert_array_equal(moved.sum(axis=(1, 2)), rows * columns)
    assert set(rows) == set(columns) == {4, 5, 6}


@GENERATORS
def test_rotate_turns_by_no_more_than_it_says(kind):
    line = np.zeros((200, 21, 21))
    line[:, 10, :] = 1
    turned = rotate(30)(line.reshape(200, -1), kind(0)).reshape(line.shape)
    y, x = np.mgrid[-10:11, -10:11]
    angles = []
    for image in turned:
        covariance = [(image * a * b).sum() for a, b in ((x, x), (x, y), (y, y))]
        angles.append(0.5 * np.degrees(np.arctan2(2 * covariance[1], covariance[0] - covariance[2])))
    assert np.abs(angles).max() <= 30.5
    assert np.ptp(angles) > 50
    assert ((turned >= 0) & (turned <= 1)).all()


@GENERATORS
def test_flip_mirrors_left_for_right(kind):
    flipped = flip()(X, kind(0)).reshape(-1, SIDE, SIDE)
    images = X.reshape(-1, SIDE, SIDE)
    same = (flipped == images).all(axis=(1, 2))
    np.testing.assert_array_equal(flipped[~same], images[~same][:, :, ::-1])
    assert 150 < same.sum() < 250
    np.testing.assert_array_equal(flip(1)(X, kind(0)).reshape(images.shape), images[:, :, ::-1])


@GENERATORS
def test_masking_and_gaussian_noise(kind):
    fewer = masking(0.3)(X, kind(0))
    gone = fewer != X
    np.testing.assert_array_equal(fewer[gone], 0)
    assert abs(gone.mean() - 0.3) < 0.02
    middle = np.full((300, 50), 0.5)
    change = gaussian(0.1)(middle, kind(0)) - middle
    np.testing.assert_allclose([change.mean(), change.std()], [0, 0.1], atol=3e-3)
    noisy = gaussian(2)(X, kind(0))
    assert noisy.min() == 0
    assert noisy.max() == 1


def test_adversarial_replaces_a_share_by_what_tricks_the_network(data):
    images, Y, Xtest, Ytest = data
    dnn = DNN([5], random_state=0).fit(
        images, Y, Xtest, Ytest, epochs=1, batch_sz=20, pretrain=False, backend="jax"
    )
    changed = adversarial(dnn, 0.1, share=0.25)(images, np.random.RandomState(0))
    expected = fast_gradient_sign(dnn, images, dnn.predict(images), 0.1)
    rows = (changed != images).any(axis=1)
    assert rows.sum() == 15
    np.testing.assert_array_equal(changed[rows], expected[rows])
    np.testing.assert_array_equal(adversarial(dnn, 0.1, share=0)(images, np.random.RandomState(0)), images)


def fit(data, dtype="float64", **options):
    dnn = DNN([5], random_state=0, dtype=dtype)
    return dnn.fit(*data, pretrain=False, epochs=2, batch_sz=20, backend="jax", **options)


def test_training_sees_what_the_functions_return_and_measures_what_is(data):
    seen = []

    def first(batch, generator):
        seen.append(batch)
        return batch / 2

    def second(batch, generator):
        np.testing.assert_array_equal(batch, seen[-1] / 2)
        return batch / 2

    changed = fit(data, augment=[first, second])
    X, Y, Xtest, Ytest = data
    same = fit((X / 4, Y, Xtest, Ytest))
    np.testing.assert_allclose(changed.W.get_value(), same.W.get_value())
    assert changed.errors == same.errors
    assert changed.costs == same.costs
    assert len(seen) == 1 + 2 * 3  # it is tried once before training
    assert not np.shares_memory(seen[-1], X)


def test_augmentation_is_reproducible_and_new_in_each_batch(data):
    images = np.random.RandomState(1).rand(60, 16)
    data = images, data[1], images, data[1]
    one, two = (fit(data, augment=[shift(1), rotate(10), masking(0.2), gaussian(0.1)]) for _ in range(2))
    np.testing.assert_array_equal(one.W.get_value(), two.W.get_value())
    drawn = []

    def watch(batch, generator):
        drawn.append(generator.uniform(0, 1))
        return batch

    fit(data, augment=[watch])
    assert len(set(drawn[1:])) == len(drawn) - 1


def test_a_network_hardens_itself(data):
    dnn = DNN([5], random_state=0)
    dnn.fit(*data, pretrain=False, epochs=3, batch_sz=20, augment=[adversarial(dnn, 0.1)], backend="jax")
    plain = fit(data)
    assert not np.allclose(dnn.W.get_value(), plain.W.get_value())
    wider = np.hstack([data[0], data[0]]), data[1], np.hstack([data[2], data[2]]), data[3]
    dnn.fit(*wider, pretrain=False, epochs=1, batch_sz=20, augment=[adversarial(dnn, 0.1)], backend="jax")
    assert dnn.n_features == 20


@pytest.mark.parametrize(
    ("augment", "error", "message"),
    [
        (
            [lambda X, generator: X[1:]],
            ValueError,
            r"returns shape \(19, 10\), expected that of",
        ),
        ([lambda X, generator: X + 1], ValueError, r"returns values from 1.* expected 0 to 1 .*numpy.clip"),
        ([lambda X, generator: X * np.nan], ValueError, "returns values from nan"),
        ([shift(1)], ValueError, "a row has 10 values, expected the pixels of a square image"),
        ([3], TypeError, r"augment is \[3\], expected a list of functions such as"),
        (shift(1), TypeError, "expected a list of functions such as"),
    ],
)
def test_a_bad_augmentation_is_found_before_anything_changes(data, augment, error, message):
    dnn = fit(data)
    before = dnn.W.get_value(), dnn._generator.get_state()[1].copy()
    with pytest.raises(error, match=message):
        dnn.fit(*data, pretrain=False, batch_sz=20, augment=augment, backend="jax")
    np.testing.assert_array_equal(dnn.W.get_value(), before[0])
    np.testing.assert_array_equal(dnn._generator.get_state()[1], before[1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: shift(-1), "pixels is -1"),
        (lambda: rotate(200), "degrees is 200"),
        (lambda: flip(1.5), "p is 1.5"),
        (lambda: masking(-0.1), "p is -0.1"),
        (lambda: gaussian(-1), "sd is -1"),
        (lambda: adversarial(DNN([3]), -0.1), "epsilon is -0.1"),
        (lambda: adversarial(DNN([3]), 0.1, share=2), "share is 2"),
    ],
)
def test_bad_numbers(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_only_a_network_is_tricked():
    with pytest.raises(TypeError, match="model is None, expected the DNN that is trained"):
        adversarial(None, 0.1)


def test_integer_images_are_augmented_in_the_networks_dtype(data):
    X, Y, Xtest, Ytest = data
    seen = []
    fit(
        ((X > 0.5).astype(int), Y, Xtest, Ytest),
        dtype="float32",
        augment=[lambda X, generator: seen.append(X.dtype) or X, gaussian(0.1)],
    )
    assert set(seen) == {np.dtype("float32")}


def test_a_function_of_ones_own_that_needs_the_network_is_not_tried_before_it_is_trained(data):
    dnn = DNN([5], random_state=0)
    dnn.fit(
        *data,
        pretrain=False,
        batch_sz=20,
        augment=[lambda X, generator: X * dnn.forward(X).max(axis=1, keepdims=True)],
        backend="jax",
    )
    assert np.isfinite(dnn.costs).all()


def test_an_augmentation_may_work_in_place(data):
    X = data[0].copy()

    def halved(X, generator):
        X *= 0.5
        return X

    fit(data, augment=[halved])
    np.testing.assert_array_equal(data[0], X)


def test_turned_white_stays_white():
    generator = np.random.RandomState(0)
    for _ in range(20):
        assert rotate(15)(np.ones((30, 784)), generator).max() <= 1


def test_noise_leaves_a_wider_range_as_it_is():
    X = 3 * np.random.RandomState(0).randn(200, 9)
    changed = gaussian(1e-9)(X, np.random.RandomState(1))
    np.testing.assert_allclose(changed, X, atol=1e-7)


def test_a_batch_of_one_is_tricked_too(data):
    dnn = fit(data)
    one = data[0][:1]
    assert not np.allclose(adversarial(dnn, 0.1)(one, np.random.RandomState(0)), one)


def test_what_cannot_trick_is_found_before_pretraining(data):
    X, Y, Xtest, Ytest = data
    dnn = fit(data)
    before = dnn.W.get_value()
    with pytest.raises(NotFittedError, match=r"augment contains .* another network that has no parameters"):
        dnn.fit(*data, batch_sz=20, augment=[adversarial(DNN([5]), 0.1)], backend="jax")
    with pytest.raises(ValueError, match=r"expects \[0, 1\]"):
        dnn.fit(
            3 * X,
            Y,
            Xtest,
            Ytest,
            pretrain=False,
            batch_sz=20,
            augment=[adversarial(dnn, 0.1)],
            backend="jax",
        )
    np.testing.assert_array_equal(dnn.W.get_value(), before)
