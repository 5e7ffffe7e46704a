"""Data that come batch by batch: the numbers are those of an array whose rows keep their order."""

import gc
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from scipy import sparse

from udl_pt import DBN, DNN, RBM, AutoEncoder, Batches, DeepAutoEncoder, Ladder
from udl_pt.callbacks import Checkpoint
from udl_pt.inspection.augmentation import adversarial
from udl_pt.training.feed import feed_of

N, D = 1030, 8
X = np.random.default_rng(0).random((N, D))
Y = np.random.default_rng(1).integers(0, 3, N)
XTEST, YTEST = X[:40], Y[:40]
SMALL = {"pretrain_options": {"batch_sz": 100}}


def pieces(*arrays, size=130):
    """Yield an array in batches, or several as tuples."""
    for start in range(0, len(arrays[0]), size):
        batch = tuple(array[start : start + size] for array in arrays)
        yield batch if len(batch) > 1 else batch[0]


class InOrder(np.random.RandomState):
    """A generator that leaves rows in their order."""

    def shuffle(self, x):
        pass


def assert_equal(got, expected):
    for name, value in expected.state_dict().items():
        np.testing.assert_array_equal(got.state_dict()[name], value)


MODELS = {
    "AutoEncoder": (partial(AutoEncoder, 4), False, {"epochs": 2}),
    "RBM": (partial(RBM, 4), False, {"centring": True, "visible_bias": "data", "persistent": True}),
    "DNN": (partial(DNN, [5, 4]), True, {**SMALL, "dropout": 0.2, "batch_sz": 90, "epochs": 2}),
    "DBN": (partial(DBN, [5, 4]), False, {**SMALL, "pretrain_on_disk": True}),
    "DeepAutoEncoder": (partial(DeepAutoEncoder, [5, 2]), False, {**SMALL, "validation": X[:50]}),
    "Ladder": (partial(Ladder, [5]), True, {"validation": (X[:50], Y[:50]), "epochs": 2}),
}


@pytest.mark.parametrize("model", MODELS)
def test_the_bits_are_those_of_an_array_in_its_order(model):
    make, labelled, options = MODELS[model]
    test = (XTEST, YTEST) if labelled else ()
    expected = make(random_state=InOrder(0)).fit(X, *((Y, *test) if labelled else ()), **options)
    read = partial(pieces, X, Y) if labelled else partial(pieces, X)
    got = make(random_state=InOrder(0)).fit(read, *((None, *test) if labelled else ()), **options)
    assert_equal(got, expected)
    for name in ("costs", "errors", "valid_costs", "valid_errors") if labelled else ("valid_costs",):
        assert getattr(got, name, None) == getattr(expected, name, None)


def test_costs_are_of_the_first_rows():
    ae = AutoEncoder(4, random_state=0).fit(partial(pieces, X))
    logits = X[:1000] @ ae.W.get_value()
    Z = 1 / (1 + np.exp(-logits - ae.bh.get_value()))
    P = 1 / (1 + np.exp(-Z @ ae.W.get_value().T - ae.bo.get_value()))
    cost = -(X[:1000] * np.log(P) + (1 - X[:1000]) * np.log(1 - P)).sum(axis=1).mean()
    np.testing.assert_allclose(ae.costs, [cost], rtol=1e-10)


def test_labels_are_ignored_where_there_are_none_to_learn():
    fit = AutoEncoder(4, random_state=0).fit
    assert_equal(fit(partial(pieces, X, Y)), AutoEncoder(4, random_state=0).fit(partial(pieces, X)))


class Loader:
    """An iterable like PyTorch's DataLoader: its batches are lists."""

    def __init__(self, *arrays, size=130):
        self.arrays, self.size, self.readings = arrays, size, 0

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __iter__(self):
        self.readings += 1
        for start in range(0, len(self.arrays[0]), self.size):
            yield [array[start : start + self.size] for array in self.arrays]


@pytest.mark.parametrize("arrays", [(X,), (X, Y)])
def test_an_iterable_is_read_once_to_check_once_for_costs_and_once_an_epoch(arrays):
    loader = Loader(*arrays)
    got = AutoEncoder(4, random_state=0).fit(loader, epochs=3)
    assert loader.readings == 1 + 1 + 3
    assert_equal(got, AutoEncoder(4, random_state=0).fit(partial(pieces, X), epochs=3))


@pytest.mark.torch
def test_a_data_loader():
    data = pytest.importorskip("torch.utils.data")
    import torch

    loader = data.DataLoader(data.TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=64)
    got = DNN([4], random_state=0).fit(loader, None, XTEST, YTEST, **SMALL)
    assert_equal(got, DNN([4], random_state=0).fit(partial(pieces, X, Y), None, XTEST, YTEST, **SMALL))


@pytest.mark.parametrize("size", [70, 1030])
def test_a_source_may_use_its_memory_again(size):
    batch = np.empty((size, D))

    def read():
        for rows in pieces(rows_of_two_kinds, size=size):
            batch[: len(rows)] = rows
            yield batch[: len(rows)]

    rows_of_two_kinds = np.vstack([X, X**8])
    for buffer in (0, 150):
        got, expected = (
            AutoEncoder(4, random_state=0).fit(Batches(source, buffer=buffer), epochs=2)
            for source in (read, partial(pieces, rows_of_two_kinds))
        )
        assert_equal(got, expected)
        assert got.costs == expected.costs


@pytest.mark.parametrize("buffer", [0, 400])
def test_batches_may_have_several_dtypes(buffer):
    whole = np.vstack([X[:500].round(), X[500:].astype("float32")])

    def read():
        yield whole[:500].astype(bool)
        yield whole[500:700].astype("float32")
        yield whole[700:]

    for model in (partial(AutoEncoder, 4), partial(DBN, [5, 4])):
        got, expected = (
            model(random_state=0, dtype="float64").fit(Batches(source, buffer=buffer))
            for source in (read, partial(pieces, whole))
        )
        assert_equal(got, expected)


def test_batches_without_rows_are_skipped():
    def read():
        for rows in pieces(X):
            yield rows
            yield rows[:0]

    assert_equal(
        AutoEncoder(4, random_state=0).fit(read), AutoEncoder(4, random_state=0).fit(partial(pieces, X))
    )


def order_of(n, batch_sz, buffer, seed, size=7, skip=0):
    """Return the numbers of the rows in an epoch, batch by batch."""
    rows = np.arange(n, dtype=float)[:, None]
    batches = Batches(partial(pieces, rows, np.arange(n), size=size), buffer=buffer)
    feed = feed_of(batches, dtype="float64", labelled=True)
    found = list(feed.epoch(batch_sz, seed, skip=skip))
    for rows, labels in found:
        np.testing.assert_array_equal(rows[:, 0], labels)
    return [labels.tolist() for _, labels in found]


@pytest.mark.parametrize("n", [60, 61, 69])
@pytest.mark.parametrize("buffer", [2, 10, 25, 60, 1000])
def test_a_buffer_shuffles(n, buffer):
    batches = order_of(n, 10, buffer, [1])
    assert [len(batch) for batch in batches] == [10] * 6
    order = np.concatenate(batches)
    assert len(set(order)) == 60
    assert not np.array_equal(order, np.arange(60))
    assert (order - np.arange(60) < max(buffer, 10) + 10).all()
    assert order_of(n, 10, buffer, [1], size=4) == batches  # whatever the source's batches are
    assert order_of(n, 10, buffer, [2]) != batches
    assert order_of(n, 10, buffer, [1], skip=4) == batches[4:]


def test_a_buffer_of_all_rows_draws_each_order_as_often():
    places = np.zeros((6, 6))
    for seed in range(3000):
        places[np.concatenate(order_of(6, 2, 6, [seed])), np.arange(6)] += 1
    chi_square = ((places - 500) ** 2 / 500).sum()
    assert chi_square < 52.6  # 99.9% of a chi-square of 25 degrees of freedom


def test_each_epoch_has_another_order_and_a_seed_repeats_them():
    def fit(seed, **options):
        batches = Batches(partial(pieces, X), buffer=300)
        return AutoEncoder(4, random_state=seed).fit(batches, epochs=3, **options)

    assert_equal(fit(0), fit(0))
    assert not np.array_equal(fit(0).W.get_value(), fit(1).W.get_value())
    once = fit(0, callbacks=[lambda progress: setattr(progress, "stop", True)])
    assert len(once.costs) == 1


@pytest.mark.parametrize("stop", [3, 13])  # in the first epoch, and in the second
@pytest.mark.parametrize("own_buffer", [0, 200])
def test_a_fit_resumes_within_an_epoch(tmp_path, stop, own_buffer):
    path = tmp_path / "dnn.ckpt"

    class Stop:
        observes_only = True

        def on_batch(self, progress):
            if (progress.epoch - 1) * 10 + progress.batch == stop:
                raise KeyboardInterrupt

    def fit(buffer=own_buffer, **options):
        batches = Batches(partial(pieces, X, Y), buffer=buffer)
        data = batches, None, XTEST, YTEST
        return DNN([4], random_state=0).fit(*data, pretrain=False, dropout=0.5, epochs=3, **options)

    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[Checkpoint(path, every_batches=1), Stop()])
    assert path.exists()
    with pytest.raises(ValueError, match=r"another training:\n  X is batches of .*, buffer 100 "):
        fit(buffer=100, resume=path)
    assert_equal(fit(resume=path), fit())


def test_other_rows_at_each_reading_can_not_be_resumed(tmp_path):
    generator = np.random.default_rng(0)
    ae = AutoEncoder(4)
    with pytest.raises(ValueError, match=r"other rows.*so no checkpoint can resume it: return the same rows"):
        ae.fit(lambda: pieces(generator.permutation(X)), callbacks=[Checkpoint(tmp_path / "ae.ckpt")])
    assert not ae.is_fitted
    assert ae.fit(lambda: pieces(generator.permutation(X))).is_fitted


def labelled(*Y):
    return lambda: iter([(np.eye(len(y)), y) for y in Y])


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (
            pieces(X),
            TypeError,
            "X is .*generator.*, which can be read once only: pass the function that makes",
        ),
        (lambda: iter([]), ValueError, "returned no batch: expected at least one, in each epoch"),
        (lambda: 5, TypeError, "X is .*<lambda>.*, which returns 5, expected an iterator of batches"),
        (
            lambda rows: rows,
            TypeError,
            "X is .*<lambda>.*, which needs arguments .*'rows'.*set them, with functools.partial",
        ),
        (lambda: iter([X, X[:, :3]]), ValueError, "batch 2 of X has 3 features, expected 8"),
        (lambda: iter([X, X + 1]), ValueError, "batch 2 of X has values from 1.* expects"),
        (lambda: iter([X, X * np.nan]), ValueError, r"batch 2 of X\[0, 0\] is nan, expected finite numbers"),
        (lambda: iter([X[0]]), ValueError, r"batch 1 of X has 1 dimension\(s\)"),
        (lambda: iter([X.reshape(-1, 4, 2)]), ValueError, "batch 1 of X has 3 dim.*flatten each sample"),
        (lambda: iter([(X.reshape(-1, 4, 2), Y)]), ValueError, "batch 1 of X has 3 dim.*flatten each sample"),
        (lambda: iter([{"x": X}]), TypeError, r"batch 1 of X is {.*, expected rows, or a pair \(X, Y\)"),
        (lambda: iter([(X, Y, Y)]), TypeError, r"batch 1 of X has 3 entries, expected rows, or a pair"),
        (lambda: X, TypeError, "X is .*returns an array of shape .*, expected an iterator of batches"),
        (
            lambda: iter([(sparse.csr_array(X), Y)]),
            TypeError,
            r"batch 1 of X is a sparse matrix, .*toarray\(\)",
        ),
        (lambda: iter([X[:50]]), ValueError, "batch_sz is 100, but there are only 50 samples"),
    ],
)
def test_bad_batches_change_nothing(source, error, message):
    ae = AutoEncoder(4, random_state=0).fit(X)
    W = ae.W.get_value()
    with pytest.raises(error, match=message):
        ae.fit(source)
    np.testing.assert_array_equal(ae.W.get_value(), W)


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        ((partial(pieces, X), None), {}, TypeError, r"batch 1 of X is .*, expected a pair \(X, Y\)"),
        ((partial(pieces, X, Y), Y), {}, TypeError, "Y is an array.*return pairs .* with Y=None"),
        ((partial(pieces, X, Y * 2), None), {}, ValueError, r"Y has the labels 0, 2, 4, expected 0 \.\.\. 2"),
        (
            (partial(pieces, X, Y - 1), None),
            {},
            ValueError,
            "Y of batch 1 of X has the labels -1, 0, 1, expected labels from 0 on: renumber",
        ),
        ((partial(pieces, X, Y / 1), None), {}, TypeError, "Y of batch 1 of X has dtype float64"),
        (
            (partial(pieces, X, Y[:-9]), None),
            {},
            ValueError,
            "Y of batch 8 of X has 111 labels, expected 120",
        ),
        ((partial(pieces, X, Y), None), {"validation": 0.1}, ValueError, "validation is 0.1, a share, but X"),
    ],
)
def test_bad_pairs_are_refused(data, options, error, message):
    dnn = DNN([4])
    with pytest.raises(error, match=message):
        dnn.fit(*data, XTEST, YTEST, **options)
    assert not dnn.is_fitted


def test_costs_of_all_rows_after_each_batch_are_refused():
    with pytest.raises(ValueError, match="monitor is 'batch', which measures all rows after each batch"):
        AutoEncoder(4).fit(partial(pieces, X), monitor="batch")


def test_an_untrained_layer_measures_nothing():
    data = partial(pieces, X, Y), None, XTEST, YTEST
    dnn = DNN([4], random_state=0).fit(*data, pretrain=False, monitor="batch")
    assert len(dnn.costs) == 10


@pytest.mark.parametrize("source", [X, 5, "X.npy", [1, 2], pieces(X)])
def test_a_source_of_another_kind_is_refused(source):
    with pytest.raises(TypeError, match=r"source is .*, expected a function that returns an iterator"):
        Batches(source)


def test_an_epoch_with_fewer_rows_is_an_error():
    readings = []

    def read():
        readings.append(None)
        return pieces(X if len(readings) < 4 else X[:-100])

    with pytest.raises(ValueError, match=r"X ended before row 1,000, but had more rows in the first reading"):
        AutoEncoder(4, random_state=0).fit(read, epochs=9)
    assert len(readings) == 4


@pytest.mark.parametrize("stops", [True, False])
@pytest.mark.parametrize("labelled", [True, False])
def test_every_reading_is_closed(labelled, stops):
    readings = {"open": 0, "begun": 0}

    def read():
        readings["open"] += 1
        readings["begun"] += 1
        try:
            yield from pieces(X, Y)
        finally:
            readings["open"] -= 1

    class Stop:
        def on_batch(self, progress):
            progress.stop = stops

    options = {"callbacks": [Stop()], "epochs": 2}
    gc.disable()  # a reading must not wait for it
    try:
        if labelled:
            dnn = DNN([4], random_state=0)
            augment = [adversarial(dnn, 0.1)]
            dnn.fit(read, None, XTEST, YTEST, **SMALL, augment=augment, **options)
        else:
            AutoEncoder(4, random_state=0).fit(read, **options)
            Ladder([4], random_state=0).fit(read, None, XTEST, YTEST, **options)
        assert readings["begun"] > 2
        assert readings["open"] == 0
    finally:
        gc.enable()


MEMORY = """
import numpy as np
from udl_pt import DNN, AutoEncoder, Batches
from udl_pt._support.memory import peak

def fit(n):
    def read():
        generator = np.random.default_rng(0)
        for start in range(0, n, 500):
            yield generator.random((500, 1000), "float32"), np.arange(500) % 2

    options = {"random_state": 0, "dtype": "float32"}
    AutoEncoder(20, **options).fit(Batches(read, buffer=2000))
    DNN([20, 10], **options).fit(read, None, np.zeros((2, 1000)), [0, 1], pretrain_on_disk=True)

fit(5_000)  # compiles all
before = peak()
fit(50_000)
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_number_of_batches():
    """In a process of its own, as this one may have held gigabytes."""
    printed = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    ).stdout
    assert int(printed) < 60e6  # of 200e6
