"""What an int, a generator and none at all mean for the fits of one model, and of its copies."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from parity import value

from udl_pt import (
    DBN,
    DNN,
    RBM,
    TSNE,
    AutoEncoder,
    DeepAutoEncoder,
    Ladder,
    RandomStreams,
    SymmetricSNE,
    eager,
)
from udl_pt.symbolic.corruption import masking

N = 12
X = np.random.default_rng(0).random((N, 5))
Y = np.arange(N) % 2
LABELLED = (X, Y, X, Y)
STEPS = {"epochs": 2, "batch_sz": 4}
PRETRAINED = {"pretrain_options": {"batch_sz": 4}}
noisy = partial(AutoEncoder, corruption=masking(0.5))

MODELS = {
    "auto-encoder": (noisy, lambda m: m(3), lambda m: m.fit(X, **STEPS)),
    "machine": (RBM, lambda m: m(3), lambda m: m.fit(X, persistent=True, **STEPS)),
    "validated": (RBM, lambda m: m(3), lambda m: m.fit(X, validation=0.5, epochs=2, batch_sz=3)),
    "belief network": (DBN, lambda m: m([4, 3], RBM), lambda m: m.fit(X, 2, **PRETRAINED)),
    "network": (
        DNN,
        lambda m: m([4], noisy),
        lambda m: m.fit(
            *LABELLED, dropout=0.5, validation=0.25, epochs=2, batch_sz=3, pretrain_options={"batch_sz": 3}
        ),
    ),
    "deep auto-encoder": (
        DeepAutoEncoder,
        lambda m: m([4, 3], RBM),
        lambda m: m.fit(X, **STEPS, **PRETRAINED),
    ),
    "ladder": (Ladder, lambda m: m([4]), lambda m: m.fit(*LABELLED, **STEPS)),
    "twin": (eager.RBM, lambda m: m(3), lambda m: m.fit(X, **STEPS)),
    "twin's network": (
        eager.DNN,
        lambda m: m([4], partial(eager.RBM)),
        lambda m: m.fit(*LABELLED, **STEPS, **PRETRAINED),
    ),
    "twin's belief network": (
        eager.DBN,
        lambda m: m([4, 3], partial(eager.AutoEncoder, corruption=masking(0.5))),
        lambda m: m.fit(X, 2, **PRETRAINED),
    ),
    "t-SNE": (TSNE, lambda m: m(init="random", perplexity=3, max_iter=3), lambda m: m.fit_transform(X)),
    "SNE": (SymmetricSNE, lambda m: m(init="random", perplexity=3, max_iter=3), lambda m: m.fit_transform(X)),
}


def model(name, **chance):
    kind, make, _ = MODELS[name]
    return make(partial(kind, **chance))


def fitted(name, model):
    """Fit a model, and return the numbers that it learned."""
    MODELS[name][2](model)
    if hasattr(model, "embedding_"):
        return [model.embedding_.copy()]
    parts = [model, *getattr(model, "hidden_layers", ())]
    return [np.array(value(p)) for part in parts for p in part.params] + [
        np.array(getattr(model, "costs", []))
    ]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_an_int_starts_each_fit_anew(name):
    one = model(name, random_state=3)
    first = fitted(name, one)
    assert same(fitted(name, one), first)
    assert same(fitted(name, pickle.loads(pickle.dumps(one)) if name != "ladder" else one), first)
    assert same(fitted(name, model(name, random_state=np.random.RandomState(3))), first)


COPIES = [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]


@pytest.mark.parametrize("name", ["auto-encoder", "machine", "network", "belief network", "twin", "t-SNE"])
@pytest.mark.parametrize("copied", COPIES)
def test_an_int_starts_each_fit_of_a_copy_anew(name, copied):
    one = model(name, random_state=3)
    fresh = copied(one)
    expected = fitted(name, one)
    for twin in (fresh, copied(one)):
        assert same(fitted(name, twin), expected)
        assert same(fitted(name, twin), expected)
        assert same(fitted(name, one), expected)


@pytest.mark.parametrize("name", ["auto-encoder", "machine", "twin", "t-SNE"])
def test_a_generator_goes_on_in_copies(name):
    one = model(name, random_state=np.random.default_rng(3))
    deep = copy.deepcopy(one)
    first, second = fitted(name, one), fitted(name, one)
    assert same(fitted(name, deep), first)
    assert same(fitted(name, deep), second)
    shared = model(name, random_state=np.random.default_rng(3))
    assert same(fitted(name, copy.copy(shared))[:1], first[:1])
    assert not same(fitted(name, shared)[:1], first[:1])


@pytest.mark.parametrize("name", MODELS)
def test_a_generator_goes_on(name):
    one = model(name, random_state=np.random.RandomState(3))
    first = fitted(name, one)
    assert not same(fitted(name, one), first)


@pytest.mark.parametrize("name", ["auto-encoder", "machine", "network", "ladder", "twin"])
def test_an_int_for_the_stream_starts_each_fit_anew_unless_another_is_set(name):
    one = model(name, rng=1, random_state=3)
    first = fitted(name, one)
    assert same(fitted(name, one), first)
    own = RandomStreams(1) if name != "twin" else eager.RBM.Streams(RandomStreams(1))
    one.rng = own
    assert same(fitted(name, one), first)
    assert one.rng is own
    assert not same(fitted(name, one), first)


@pytest.mark.parametrize("name", ["auto-encoder", "network", "twin's network", "t-SNE"])
@pytest.mark.parametrize("copied", COPIES)
def test_without_a_random_state_models_and_copies_follow_the_global_generator(name, copied):
    one = model(name)
    state = str(np.random.get_state())
    twin = copied(one)
    assert str(np.random.get_state()) == state
    results = []
    for model_, seed in ((twin, 7), (one, 7), (copied(one), 8)):
        np.random.seed(seed)
        results.append(fitted(name, model_)[0])
    if name == "t-SNE":  # nothing but the global generator decides what is learned
        np.testing.assert_array_equal(results[0], results[1])
    assert twin._generator is one._generator is np.random.mtrand._rand
    assert not np.array_equal(results[2], results[0])


def test_copies_of_a_model_without_a_random_state_draw_different_weights():
    one = AutoEncoder(3)
    np.random.seed(0)
    copies = [copied(one) for copied in (copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)))]
    first, second = (m.fit(X, epochs=0).W.get_value() for m in copies)
    expected = np.random.RandomState(0)
    for W in (first, second):
        np.testing.assert_array_equal(W, expected.randn(5, 3) / np.sqrt(8))


def test_copies_keep_what_layers_share_with_their_network():
    one = DBN([4, 3], RBM, random_state=np.random.RandomState(1))
    twin = copy.deepcopy(one)
    assert {id(m._generator) for m in (twin, *twin.hidden_layers)} == {id(twin._generator)}
    assert same(fitted("belief network", one), fitted("belief network", twin))


@pytest.mark.parametrize("name", ["belief network", "network", "deep auto-encoder", "twin's belief network"])
def test_a_refused_fit_changes_nothing_for_later_ones(name):
    one = model(name, random_state=3)
    first = fitted(name, one)
    before = str(one._generator.get_state())
    for bad in ({"batch_sz": 40}, {"learning_rate": -1.0}):
        options = {"pretrain_options": bad}
        arguments = LABELLED if name == "network" else (X,)
        with pytest.raises(ValueError, match="layer 1"):
            one.fit(
                *arguments, **options, **({"batch_sz": 4} if name in ("network", "deep auto-encoder") else {})
            )
        assert str(one._generator.get_state()) == before
    assert same(fitted(name, one), first)
