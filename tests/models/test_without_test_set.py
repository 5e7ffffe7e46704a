"""A network that is trained without a test set, or on labels that lack some classes."""

import numpy as np
import pytest

from udl_pt import DNN, Batches, Ladder, eager
from udl_pt.callbacks import EarlyStopping

BATCH = {"batch_sz": 20}
KINDS = {
    "dnn": (lambda: DNN([4], random_state=0), BATCH | {"pretrain_options": BATCH}),
    "ladder": (lambda: Ladder([4], random_state=0), BATCH),
    "twin": (lambda: eager.DNN([4], random_state=0), BATCH | {"pretrain_options": BATCH}),
}


def values(model):
    return [np.array(p.get_value() if hasattr(p, "get_value") else p) for p in model.params]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("monitor", ["epoch", "batch", None])
def test_it_takes_the_same_steps_and_records_nothing(data, name, monitor):
    make, options = KINDS[name]
    progress = []
    bare = make().fit(
        *data[:2], epochs=2, monitor=monitor, callbacks=[lambda p: progress.append(p.cost)], **options
    )
    with_test = make().fit(*data, epochs=2, monitor=monitor, **options)
    for some, others in zip(values(bare), values(with_test), strict=True):
        np.testing.assert_array_equal(some, others)
    assert bare.costs == bare.errors == []
    assert progress[-1] is None


@pytest.mark.parametrize("name", ["dnn", "ladder"])
def test_a_validation_set_alone_is_measured(data, name):
    make, options = KINDS[name]
    X, Y, *valid = data
    model = make()
    model.fit(X, Y, epochs=3, validation=tuple(valid), callbacks=[EarlyStopping(model, 5)], **options)
    tested = make().fit(X, Y, *valid, epochs=3, **options)
    np.testing.assert_allclose(model.valid_costs, tested.costs, rtol=1e-12)
    assert model.costs == model.errors == []
    with pytest.raises(ValueError, match="early stopping watches errors"):
        model.fit(X, Y, callbacks=[EarlyStopping(model, watch="errors")], **options)


@pytest.mark.parametrize("name", ["dnn", "ladder"])
def test_labels_may_lack_classes_whose_number_is_given(data, name):
    make, options = KINDS[name]
    X, Y = data[:2]
    model = make().fit(X, Y % 2, n_classes=3, **options)
    network = getattr(model, "dnn", model)
    assert network.forward(X).shape == (60, 3)
    model.fit(X, Y, warm_start=True, **options)
    batches = Batches(lambda: iter([(X[Y == 1], Y[Y == 1])]))
    model.fit(batches, None, n_classes=3, warm_start=True, **options)
    with pytest.raises(ValueError, match="Y has the labels 2, but n_classes is 2, which allows 0 to 1"):
        model.fit(X, Y, n_classes=2, **options)
    with pytest.raises(ValueError, match="n_classes is 0, expected at least 1"):
        model.fit(X, Y, n_classes=0, **options)


@pytest.mark.parametrize("name", KINDS)
def test_half_a_test_set_is_an_error(data, name):
    make, options = KINDS[name]
    with pytest.raises(TypeError, match="Ytest is None"):
        make().fit(*data[:3], **options)
    with pytest.raises(TypeError, match="Xtest is None"):
        make().fit(*data[:2], Ytest=data[3], **options)
