"""Augmentations of a user's own: functions of a batch, and of a batch and the network."""

import functools
from itertools import pairwise

import numpy as np
import pytest

from udl_pt import DNN
from udl_pt.inspection.augmentation import ModelAugmentation

FAST = {"batch_sz": 20}


def halved(X, generator, model=None):
    return X / 2


def fitted(data, augment=(), **options):
    dnn = DNN([3], random_state=0)
    return dnn.fit(*data, **FAST, pretrain=False, augment=augment, **options)


def test_training_sees_what_an_augmentation_returns(data):
    X, *rest = data
    dnn = DNN([3], random_state=0)
    dnn.fit(*data, **FAST, pretrain=False, augment=[ModelAugmentation(dnn, halved)])
    for changed in (dnn, fitted(data, [halved])):
        for p, expected in zip(changed.params, fitted((X / 2, *rest)).params, strict=True):
            np.testing.assert_array_equal(p.get_value(), expected.get_value())


def test_one_that_needs_the_network_gets_it_as_it_is_in_each_step(data):
    seen = []

    def watching(X, generator, model):
        seen.append((X.shape, X.dtype, generator, model, np.array(model.W.get_value())))
        return X

    dnn = DNN([3], random_state=0)
    dnn.fit(*data, **FAST, pretrain=False, epochs=2, augment=[ModelAugmentation(dnn, watching)])
    assert len(seen) == 6  # one for each step, and none before there are parameters
    for shape, dtype, generator, model, _ in seen:
        assert (shape, dtype) == ((20, 10), np.dtype("float64"))
        assert generator is dnn._generator
        assert model is dnn
    weights = [W for *_, W in seen]
    assert all(abs(new - old).max() > 0 for old, new in pairwise(weights))


def test_one_that_needs_no_network_is_tried_before_training(data):
    calls = []

    def counted(X, generator):
        calls.append(X.shape)
        return X

    fitted(data, [counted])
    assert calls == [(20, 10)] * 4
    with pytest.raises(ValueError, match=r"returns shape \(20, 9\), expected that of the batch"):
        fitted(data, [lambda X, generator: X[:, 1:]])


def test_another_network_must_be_fitted_and_its_own_needs_images_in_the_unit_interval(data):
    X, *rest = data
    dnn, other = DNN([3], random_state=0), DNN([3])
    with pytest.raises(ValueError, match=r"augment contains .* another network that has no parameters yet"):
        dnn.fit(*data, **FAST, augment=[ModelAugmentation(other, halved)])
    other.fit(*data, pretrain=False, epochs=0)
    dnn.fit(*data, **FAST, pretrain=False, augment=[ModelAugmentation(other, halved)])
    with pytest.raises(ValueError, match=r"expects \[0, 1\]"):
        dnn.fit(3 * X, *rest, **FAST, pretrain=False, augment=[ModelAugmentation(dnn, halved)])


def fainter(X, generator, model):
    return X * {"half": 0.5}[model]


def test_an_augmentation_may_have_a_keyword_that_is_called_model(data):
    dnn = DNN([3], random_state=0)
    dnn.fit(*data, **FAST, pretrain=False, augment=[functools.partial(fainter, model="half")])
    half = DNN([3], random_state=0)
    half.fit(*data, **FAST, pretrain=False, augment=[lambda X, generator: X / 2])
    np.testing.assert_array_equal(dnn.W.get_value(), half.W.get_value())
    with pytest.raises(TypeError, match=r"augment is .*expected functions augment\(X, generator\)"):
        dnn.fit(*data, **FAST, augment=[len])
    with pytest.raises(TypeError, match="returns dtype <U32, expected real numbers"):
        dnn.fit(*data, **FAST, augment=[lambda X, generator: X.astype(str)])
