"""The auto-encoder beyond the golden values: an eager oracle, calling, options, stability."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from autoencoder_in_numpy import eager_autoencoder, images
from scipy.linalg import subspace_angles
from scipy.special import entr, expit, rel_entr, xlog1py, xlogy

from udl_pt import AutoEncoder, DivergenceError, RandomStreams
from udl_pt.backends import Function
from udl_pt.callbacks import LinearDecay
from udl_pt.symbolic.costs import cross_entropy


def book_cross_entropy(X, X_hat):
    return -(xlogy(X, X_hat) + xlog1py(1 - X, -X_hat)).sum()


@pytest.mark.core
@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize(("scale", "divisor"), [("dataset", 60), ("batch", 25), ("element", 25 * 12)])
def test_equals_the_listing_in_numpy_for_other_sizes_and_costs(cost, scale, divisor):
    X = images()
    ae = AutoEncoder(5, random_state=3).fit(
        X, learning_rate=0.2, mu=0.8, epochs=3, batch_sz=25, cost=cost, cost_scale=scale
    )
    expected = eager_autoencoder(X, 5, 3, 0.2, 0.8, 3, 25, cost, divisor)
    for got, value in zip(ae.params, expected, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)


def test_the_linear_autoencoder_finds_the_subspace_of_pca():
    """Chapter 3: without the sigmoid, "we would in fact, just get back PCA"."""
    X = np.random.RandomState(0).randn(400, 8) * [3, 2.5, 2, 0.7, 0.5, 0.4, 0.3, 0.2]
    X = X @ np.linalg.qr(np.random.RandomState(1).randn(8, 8))[0]
    X -= X.mean(axis=0)
    ae = AutoEncoder(3, hidden="linear", output="linear", random_state=0)
    ae.fit(
        X,
        learning_rate=0.002,
        mu=0.9,
        epochs=300,
        batch_sz=400,
        cost="squared_error",
        cost_scale="batch",
        callbacks=[LinearDecay()],
    )
    components = np.linalg.svd(X, full_matrices=False)[2][:3]
    assert subspace_angles(ae.W.get_value(), components.T).max() < 1e-3
    np.testing.assert_allclose(ae.forward_output(X), X @ components.T @ components, atol=1e-2)
    assert ae.backward(ae.hidden_op(X)).shape == X.shape  # codes may be any numbers


def test_the_cross_entropy_is_the_entropy_of_X_and_a_divergence():
    """Chapter 3's identity H(P, Q) = H(P) + KL(P || Q), summed over the pixels of a row."""
    X = images()
    ae = AutoEncoder(5, random_state=0).fit(X, batch_sz=20, epochs=2, monitor="batch")
    X_hat = ae.forward_output(X)
    divergence = rel_entr(X, X_hat) + rel_entr(1 - X, 1 - X_hat)
    np.testing.assert_allclose(ae.costs[-1], (entr(X) + entr(1 - X) + divergence).sum() / len(X), rtol=1e-10)


def test_symbolic_in_symbolic_out_and_arrays_in_arrays_out():
    X = images()
    ae = AutoEncoder(5, random_state=0).fit(X, batch_sz=20)
    W, bh, bo = (p.get_value() for p in ae.params)
    Z = expit(X @ W + bh)
    x = pt.matrix("x")
    for method, expected in [(ae.forward_hidden, Z), (ae.forward_output, expit(Z @ W.T + bo))]:
        graph = method(x)
        assert isinstance(graph, pt.TensorVariable)
        np.testing.assert_allclose(graph.eval({x: X}, mode="NUMBA"), expected, rtol=1e-12)
        assert type(method(X)) is np.ndarray
        np.testing.assert_allclose(method(X), expected, rtol=1e-12)
    np.testing.assert_allclose(ae.hidden_op(X), Z, rtol=1e-12)


def test_arrays_pass_in_chunks_whose_seams_do_not_show(monkeypatch):
    X = images(50)
    ae = AutoEncoder(4, random_state=0).fit(X, batch_sz=10)
    whole = ae.forward_output(X)
    rows = []
    monkeypatch.setattr("udl_pt.symbolic.array_function.CHUNK", 7)
    compute = Function.__call__
    monkeypatch.setattr(Function, "__call__", lambda self, X: rows.append(len(X)) or compute(self, X))
    np.testing.assert_allclose(ae.forward_output(X), whole, rtol=1e-14)
    assert rows == [7] * 7 + [1]


def test_copies_and_pickles_work_on_their_own():
    X = images()
    ae = AutoEncoder(5, random_state=0).fit(X, batch_sz=20)
    Z = ae.hidden_op(X)
    for twin in (copy.deepcopy(ae), pickle.loads(pickle.dumps(ae))):
        np.testing.assert_array_equal(twin.hidden_op(X), Z)
        twin.W.set_value(0 * twin.W.get_value())
        assert not np.allclose(twin.hidden_op(X), Z)
    np.testing.assert_array_equal(ae.hidden_op(X), Z)


def test_a_second_fit_is_seen_by_calls_with_arrays():
    X = images()
    ae = AutoEncoder(5, random_state=np.random.RandomState(0)).fit(X, batch_sz=20)
    first = ae.hidden_op(X)
    ae.fit(X, batch_sz=20)
    assert not np.allclose(ae.hidden_op(X), first)
    np.testing.assert_allclose(ae.hidden_op(X), expit(X @ ae.W.get_value() + ae.bh.get_value()), rtol=1e-12)


def test_create_from_arrays_sets_everything_and_owns_copies():
    rs = np.random.RandomState(0)
    W, bh, bo = rs.randn(6, 3), rs.randn(3), rs.randn(6)
    ae = AutoEncoder.createFromArrays(W, bh, bo, an_id="mine")
    kept = W.copy()
    W += 1
    assert ae.M == 3
    assert ae.id == "mine"
    np.testing.assert_array_equal(ae.W.get_value(), kept)
    np.testing.assert_allclose(ae.hidden_op(np.eye(6)), expit(kept + bh), rtol=1e-12)
    assert [d.get_value().shape for d in ae.dparams] == [(6, 3), (3,), (6,)]
    assert ae.forward_params == [ae.W, ae.bh]
    assert ae.forward_dparams == [ae.dW, ae.dbh]


@pytest.mark.parametrize(
    ("bh", "bo", "message"),
    [(np.zeros(2), np.zeros(6), "bh has shape"), (np.zeros(3), np.full(6, np.nan), "bo has shape")],
)
def test_create_from_arrays_refuses_what_does_not_fit(bh, bo, message):
    with pytest.raises(ValueError, match=message):
        AutoEncoder.createFromArrays(np.zeros((6, 3)), bh, bo)


def test_monitor_batch_is_the_cost_of_the_whole_set_after_every_batch():
    X = images()
    ae = AutoEncoder(5, random_state=0).fit(X, epochs=2, batch_sz=25, monitor="batch")
    assert len(ae.costs) == 2 * 2
    np.testing.assert_allclose(ae.costs[-1], book_cross_entropy(X, ae.forward_output(X)) / 60, rtol=1e-10)


def test_monitor_epoch_and_none():
    X = images()
    ae = AutoEncoder(5, random_state=0).fit(X, epochs=3, batch_sz=25)
    assert len(ae.costs) == 3
    np.testing.assert_allclose(ae.costs[-1], book_cross_entropy(X, ae.forward_output(X)) / 60, rtol=1e-10)
    assert AutoEncoder(5, random_state=0).fit(X, batch_sz=25, monitor=None).costs == []


def test_the_cost_falls():
    costs = (
        AutoEncoder(6, random_state=0).fit(images(), learning_rate=0.5, mu=0.5, epochs=20, batch_sz=20).costs
    )
    assert costs[-1] < 0.98 * costs[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_a_thousand_times_too_large_have_finite_costs_and_gradients(dtype):
    rs = np.random.RandomState(0)
    ae = AutoEncoder.createFromArrays(
        *(1000 * rs.randn(*shape).astype(dtype) for shape in [(12, 5), (5,), (12,)])
    )
    X = images().astype(dtype)
    x = pt.matrix("x", dtype=dtype)
    cost = cross_entropy(x, ae.visible_input(ae.forward_hidden(x))).sum()
    for value in pytensor.function([x], [cost, *pytensor.grad(cost, [*ae.params, x])])(X):
        assert np.isfinite(value).all()
        assert value.dtype == dtype


@pytest.mark.core
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_a_step_that_is_not_finite_stops_training_and_leaves_the_parameters_before_it(backend):
    X = images()
    seen = []

    class Poison:
        """Lets two batches pass, keeps the parameters, then makes the next step overflow."""

        def on_batch(self, progress):
            if progress.batch == 2:
                seen.append([np.array(p.get_value()) for p in ae.params])
                progress.hyper._values["learning_rate"] = np.inf  # past all checks

        def __call__(self, progress):
            pass

    ae = AutoEncoder(5, random_state=0)
    with pytest.raises(DivergenceError, match=r"AutoEncoder\(5\): the step of W.* epoch 1, batch 3"):
        ae.fit(X, learning_rate=0.1, epochs=2, batch_sz=10, backend=backend, callbacks=[Poison()])
    for p, before in zip(ae.params, seen[0], strict=True):
        np.testing.assert_array_equal(p.get_value(), before)
        assert type(p.get_value()) is np.ndarray
    for dp in ae.dparams:
        assert np.isfinite(dp.get_value()).all()


def test_callbacks_see_every_epoch_and_can_stop():
    seen = []

    def callback(progress):
        seen.append((progress.epoch, progress.batch, progress.cost))
        progress.stop = progress.epoch == 2

    ae = AutoEncoder(4, random_state=0).fit(images(), epochs=5, batch_sz=20, callbacks=[callback])
    assert seen == [(1, 3, ae.costs[0]), (2, 3, ae.costs[1])]


@pytest.mark.parametrize(
    "form",
    ["list", "frame", "float32", "fortran", "read-only", "memmap", "strided"],
)
def test_many_forms_of_the_same_numbers(form, tmp_path):
    pandas = pytest.importorskip("pandas")
    X = images().astype("float32").astype(float)
    forms = {
        "list": X.tolist(),
        "frame": pandas.DataFrame(X),
        "float32": X.astype("float32"),
        "fortran": np.asfortranarray(X),
        "read-only": X.copy(),
        "memmap": np.memmap(tmp_path / "X", dtype=float, shape=X.shape, mode="w+"),
        "strided": np.repeat(X, 2, axis=1)[:, ::2],
    }
    forms["read-only"].flags.writeable = False
    forms["memmap"][:] = X
    expected = AutoEncoder(4, random_state=0).fit(X, batch_sz=20)
    got = AutoEncoder(4, random_state=0).fit(forms[form], batch_sz=20)
    np.testing.assert_array_equal(got.W.get_value(), expected.W.get_value())
    np.testing.assert_array_equal(got.hidden_op(forms[form]), expected.hidden_op(X))


def test_integers_and_booleans_are_read_as_numbers():
    X = np.random.RandomState(0).randint(0, 2, (60, 12))
    expected = AutoEncoder(4, random_state=0).fit(X.astype(float), batch_sz=20).W.get_value()
    for dtype in (np.uint8, np.int64, bool):
        got = AutoEncoder(4, random_state=0).fit(X.astype(dtype), batch_sz=20)
        np.testing.assert_array_equal(got.W.get_value(), expected)


def test_fitting_does_not_copy_the_training_set():
    X = np.random.RandomState(0).rand(20_000, 100)
    ae = AutoEncoder(3, random_state=0, dtype="float32")
    ae.fit(X[:200])
    tracemalloc.start()
    ae.fit(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * X.nbytes


def test_streams_can_be_shared_between_models():
    stream = RandomStreams(0)
    assert AutoEncoder(3, rng=stream).rng.generator is stream.generator


def test_compiled_methods_of_old_parameters_are_let_go():
    ae = AutoEncoder(4, random_state=0)
    for _ in range(3):
        ae.fit(images(), batch_sz=20).hidden_op(images())
    assert len(ae._compiled) == 1


def test_calls_read_arrays_as_probabilities_where_training_did():
    ae = AutoEncoder(4, random_state=0).fit(images(), batch_sz=20)
    with pytest.raises(ValueError, match="divide by 255"):
        ae.forward_hidden(255 * images())
    ae.fit(images(), batch_sz=20, cost="squared_error").forward_hidden(255 * images())


def test_backward_decodes():
    ae = AutoEncoder(4, random_state=0).fit(images(), batch_sz=20)
    Z = ae.hidden_op(images())
    expected = expit(Z @ ae.W.get_value().T + ae.bo.get_value())
    np.testing.assert_allclose(ae.backward(Z), expected, rtol=1e-12)
    with pytest.raises(ValueError, match="12 features, expected 4"):
        ae.backward(images())
