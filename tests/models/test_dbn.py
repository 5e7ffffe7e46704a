"""The stack: what goes up, what comes down, and what is written to a file."""

import copy
import functools
import os
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytensor.tensor as pt
import pytest
from campaigns.right_models import contents, file_of
from safetensors.numpy import load_file, save_file
from scipy.special import expit

from udl_pt import DBN, DNN, RBM, AutoEncoder
from udl_pt._support.exceptions import DataError, NotFittedError

X = np.random.RandomState(0).rand(60, 8)
FAST = {"backend": "jax", "pretrain_options": {"batch_sz": 20}}


@pytest.fixture(scope="module")
def dbn():
    return DBN([6, 4], RBM, random_state=0).fit(X, 2, **FAST)


def test_each_layer_learns_from_the_one_below():
    dbn = DBN([6, 4], RBM, random_state=np.random.RandomState(3)).fit(X, 2, **FAST)
    rs = np.random.RandomState(3)
    first = RBM(6, random_state=rs).fit(X, epochs=2, batch_sz=20, backend="jax")
    second = RBM(4, random_state=rs).fit(first.hidden_op(X), epochs=2, batch_sz=20, backend="jax")
    for layer, expected in zip(dbn.hidden_layers, (first, second), strict=True):
        np.testing.assert_array_equal(layer.W.get_value(), expected.W.get_value())


@pytest.mark.parametrize("model", [AutoEncoder, RBM])
def test_forward_is_symbolic_or_an_array(model):
    dbn = DBN([6, 4], model, random_state=0).fit(X, **FAST)
    Z = X
    for layer in dbn.hidden_layers:
        W, bias = (p.get_value() for p in layer.forward_params)
        Z = expit(Z @ W + bias)
    np.testing.assert_allclose(dbn.forward(X), Z, rtol=1e-10)
    x = pt.dmatrix("x")
    np.testing.assert_allclose(dbn.forward(x).eval({x: X}), Z, rtol=1e-10)


def test_generated_pictures_come_down_from_the_top_machine(dbn):
    below, top = dbn.hidden_layers
    pictures = dbn.generate(400, (1, 30))
    assert pictures.shape == (2, 400, 8)
    assert ((pictures > 0) & (pictures < 1)).all()
    # the top machine's means, by a long chain of its own, passed down one by one
    W, b = below.W.get_value(), below.b.get_value()
    V = top.gibbs(np.zeros((4000, 6)), 50)
    H = expit(V @ top.W.get_value() + top.c.get_value())
    expected = expit(expit(H @ top.W.get_value().T + top.b.get_value()) @ W.T + b).mean(axis=0)
    np.testing.assert_allclose(pictures[1].mean(axis=0), expected, atol=0.02)
    assert dbn.generate(X[:3], (2,)).shape == (1, 3, 8)


def test_only_a_machine_on_top_generates():
    with pytest.raises(TypeError, match=r"top layer is of type AutoEncoder.*UnsupervisedModel=RBM"):
        DBN([6, 4], random_state=0).fit(X, **FAST).generate(3)


@pytest.mark.parametrize(
    "model",
    [
        AutoEncoder,
        RBM,
        lambda M, **options: AutoEncoder(M, hidden="relu", **options),
        functools.partial(RBM, visible="gaussian", learn_variance=True),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_was_saved_is_loaded(model, dtype, tmp_path):
    data = (X - X.mean(axis=0)) / X.std(axis=0) if isinstance(model, functools.partial) else X
    dbn = DBN([6], model, random_state=0, dtype=dtype).fit(data, **FAST)
    dbn.save(tmp_path / "dbn")
    twin = DBN.load(tmp_path / "dbn")
    assert [p.name for p in tmp_path.iterdir()] == ["dbn"]
    assert (twin.dtype, type(twin.hidden_layers[0])) == (dtype, type(dbn.hidden_layers[0]))
    for a, b in zip(dbn.hidden_layers[0].params, twin.hidden_layers[0].params, strict=True):
        np.testing.assert_array_equal(a.get_value(), b.get_value())
        assert a.name == b.name
        assert b.get_value().dtype == dtype
    twin.backend = "jax"
    np.testing.assert_array_equal(twin.forward(data), dbn.forward(data))


def test_a_loaded_stack_generates(dbn, tmp_path):
    dbn.save(tmp_path / "dbn")
    twin = DBN.load(tmp_path / "dbn")
    twin.backend = twin.hidden_layers[0].backend = twin.hidden_layers[1].backend = "jax"
    assert twin.generate(3, (5,)).shape == (1, 3, 8)


def damaged(path):
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[-3] ^= 1
    yield "cut", content[:-10], "not a complete safetensors file"
    yield "empty", b"", "not a complete safetensors file"
    yield "another kind", b"PK\x03\x04" * 40, "not a complete safetensors file"
    yield "one bit", bytes(flipped), "was altered"


def test_damaged_files_are_errors(dbn, tmp_path):
    dbn.save(tmp_path / "dbn")
    for name, content, message in list(damaged(tmp_path / "dbn")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=message):
            DBN.load(tmp_path / name)
    save_file(load_file(tmp_path / "dbn"), tmp_path / "foreign")
    with pytest.raises(DataError, match="not one that udl_pt wrote"):
        DBN.load(tmp_path / "foreign")
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: .*nowhere"):
        DBN.load(tmp_path / "nowhere")
    with pytest.raises(
        IsADirectoryError, match=r"This is a folder, expected a file, such as model\.st in it"
    ):
        DBN.load(tmp_path)


def held(dbn):
    """List what a file must hold of a stack; what a layer's fit, or a network's, goes on with."""
    names = ("M", "id", "dtype", "n_features", "unit_interval", "costs", "valid_costs")
    kinds = ("hidden", "output", "visible", "learn_variance")
    for layer in dbn.hidden_layers:
        yield type(layer), [getattr(layer, name, None) for name in (*names, *kinds)]
        arrays = [*layer.params, *layer.dparams, *layer.forward_params, *layer.forward_dparams]
        yield [(p.name, p.get_value().tolist()) for p in arrays]
        chains = getattr(layer, "chains", None)
        yield None if chains is None else (chains.dtype, chains.tolist())
    yield (
        dbn.dtype,
        dbn.n_features,
        dbn.unit_interval,
        [p.name for p in dbn.params],
        [layer.M for layer in dbn.hidden_layers],
    )


def test_a_file_holds_all_that_a_stack_goes_on_with(tmp_path):
    networks = [
        DBN([6, 4], random_state=0).fit(X, 2, **FAST),
        DBN([6, 4], RBM, random_state=0).fit(X, 1, pretrain_options={"batch_sz": 20, "persistent": True}),
        DBN([3], random_state=0).fit(X, 2, pretrain_options={"batch_sz": 20, "validation": 0.25}),
        DBN([3], functools.partial(RBM, an_id="first"), dtype="float32").fit(3 * X, 0),
        DBN([3], functools.partial(AutoEncoder, an_id=np.int64(7), output="linear"), random_state=0).fit(
            3 * X - 1, pretrain_options={"batch_sz": 20, "cost": "squared_error"}
        ),
    ]
    assert networks[1].hidden_layers[0].chains.shape == (20, 6)
    assert len(networks[2].hidden_layers[0].valid_costs) == 2
    assert np.abs(networks[0].hidden_layers[1].dW.get_value()).max() > 0
    for dbn in networks:
        dbn.save(tmp_path / "dbn")
        assert list(held(DBN.load(tmp_path / "dbn"))) == list(held(dbn))
    assert type(DBN.load(tmp_path / "dbn").hidden_layers[0].id) is int
    np.testing.assert_array_equal(DBN.load(tmp_path / "dbn").forward(3 * X - 1), dbn.forward(3 * X - 1))


def test_a_machine_that_read_other_numbers_than_probabilities_does_so_when_it_is_loaded(tmp_path):
    dbn = DBN([1], RBM, random_state=0).fit([[2.0, 0.0]], 0)
    dbn.save(tmp_path / "dbn")
    W, c = (p.get_value() for p in dbn.params)
    loaded = DBN.load(tmp_path / "dbn")
    np.testing.assert_allclose(loaded.forward([[2.0, 0.0]]), expit([[2.0, 0.0]] @ W + c), rtol=1e-12)


def test_fine_tuning_goes_the_same_way_from_loaded_layers_as_from_saved_ones(data, tmp_path):
    dbn = DBN([6, 4], random_state=0).fit(data[0], 2, pretrain_options={"batch_sz": 20})
    dbn.save(tmp_path / "dbn")
    still = DBN.load(tmp_path / "dbn")
    for layer in still.hidden_layers:
        for velocity in layer.dparams:
            velocity.set_value(0 * velocity.get_value())
    costs, weights = [], []
    for source in (DBN.load(tmp_path / "dbn"), dbn, still):
        dnn = DNN([6, 4], random_state=1)
        dnn.hidden_layers = source.hidden_layers
        dnn.fit(*data, epochs=2, batch_sz=20, keep_layers=True)
        costs.append(dnn.costs)
        weights.append(dnn.hidden_layers[0].W.get_value())
    assert costs[0] == costs[1] != costs[2]  # to the bit; and velocities matter
    np.testing.assert_array_equal(weights[0], weights[1])


def test_a_file_of_the_first_format_is_read_with_velocities_of_zero():
    dbn = DBN.load(Path(__file__).parents[1] / "files" / "dbn_1.st")
    first, second, third = dbn.hidden_layers
    assert [type(layer) for layer in dbn.hidden_layers] == [AutoEncoder, RBM, RBM]
    assert (first.hidden, first.output, second.visible, third.visible) == (
        *("linear", "linear", "gaussian", "bernoulli"),
    )
    assert [layer.unit_interval for layer in dbn.hidden_layers] == [False, False, True]
    # as the file's maker had them
    expected = [
        *(np.linspace(-1, 1, 12).reshape(4, 3), np.linspace(-1, 1, 3), np.linspace(-1, 1, 4)),
        *(np.linspace(0, 1, 6).reshape(3, 2), [0.5, -0.5], [1, 2, 3], [0.25, 0, -0.25]),
        *([[1, -2], [3, 4]], [5, 6], [7, 8]),
    ]
    found = [p for layer in dbn.hidden_layers for p in layer.params]
    assert [p.name for p in found] == ["W", "bh", "bo", "W", "c", "b", "z", "W", "c", "b"]
    for p, values in zip(found, expected, strict=True):
        np.testing.assert_array_equal(p.get_value(), np.asarray(values, "float32"))
    velocities = [v.get_value() for layer in dbn.hidden_layers for v in layer.dparams]
    assert [v.shape for v in velocities] == [np.shape(values) for values in expected]
    assert not any(v.any() for v in velocities)


def test_a_file_of_the_second_format_is_read_without_costs_of_validation(tmp_path):
    (tensors, facts), *_ = contents()
    for own in facts["layers"]:
        del own["n_valid_costs"]
    (tmp_path / "dbn").write_bytes(file_of(tensors, facts | {"format": "udl_pt DBN 2"}))
    first = DBN.load(tmp_path / "dbn").hidden_layers[0]
    np.testing.assert_array_equal(first.W.get_value(), tensors["1.W"])
    assert (first.costs, first.valid_costs) == (tensors["1.costs"].tolist(), [])


class Interrupted:
    """A `get_value` during which another thread begins a fit; it returns once that has replaced `bh`."""

    def __init__(self, layer, fit, *, wait_for_the_end):
        self.layer, self.fit, self.wait_for_the_end = layer, fit, wait_for_the_end
        self.get_value, self.bh = layer.W.get_value, layer.bh
        layer.W.get_value = self

    def __call__(self, **options):
        value = self.get_value(**options)
        del self.layer.W.get_value
        self.fit.start()
        while vars(self.layer)["bh"] is self.bh:
            time.sleep(0.001)
        if self.wait_for_the_end:
            self.fit.join()
        return value


@pytest.mark.parametrize("wait_for_the_end", [False, True])
def test_a_save_that_meets_the_start_of_a_fit_is_refused_or_holds_what_that_made(wait_for_the_end, tmp_path):
    may_end = threading.Event()
    options = FAST if wait_for_the_end else FAST | {"callbacks": [lambda progress: may_end.wait()]}
    dbn = DBN([6, 4], random_state=0).fit(X, **FAST)
    dbn.hidden_layers[0].W.set_value(np.ones((8, 6)))
    fit = threading.Thread(target=dbn.fit, args=(X,), kwargs=options)
    Interrupted(dbn.hidden_layers[0], fit, wait_for_the_end=wait_for_the_end)
    try:
        if wait_for_the_end:
            dbn.save(tmp_path / "dbn")
            assert list(held(DBN.load(tmp_path / "dbn"))) == list(held(dbn))
        else:
            with pytest.raises(NotFittedError, match="this DBN is being fitted, layer by layer"):
                dbn.save(tmp_path / "dbn")
            assert list(tmp_path.iterdir()) == []
    finally:
        may_end.set()
        fit.join()


def test_a_layers_parameters_are_all_new_before_an_old_one_dies():
    """What runs when an object dies, and a thread that it lets in, sees no half of them."""
    layer = AutoEncoder.createFromArrays(np.ones((3, 2)), np.ones(2), np.ones(3))
    seen, bo = [], layer.bo
    weakref.finalize(layer.W, lambda: seen.append(layer.bo is bo))
    layer._set_params(W=np.zeros((3, 2)), bh=np.zeros(2), bo=np.zeros(3))
    assert seen == [False]


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    dbn = DBN([6, 4], random_state=0).fit(X, 0, **FAST)
    second = dbn.hidden_layers[1]
    W = second.W.get_value()
    W[1, 2] = np.nan
    second.W.set_value(W)
    with pytest.raises(ValueError, match=r"array 'hidden_layers\.1\.W' is nan at \[1, 2\], expected"):
        dbn.save(tmp_path / "dbn")
    second.W.container.value = np.zeros((5, 4))  # which set_value refuses
    with pytest.raises(
        ValueError, match=r"W of AutoEncoder is float64 of shape \(5, 4\), expected .*\(6, 4\)"
    ):
        dbn.save(tmp_path / "dbn")
    assert list(tmp_path.iterdir()) == []


def test_paths_that_can_not_be_written(dbn, tmp_path):
    for path, error, message in [
        (None, TypeError, "path is None, expected the name of a file"),
        (5, TypeError, "path is 5, expected"),
        ("", ValueError, "path is '', expected"),
        (tmp_path, IsADirectoryError, f"folder, expected a file.*{tmp_path}"),
        (tmp_path / "nowhere" / "m.st", FileNotFoundError, "No such file or directory.*m.st"),
    ]:
        with pytest.raises(error, match=message):
            dbn.save(path)
    assert list(tmp_path.iterdir()) == []
    dbn.save(os.fsencode(tmp_path / "m.st"))
    assert [layer.M for layer in DBN.load(os.fsencode(tmp_path / "m.st")).hidden_layers] == [6, 4]


@pytest.mark.parametrize("copied", [lambda dbn: dbn, copy.deepcopy], ids=["itself", "a copy"])
def test_a_stack_is_not_used_while_its_layers_are_in_pretraining(copied, tmp_path):
    x = pt.dmatrix("x")

    def look(progress):
        network = copied(dbn)
        for use in (
            lambda: network.save(tmp_path / "dbn"),
            lambda: network.forward(X),
            lambda: network.forward(x),
            lambda: network.generate(2, (1,)),
            lambda: network.fit_to_input(0, epochs=1),
        ):
            with pytest.raises(
                NotFittedError, match=r"this DBN is being fitted, layer by layer: wait for the end of fit"
            ):
                use()
        looks.append(progress.stage)

    dbn = DBN([6, 4], RBM, random_state=0).fit(X, **FAST)
    dbn.forward(X)
    dbn.save(tmp_path / "dbn")
    before = (tmp_path / "dbn").read_bytes()
    for again in (dbn, DBN([6, 4], RBM, random_state=0)):  # a second fit, and a first one
        dbn, looks = again, []
        dbn.fit(X, **FAST, callbacks=[look])
        assert len(looks) == 2
        assert (tmp_path / "dbn").read_bytes() == before
        dbn.save(tmp_path / "new")
        assert list(held(DBN.load(tmp_path / "new"))) == list(held(dbn))


def test_a_fit_that_is_refused_leaves_a_stack_that_can_be_saved(tmp_path):
    dbn = DBN([6, 4], RBM, random_state=0).fit(X, **FAST)
    before = list(held(dbn))

    def refuse(progress):
        if "RBM(4)" in progress.stage:
            raise error

    for error, whole in [(ValueError("mine"), True), (SystemExit(), False), (KeyboardInterrupt(), False)]:
        with pytest.raises(type(error)):
            dbn.fit(X, **FAST, callbacks=[refuse])
        if whole:
            dbn.save(tmp_path / "dbn")
            assert list(held(DBN.load(tmp_path / "dbn"))) == before
        else:  # one layer is new
            with pytest.raises(NotFittedError, match="no parameters yet"):
                dbn.save(tmp_path / "dbn")
            dbn.fit(X, **FAST)


def test_bad_input(dbn, tmp_path):
    params = list(dbn.params)
    for options, message in [
        ({"pretrain_epochs": -1}, "pretrain_epochs is -1"),
        ({"X": 255 * X}, "divide by 255"),
        ({"monitor": "step"}, "monitor is 'step'"),
        ({"pretrain_options": [{}]}, "pretrain_options has 1 entries, expected 2"),
        ({"callbacks": 3}, "callbacks is 3"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            dbn.fit(**({"X": X} | FAST | options))
    assert all(a is b for a, b in zip(dbn.params, params, strict=True))
    with pytest.raises(ValueError, match="no parameters yet"):
        DBN([3]).save(tmp_path / "x")
    with pytest.raises(ValueError, match="no parameters yet"):
        DBN([3], RBM).generate(3)
    with pytest.raises(ValueError, match="no parameters yet"):
        DBN([3]).forward(X)
