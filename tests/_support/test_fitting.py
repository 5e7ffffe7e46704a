"""One fit at a time for each model."""

import copy
import pickle
import threading
from functools import partial

import numpy as np
import pytest
from parity import side, value

import udl_pt
from udl_pt import DNN, DivergenceError, eager

X = np.random.RandomState(0).rand(40, 6)
Y = np.arange(40) % 2
BUSY = "is being fitted in another thread: fit copies .copy.deepcopy., or one after the other"
LAYER, STACK = {"batch_sz": 10}, {"pretrain_options": {"batch_sz": 10}}
FITS = {
    "AutoEncoder": (lambda m: m.AutoEncoder(3, random_state=0), lambda a, X: a.fit(X, **LAYER)),
    "RBM": (lambda m: m.RBM(3, random_state=0), lambda a, X: a.fit(X, **LAYER)),
    "DBN": (lambda m: m.DBN([3], random_state=0), lambda a, X: a.fit(X, **STACK)),
    "DNN": (lambda m: m.DNN([3], random_state=0), lambda a, X: a.fit(X, Y, X[:], Y, **LAYER, **STACK)),
    "DeepAutoEncoder": (
        lambda m: m.DeepAutoEncoder([3], random_state=0),
        lambda a, X: a.fit(X, **LAYER, **STACK),
    ),
    "Ladder": (lambda m: m.Ladder([3], random_state=0), lambda a, X: a.fit(X, Y, X[:], Y, **LAYER)),
    "PCA": (lambda m: m.PCA(2), lambda a, X: a.fit(X)),
    "PCA.fit_transform": (lambda m: m.PCA(2), lambda a, X: a.fit_transform(X)),
    "TSNE": (lambda m: m.TSNE(perplexity=5, max_iter=2), lambda a, X: a.fit_transform(X)),
    "SymmetricSNE": (lambda m: m.SymmetricSNE(perplexity=5, max_iter=2), lambda a, X: a.fit_transform(X)),
}
SLOW = pytest.mark.slow
TWINS = [name for name in FITS if name not in ("DeepAutoEncoder", "Ladder")]
CASES = [
    *(pytest.param("symbolic", name, marks=[SLOW] * (name == "Ladder")) for name in FITS),  # compiles longest
    *(pytest.param("numpy", name, marks=pytest.mark.core) for name in TWINS),
    *(("torch", name) for name in ("AutoEncoder", "RBM", "DNN")),
]


class Rows:
    """An array_like that calls a function when it is read: fit is in the midst of its work then."""

    def __init__(self, then):
        self.then = then

    def __array__(self, dtype=None, copy=None):
        self.then()
        return X.copy()

    def __getitem__(self, rows):
        return X[rows]


def in_thread(call):
    """Call in another thread; give the error, or None."""
    errors = []

    def work():
        try:
            call()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return errors[0] if errors else None


def state(model):
    if hasattr(model, "embedding_"):
        return [model.embedding_]
    return [value(p).copy() for p in model.params]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_second_fit_is_refused_and_the_first_goes_on(kind, name):
    make, fit = FITS[name]
    model, alone, seen = make(side(kind)), make(side(kind)), []
    fit(model, Rows(lambda: seen.append(in_thread(lambda: fit(model, X)))))
    fit(alone, X)
    assert seen
    for error in seen:
        assert type(error) is RuntimeError
        with pytest.raises(RuntimeError, match=f"this {name.split('.')[0]} {BUSY}"):
            raise error
    for p, q in zip(state(model), state(alone), strict=True):
        np.testing.assert_array_equal(p, q)
    fit(model, X)  # it is free again


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_fit_from_within_is_refused_and_a_copy_may_be_fitted(kind, name):
    make, fit = FITS[name]
    model, alone, done = make(side(kind)), make(side(kind)), []

    def then():
        with pytest.raises(RuntimeError, match=f"this {name.split('.')[0]} is being fitted in this thread"):
            fit(model, X)
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            fit(other, X)
            done.append(other)

    rows = Rows(then)
    fit(model, rows)
    fit(alone, X)
    for other in (model, *done):
        for p, q in zip(state(other), state(alone), strict=True):
            np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("models", [udl_pt, pytest.param(eager, marks=pytest.mark.core)])
def test_a_layer_is_its_networks_while_that_is_fitted(models):
    def look(progress):
        stages.append(progress.stage[:3])
        for layer in dnn.hidden_layers:
            with pytest.raises(RuntimeError, match="this AutoEncoder is being fitted in this thread already"):
                layer.fit(X, **LAYER)
            assert "this AutoEncoder is being fitted in another" in str(in_thread(partial(layer.fit, X)))
        error = in_thread(lambda: other.fit(X, **STACK))
        assert "a part of this DBN, its AutoEncoder, is being fitted in another thread" in str(error)

    stages = []
    dnn, other = models.DNN([3, 2], random_state=0), models.DBN([3, 2])
    other.hidden_layers = dnn.hidden_layers
    dnn.fit(X, Y, X, Y, callbacks=[look], **LAYER, **STACK)
    assert stages == ["Aut", "Aut", "DNN"]
    layer, seen = dnn.hidden_layers[1], []
    layer.fit(Rows(lambda: seen.append(in_thread(lambda: dnn.fit(X, Y, X, Y, **LAYER, **STACK)))), **LAYER)
    assert "a part of this DNN, its AutoEncoder, is being fitted in another thread" in str(seen[0])


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_after_an_error_a_model_is_free(kind, name):
    make, fit = FITS[name]
    model = make(side(kind))

    def broken():
        raise ValueError("rows that can't be read")

    with pytest.raises(ValueError, match="can't be read"):
        fit(model, Rows(broken))
    assert in_thread(lambda: fit(model, X)) is None


def test_after_divergence_and_an_interrupt_network_and_layers_are_free():
    class Break:
        def __init__(self, error=None):
            self.error = error

        def on_batch(self, progress):
            progress.hyper._values["learning_rate"] = np.inf
            if self.error:
                raise self.error

        def __call__(self, progress):
            pass

    dnn = DNN([3], random_state=0)
    for error in (None, KeyboardInterrupt):
        with pytest.raises(error or DivergenceError):
            dnn.fit(X, Y, X, Y, callbacks=[Break(error)], **LAYER, **STACK)
        assert in_thread(lambda: dnn.hidden_layers[0].fit(X, **LAYER)) is None
        assert in_thread(lambda: dnn.fit(X, Y, X, Y, **LAYER, **STACK)) is None


def test_a_layer_with_a_fit_of_its_own_may_call_the_librarys_more_than_once():
    class Twice(udl_pt.AutoEncoder):
        def fit(self, X, **options):
            super().fit(X, **options)
            return super().fit(X, **options)

    dnn = DNN([3], Twice, random_state=0).fit(X, Y, X, Y, **LAYER, **STACK)
    assert len(dnn.hidden_layers[0].costs) == 1


def test_eight_threads_that_fit_one_model_train_it_once():
    ae = udl_pt.AutoEncoder(3, random_state=0)
    started, go = threading.Event(), threading.Event()
    outcomes = []

    def wait(progress):
        started.set()
        assert go.wait(60)

    def first():
        ae.fit(X, **LAYER, callbacks=[wait])
        outcomes.append("fitted")

    def other():
        try:
            ae.fit(X, **LAYER)
        except RuntimeError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert started.wait(60)
    threads += [threading.Thread(target=other) for _ in range(7)]
    for thread in threads[1:]:
        thread.start()
    for thread in threads[1:]:
        thread.join(60)
    go.set()
    threads[0].join(60)
    assert outcomes.count("fitted") == 1
    assert sum("is being fitted in another thread" in text for text in outcomes) == 7
    alone = udl_pt.AutoEncoder(3, random_state=0).fit(X, **LAYER)
    np.testing.assert_array_equal(ae.W.get_value(), alone.W.get_value())


@pytest.mark.slow
def test_the_network_of_a_ladder_is_not_fitted_while_the_ladder_is():
    def look(progress):
        error = in_thread(lambda: ladder.dnn.fit(X, Y, X, Y, pretrain=False, **LAYER))
        seen.append(str(error))

    seen = []
    ladder = udl_pt.Ladder([3], random_state=0)
    ladder.fit(X, Y, X, Y, **LAYER, callbacks=[look])
    assert "this DNN is being fitted in another thread" in seen[0]
    ladder.dnn.fit(X, Y, X, Y, pretrain=False, keep_layers=True, **LAYER)
