"""Training goes on from the present parameters with ``warm_start=True``."""

import numpy as np
import pytest
from saved_models import LABELLED, X, Y, held

from udl_pt import (
    DBN,
    DNN,
    RBM,
    TSNE,
    AutoEncoder,
    DeepAutoEncoder,
    Ladder,
    SymmetricSNE,
    adam_updates,
    eager,
    joint_probabilities,
)
from udl_pt.callbacks import Checkpoint

FAST = {"batch_sz": 40, "epochs": 2}  # one batch: the order of the rows makes no difference but in rounding
PRETRAINED = {"pretrain_options": {"batch_sz": 10}}

MODELS = {
    "auto-encoder": (lambda: AutoEncoder(3, random_state=0), (X,), FAST),
    "rbm": (lambda: RBM(3, random_state=0), (X,), FAST),
    "dnn": (lambda: DNN([3, 2], random_state=0), LABELLED, FAST | PRETRAINED),
    "deep": (lambda: DeepAutoEncoder([3, 2], random_state=0), (X,), FAST | PRETRAINED),
    "ladder": (lambda: Ladder([3], random_state=0), LABELLED, FAST),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_records_go_on_and_the_variables_are_the_same(name):
    make, data, options = MODELS[name]
    model = make().fit(*data, **options)
    params, costs, layers = model.params, list(model.costs), list(getattr(model, "hidden_layers", ()))
    assert model.fit(*data, warm_start=True, **options) is model
    assert all(p is q for p, q in zip(params, model.params, strict=True))
    assert model.costs[:2] == costs
    assert len(model.costs) == 4
    assert all(len(layer.costs) == 1 for layer in layers)  # not pretrained again
    assert model.is_fitted


@pytest.mark.parametrize("name", ["auto-encoder", "dnn", "deep"])
def test_two_fits_are_as_one_of_all_epochs(name):
    # full batches, and velocities that go on: only sums over reordered rows are rounded otherwise
    make, data, options = MODELS[name]
    twice = make().fit(*data, **options).fit(*data, warm_start=True, **options)
    once = make().fit(*data, **options | {"epochs": 4})
    np.testing.assert_allclose(twice.costs, once.costs, rtol=1e-12)
    for p, q in zip(twice.params, once.params, strict=True):
        np.testing.assert_allclose(p.get_value(), q.get_value(), atol=1e-12)


def test_an_unfitted_model_starts_anew():
    options = {"validation": 0.25, "batch_sz": 10}
    first = AutoEncoder(3, random_state=0).fit(X, warm_start=True, **options)
    assert held(first.params) == held(AutoEncoder(3, random_state=0).fit(X, **options).params)


def test_no_epochs_change_nothing():
    ae = AutoEncoder(3, random_state=0).fit(X, **FAST)
    before = held(ae.params + ae.dparams)
    ae.fit(X, warm_start=True, epochs=0)
    assert held(ae.params + ae.dparams) == before


def test_generators_and_chains_go_on():
    options = {"persistent": True, "n_chains": 5, "learning_rate": 0.0, **FAST}
    rbm = RBM(3, random_state=0, rng=1).fit(X, **options)
    chains, state = rbm.chains, rbm.rng.generator.bit_generator.state
    rbm.fit(X, warm_start=True, epochs=0, persistent=True, n_chains=5)
    assert rbm.rng.generator.bit_generator.state == state
    whole = RBM(3, random_state=0, rng=1).fit(X, **options | {"epochs": 4})
    rbm.chains = chains
    rbm.fit(X, warm_start=True, **options)
    np.testing.assert_array_equal(rbm.chains, whole.chains)


def test_each_layer_of_a_belief_network_goes_on():
    dbn = DBN([3, 2], RBM, random_state=0).fit(X, **PRETRAINED)
    params = dbn.params
    dbn.fit(X, warm_start=True, **PRETRAINED)
    assert [len(layer.costs) for layer in dbn.hidden_layers] == [2, 2]
    assert all(p is q for p, q in zip(params, dbn.params, strict=True))
    kept = held(dbn.params)
    dbn.fit(X, warm_start=True, keep_layers=True)
    assert held(dbn.params) == kept


@pytest.mark.parametrize("kind", [TSNE, SymmetricSNE])
def test_points_move_on(kind):
    model = kind(perplexity=5, random_state=0, learning_rate=0.5, max_iter=100, exaggeration_iter=50)
    start, costs = model.fit_transform(X), list(model.costs)
    moved = model.fit_transform(X, warm_start=True)
    assert model.costs[: len(costs)] == costs
    assert len(model.costs) == 2 * len(costs)
    assert model.costs[-1] < costs[-1]
    assert not np.array_equal(moved, start)
    with pytest.raises(ValueError, match="is fitted to 40 points, but the data have 39"):
        model.fit_transform(X[1:], warm_start=True)


def test_the_first_step_is_one_without_exaggeration():
    tsne = TSNE(perplexity=5, random_state=0, learning_rate=0.5, max_iter=1)
    Y0 = tsne.fit_transform(X) * 1000
    tsne.embedding_ = Y0.copy()
    moved = tsne.fit_transform(X, warm_start=True)
    P = joint_probabilities(X, 5)
    difference = Y0[:, None] - Y0[None]
    kernel = 1 / (1 + (difference**2).sum(axis=2))
    np.fill_diagonal(kernel, 0)
    gradient = 4 * ((P - kernel / kernel.sum()) * kernel)[:, :, None] * difference
    np.testing.assert_allclose(moved, Y0 - 0.5 * 0.8 * gradient.sum(axis=1), rtol=1e-9)  # the gain is 0.8


def test_another_optimiser_may_take_over():
    ae = AutoEncoder(3, random_state=0).fit(X, **FAST)
    ae.fit(X, warm_start=True, optimiser=adam_updates, **FAST)
    assert len(ae.costs) == 4


@pytest.mark.parametrize(
    ("fit", "said"),
    [
        (
            lambda: fitted().fit(X[:, :3], warm_start=True, **FAST),
            "is fitted to 4 features, but the data have 3",
        ),
        (
            lambda: fitted().fit(X, warm_start=True, validation=0.25, batch_sz=10),
            r"validation is 0\.25 and warm_start",
        ),
        (
            lambda: network().fit(X, Y % 2, X, Y % 2, warm_start=True, **FAST),
            "fitted to 3 classes, .* have 2",
        ),
        (
            lambda: network().fit(X[:, :3], Y, X[:, :3], Y, warm_start=True, **FAST),
            "warm_start is True, but layer 1",
        ),
        (lambda: ladder().fit(X[:, :3], Y, X[:, :3], Y, warm_start=True, **FAST), "fitted to 4 features"),
        (lambda: ladder().fit(X, Y % 2, X, Y % 2, warm_start=True, **FAST), "fitted to 3 classes"),
        (
            lambda: DBN([2], random_state=0).fit(X, **PRETRAINED).fit(X[:, :3], warm_start=True),
            "but layer 1 has",
        ),
        (lambda: eager.AutoEncoder(2).fit(X, warm_start=True, **FAST), "warm_start"),
    ],
)
def test_data_that_do_not_fit_are_refused(fit, said):
    with pytest.raises(ValueError, match=said):
        fit()


def test_warm_start_is_a_switch():
    with pytest.raises(TypeError, match="warm_start is 'yes', expected True or False"):
        fitted().fit(X, warm_start="yes", **FAST)


def fitted():
    return AutoEncoder(3, random_state=0).fit(X, **FAST)


def network():
    return DNN([3], random_state=0).fit(*LABELLED, **FAST, **PRETRAINED)


def ladder():
    return Ladder([3], random_state=0).fit(*LABELLED, **FAST)


def test_a_warm_fit_resumes_from_its_checkpoint(tmp_path):
    class Stopped(Exception):
        pass

    def stop(progress):
        if progress.epoch == 2:
            raise Stopped

    def fit(*callbacks, **options):
        saving = Checkpoint(tmp_path / "a", every_epochs=1)
        warm = {"warm_start": True, "resume": tmp_path / "a", "batch_sz": 10, "epochs": 3}
        return fitted().fit(X, callbacks=[*callbacks, saving], **warm)

    right = fitted().fit(X, warm_start=True, batch_sz=10, epochs=3)
    stop.observes_only = True
    with pytest.raises(Stopped):
        fit(stop)
    assert held(fit().params) == held(right.params)
    ae = AutoEncoder(3, random_state=1).fit(X, **FAST)
    with pytest.raises(ValueError, match="parameters at the start is"):
        ae.fit(X, warm_start=True, batch_sz=10, epochs=3, callbacks=[], resume=tmp_path / "a")
