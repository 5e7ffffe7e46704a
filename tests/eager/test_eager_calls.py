"""How the eager twins are called, and that they have the same face as the symbolic models."""

import copy
import functools
import inspect
import pickle
import re

import numpy as np
import parity
import pytest
from parity import value
from scipy.special import expit, softmax, xlog1py, xlogy
from twins import BATCH, CORE, LABELLED, UNITS, X, Y, fitted, fitted_once, stack, up

import udl_pt
from udl_pt import eager

# How they are called


def book(model, hidden):
    """Return the parameters as arrays, and hidden units and reconstructions of X by the formulas."""
    W, c, b = map(value, model.params)
    H = UNITS[hidden](X @ W + c)
    return W, c, b, H, expit(H @ W.T + b)


@pytest.mark.parametrize("hidden", list(UNITS))
def test_the_autoencoders_methods(twins, hidden):
    ae = twins.AutoEncoder(3, hidden=hidden, random_state=0).fit(X, learning_rate=0.05, **BATCH)
    *_, H, X_hat = book(ae, hidden)
    for got, expected in [
        (ae.forward_hidden(X), H),
        (ae.hidden_op(X), H),
        (ae.forward_output(X), X_hat),
        (ae.backward(H), X_hat),  # of linear units these may be any numbers
    ]:
        assert type(got) is np.ndarray
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_machines_methods_draw_from_its_stream_in_order(twins):
    rbm = twins.RBM(3, random_state=0, rng=np.random.default_rng(3)).fit(
        X, persistent=True, n_chains=7, **BATCH
    )
    W, c, b, P, X_hat = book(rbm, "sigmoid")
    np.testing.assert_allclose(rbm.hidden_op(X), P, rtol=1e-12)
    np.testing.assert_allclose(rbm.forward_output(X), X_hat, rtol=1e-12)
    np.testing.assert_allclose(rbm.backward(P), X_hat, rtol=1e-12)
    assert value(rbm.chains).shape == (7, 3)
    assert set(value(rbm.chains).ravel()) <= {0, 1}
    uniform = copy.deepcopy(rbm.rng.generator).random
    H = (uniform((40, 3)) < P) * 1.0
    np.testing.assert_array_equal(rbm.sample_h_given_v(X), H)
    np.testing.assert_array_equal(rbm.sample_v_given_h(H), uniform((40, 6)) < X_hat_of(H, W, b))
    V = X
    for _ in range(4):
        H, for_v = uniform((40, 3)) < expit(V @ W + c), uniform((40, 6))
        V = (for_v < X_hat_of(H, W, b)) * 1.0
    got = rbm.gibbs(X, 4)
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, V)


def X_hat_of(H, W, b):
    return expit(H @ W.T + b)


def test_the_networks_methods(twins):
    dnn, (W, b, *forward) = stack(twins, [5, 3], ["rbm", "autoencoder"])
    A = up(X, forward, ["rbm", "autoencoder"]) @ W + b
    np.testing.assert_allclose(dnn.logits(X), A, rtol=1e-11)
    np.testing.assert_allclose(dnn.forward(X), softmax(A, axis=1), rtol=1e-11)
    np.testing.assert_array_equal(dnn.predict(X), A.argmax(axis=1))
    assert dnn.velocities[-1] is dnn.dW


@CORE
def test_the_deep_belief_network_passes_up():
    dbn = eager.DBN([5, 3], [eager.RBM, eager.AutoEncoder], random_state=0).fit(X, 2, pretrain_options=BATCH)
    np.testing.assert_allclose(dbn.forward(X), up(X, dbn.params, ["rbm", "autoencoder"]), rtol=1e-12)
    assert [len(layer.costs) for layer in dbn.hidden_layers] == [2, 2]


def test_costs_once_an_epoch_are_those_of_rows_drawn_at_random(twins):
    data = np.random.RandomState(1).rand(600, 6)
    ae = twins.AutoEncoder(3, random_state=0).fit(data, epochs=3)
    drawn = data[np.sort(np.random.default_rng(0).permutation(600)[:300])]
    x_hat = ae.forward_output(drawn)
    expected = -(xlogy(drawn, x_hat) + xlog1py(1 - drawn, -x_hat)).sum() / 300
    assert len(ae.costs) == 3
    assert ae.costs[-1] == pytest.approx(expected, rel=1e-12)
    assert twins.RBM(3, random_state=0).fit(data, monitor=None).costs == []


@pytest.mark.parametrize(("name", "biases"), [("AutoEncoder", ("bh", "bo")), ("RBM", ("c", "b"))])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_create_from_arrays_sets_everything_and_owns_copies(twins, name, biases, dtype):
    chance = np.random.RandomState(1)
    arrays = {"W": X.astype(dtype)} | {
        b: chance.randn(n).astype(dtype) for b, n in zip(biases, (6, 40), strict=True)
    }
    kept = copy.deepcopy(arrays)
    model = getattr(twins, name).createFromArrays(**arrays, an_id="mine")
    for array in arrays.values():
        array += 1
    assert (model.M, model.n_features, model.id, model.dtype) == (6, 40, "mine", dtype)
    for attribute, array in kept.items():
        np.testing.assert_array_equal(value(getattr(model, attribute)), array)
        np.testing.assert_array_equal(value(getattr(model, f"d{attribute}")), np.zeros_like(array))
    assert all(a is b for a, b in zip(model.forward_params, model.params[:2], strict=True))
    Z = model.hidden_op(np.eye(40))
    assert Z.dtype == dtype
    np.testing.assert_allclose(
        Z, expit(kept["W"] + kept[biases[0]]), rtol=1e-5 if dtype == "float32" else 1e-12
    )


@pytest.mark.parametrize("form", ["list", "float32", "fortran", "read-only", "backwards", "memmap"])
def test_many_forms_of_the_same_numbers(twins, form, tmp_path):
    data = X.astype("float32").astype(float)
    forms = {
        "list": data.tolist(),
        "float32": data.astype("float32"),
        "fortran": np.asfortranarray(data),
        "read-only": data.copy(),
        "backwards": data[::-1, ::-1].copy()[::-1, ::-1],
        "memmap": np.memmap(tmp_path / "X", dtype=float, shape=data.shape, mode="w+"),
    }
    forms["read-only"].flags.writeable = False
    forms["memmap"][:] = data
    forms["memmap"].flush()
    forms["memmap"] = np.memmap(tmp_path / "X", dtype=float, shape=data.shape, mode="r")
    for Model in (twins.AutoEncoder, twins.RBM):
        expected = Model(4, random_state=0).fit(data, **BATCH)
        got = Model(4, random_state=0).fit(forms[form], **BATCH)
        np.testing.assert_array_equal(value(got.W), value(expected.W))
        # NumPy 2.0 multiplies negative strides without BLAS, in another order.
        np.testing.assert_allclose(got.hidden_op(forms[form]), expected.hidden_op(data), rtol=1e-14)
    dnn = twins.DNN([4], random_state=0).fit(forms[form], Y.tolist(), forms[form], Y, pretrain=False, **BATCH)
    assert type(twins.fast_gradient_sign(dnn, forms[form], Y.tolist(), 0.1)) is np.ndarray


def test_copies_and_pickles_work_on_their_own(twins):
    for model in vars(fitted(twins)).values():
        method = "logits" if hasattr(model, "logits") else "hidden_op"
        before = getattr(model, method)(X)
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            np.testing.assert_array_equal(getattr(other, method)(X), before)
            for p in other.params:
                p *= 0
            assert not np.allclose(getattr(other, method)(X), before)
        np.testing.assert_array_equal(getattr(model, method)(X), before)


@CORE
def test_show_fig_shows_the_costs(monkeypatch):
    shown = []
    monkeypatch.setattr("udl_pt.plots.show_costs", lambda costs, title: shown.append((list(costs), title)))
    ae = eager.AutoEncoder(3, random_state=0).fit(X, show_fig=True, **BATCH)
    rbm = eager.RBM(3, random_state=0).fit(X, show_fig=True, **BATCH)
    dnn = eager.DNN([3], random_state=0).fit(**LABELLED, pretrain=False, show_fig=True)
    dbn = eager.DBN([3], random_state=0).fit(X, pretrain_options=BATCH)
    dbn.fit_to_input(1, epochs=5, show_fig=True)
    titles = ["AutoEncoder(3)", "RBM(3)", "DNN([3])", "unit 1 of DBN([3])"]
    assert shown == list(zip([ae.costs, rbm.costs, dnn.costs, dbn.costs], titles, strict=True))


# The same face


CLASSES = ["AutoEncoder", "RBM", "DNN", "DBN", "PCA", "SymmetricSNE", "TSNE"]
NO_TWIN = {"z", "valid_costs", "valid_errors"}  # of Gaussian units and of validation sets


def documented_attributes(cls):
    section = inspect.getdoc(cls).split("Attributes\n----------\n")[1]
    names = re.findall(r"^([\w, ]+) : ", section, re.MULTILINE)
    return {name.strip() for line in names for name in line.split(",")}


def trained(name):
    models = fitted_once(parity.side("numpy"))
    return {
        "AutoEncoder": lambda: models.ae,
        "RBM": lambda: models.rbm,
        "DNN": lambda: models.dnn,
        "DBN": lambda: eager.DBN([3], random_state=0).fit(X, pretrain_options=BATCH),
        "PCA": lambda: eager.PCA().fit(X),
    }[name]()


@CORE
@pytest.mark.parametrize("name", ["AutoEncoder", "RBM", "DNN", "DBN", "PCA"])
def test_what_the_symbolic_class_documents_is_there_after_fit(name):
    attributes = documented_attributes(getattr(udl_pt, name))
    assert len(attributes) >= 3
    model = trained(name)
    assert {attribute for attribute in attributes if not hasattr(model, attribute)} <= NO_TWIN


@CORE
@pytest.mark.parametrize("name", CLASSES)
def test_arguments_have_the_same_names_order_and_defaults(name):
    """All that the symbolic method takes: what has no twin as it is by default, else it is refused."""
    ours, theirs = getattr(eager, name), getattr(udl_pt, name)
    methods = [n for n in dir(ours) if hasattr(theirs, n) and callable(getattr(ours, n))]
    methods = [n for n in methods if not n.startswith("_")] + ["__init__"]
    assert {"fit", "fit_transform"} & set(methods)
    for method in methods:
        of_ours, of_theirs = (
            {n: p for n, p in inspect.signature(getattr(cls, method)).parameters.items() if n != "self"}
            for cls in (ours, theirs)
        )
        takes_beyond = of_ours.pop("beyond", None) is not None
        beyond = {n: p.default for n, p in of_theirs.items() if n not in of_ours}
        assert takes_beyond == bool(beyond), method
        assert list(of_ours) == [n for n in of_theirs if n in of_ours], method
        for n in of_ours:
            if n == "UnsupervisedModel":  # each its own
                continue
            a, b = of_ours[n], of_theirs[n]
            assert (a.kind, a.default) == (b.kind, b.default), (method, n)
        if beyond:
            call = called_small(name, method)
            call(**beyond)
            for n, default in beyond.items():
                other = "jax" if n == "backend" else "other" if isinstance(default, str) else 7
                with pytest.raises(ValueError, match=f"{n} is .* does not support"):
                    call(**{n: other})
            with pytest.raises(TypeError, match="takes no argument 'nonsense'"):
                call(nonsense=1)


def called_small(name, method):
    """Return a method of a new twin with what it needs."""
    of = {
        "AutoEncoder": lambda **o: eager.AutoEncoder(3, **o),
        "RBM": lambda **o: eager.RBM(3, **o),
        "DNN": lambda **o: eager.DNN([3], **o),
        "DBN": lambda **o: eager.DBN([3], **o),
        "PCA": lambda **o: eager.PCA(2, **o),
        "SymmetricSNE": lambda **o: eager.SymmetricSNE(perplexity=3, max_iter=1, **o),
        "TSNE": lambda **o: eager.TSNE(perplexity=3, max_iter=1, **o),
    }[name]
    if method == "__init__":
        return of
    fit = {"DNN": LABELLED | {"pretrain": False}, "DBN": {"X": X, "pretrain_epochs": 0}}.get(name, {"X": X})
    if name in ("AutoEncoder", "RBM"):
        fit |= BATCH
    return functools.partial(getattr(of(), method), **fit)


@pytest.mark.torch
def test_the_torch_twins_take_what_the_numpy_twins_take():
    torch = parity.side("torch")
    for name in ("AutoEncoder", "RBM", "DNN"):
        ours, theirs = getattr(torch, name), getattr(eager, name)
        for method in ("__init__", "fit"):
            assert inspect.signature(getattr(ours, method)) == inspect.signature(getattr(theirs, method))
