"""Data that are read by rows: the numbers are those of the same data as an array, to the bit."""

import subprocess
import sys
import tracemalloc
from functools import partial

import numpy as np
import pytest

from udl_pt import DBN, DNN, RBM, AutoEncoder, DeepAutoEncoder, Ladder, eager
from udl_pt._support.rows import Rows, check_rows
from udl_pt.callbacks import Checkpoint
from udl_pt.inspection.augmentation import adversarial

N, D = 2300, 8  # rows, in three chunks
X = np.random.default_rng(0).random((N, D), "float32").astype(float)
Y = np.arange(N) % 3
SMALL = {"pretrain_options": {"batch_sz": 100, "epochs": 2}}


@pytest.fixture(autouse=True)
def _tables_are_read_by_rows(monkeypatch):
    monkeypatch.setattr("udl_pt._support.rows.CONVERTED", 0)


class Source:
    """The least that is taken: a shape, and rows by ascending indices. It counts what it reads at once."""

    def __init__(self, array):
        self._array, self.shape, self.most, self.n_read = array, array.shape, 0, 0

    def __getitem__(self, rows):
        assert isinstance(rows, np.ndarray)
        assert (np.diff(rows) > 0).all()
        self.most, self.n_read = max(self.most, len(rows)), self.n_read + len(rows)
        return self._array[rows]


def memory_map(X, folder):
    made = np.memmap(folder / "X", X.dtype, "w+", shape=X.shape)
    made[:] = X
    return made


def npy(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


def h5py(X, folder):
    file = pytest.importorskip("h5py").File(folder / "X.h5", "w")
    return file.create_dataset("X", data=X, chunks=(100, X.shape[1]))


def zarr(X, folder):
    made = pytest.importorskip("zarr").create_array(
        folder / "X.zarr", shape=X.shape, dtype=X.dtype, chunks=(100, X.shape[1])
    )
    made[:] = X
    return made


def dask(X, folder):
    return pytest.importorskip("dask.array").from_array(X, chunks=(1000, 5))


def pandas(X, folder):
    return pytest.importorskip("pandas").DataFrame(X, index=np.arange(len(X))[::-1])


def polars(X, folder):
    return pytest.importorskip("polars").DataFrame(X)


def arrow(X, folder):
    columns = {f"x{i}": column for i, column in enumerate(X.T)}
    return pytest.importorskip("pyarrow").table(columns)


def arrow_batch(X, folder):
    return arrow(X, folder).combine_chunks().to_batches()[0]


MAKERS = [memory_map, npy, h5py, zarr, dask, pandas, polars, arrow, arrow_batch, lambda X, _: Source(X)]
each_source = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__.strip("<>"))


@each_source
def test_rows_are_those_of_the_array(make, tmp_path):
    rows = check_rows(make(X, tmp_path), dtype="float64")
    assert isinstance(rows, Rows)
    assert (len(rows), rows.shape, rows.dtype) == (N, (N, D), X.dtype)
    indices = np.random.default_rng(1).integers(0, N, 50)  # some of them twice
    some = np.array([3, 1000, 7])
    for got, expected in (
        (rows[indices], X[indices]),
        (rows[990:1010], X[990:1010]),
        (rows[2290:9999], X[2290:]),
        (rows.select(indices)[5:9], X[indices[5:9]]),
        (rows.select(indices).select(np.arange(9))[np.array([8, 0])], X[indices[[8, 0]]]),
        (rows.select(some)[:], X[some]),
        (np.asarray(rows), X),
    ):
        np.testing.assert_array_equal(got, expected)
        assert type(got) is np.ndarray


@each_source
def test_an_autoencoder_has_the_same_bits(make, tmp_path):
    options = {"validation": 0.2, "epochs": 2, "batch_sz": 100}
    expected = AutoEncoder(4, random_state=0).fit(X, **options)
    got = AutoEncoder(4, random_state=0).fit(make(X, tmp_path), **options)
    assert_equal(got, expected)


def assert_equal(got, expected):
    for name, value in expected.state_dict().items():
        np.testing.assert_array_equal(got.state_dict()[name], value)
    for name in ("costs", "valid_costs", "errors", "valid_errors"):
        assert getattr(got, name, None) == getattr(expected, name, None)


MODELS = {
    "RBM": (partial(RBM, 4), False, {"centring": True, "visible_bias": "data", "validation": 0.2}),
    "Gaussian RBM": (partial(RBM, 4, visible="gaussian"), False, {"monitor": "batch", "learning_rate": 1e-4}),
    "DNN": (partial(DNN, [5, 4]), True, {**SMALL, "validation": 0.2, "dropout": 0.2}),
    "augmented DNN": (partial(DNN, [5, 4]), True, {**SMALL}),
    "DNN of RBMs": (partial(DNN, [5, 4], RBM), True, {**SMALL, "pretrain_on_disk": True}),
    "DBN": (partial(DBN, [5, 4]), False, {**SMALL, "pretrain_options": {"validation": 0.1}}),
    "DeepAutoEncoder": (partial(DeepAutoEncoder, [5, 2]), False, {**SMALL, "validation": 0.2}),
    "Ladder": (partial(Ladder, [5, 4]), True, {"validation": 0.2, "epochs": 2}),
}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_the_same_bits(model):
    make, labelled, options = MODELS[model]
    standard = (X - X.mean(axis=0)) / X.std(axis=0) if "Gaussian" in model else X
    source, test = Source(standard), Source(standard[:1200])

    def fitted(X, Xtest):
        model_ = make(random_state=0, dtype="float64")
        augment = {"augment": [adversarial(model_, 0.1)]} if "augmented" in model else {}
        data = (X, Y, Xtest, Y[:1200]) if labelled else (X,)
        return model_.fit(*data, **options, **augment)

    assert_equal(fitted(source, test), fitted(standard, standard[:1200]))
    assert max(source.most, test.most) <= max(1000, N if model == "Ladder" else 0)


def test_a_small_table_is_converted_once(tmp_path, monkeypatch):
    monkeypatch.setattr("udl_pt._support.rows.CONVERTED", 8 * X.size)
    for make in (pandas, polars, arrow, arrow_batch):
        np.testing.assert_array_equal(check_rows(make(X, tmp_path), dtype="float64"), X)
        assert isinstance(check_rows(make(X, tmp_path), dtype="float64"), np.ndarray)
        assert isinstance(check_rows(make(np.hstack([X, X[:, :1]]), tmp_path), dtype="float64"), Rows)


def test_consecutive_rows_of_a_long_chunk_are_read_once():
    class InChunks(Source):
        chunks = (1500, D)

    source = InChunks(X)
    rows = check_rows(source, dtype="float64")
    n_probed = 2
    assert source.n_read == n_probed + N + 500  # those from 1,000 to 1,500 twice
    for start in range(0, N, 100):
        part = rows[start : start + 100]
        np.testing.assert_array_equal(part, X[start : start + 100])
        part[:] = 0
    assert source.n_read == n_probed + N + 500 + N


def test_a_mask_over_a_memory_map_is_refused(tmp_path):
    masked = np.ma.masked_greater(memory_map(X, tmp_path), 0.5, copy=False)
    with pytest.raises(TypeError, match="X is a masked array, whose mask would be lost"):
        AutoEncoder(4).fit(masked)


def test_rows_of_integers_may_be_followed_by_others():
    class Lists:
        shape = X.shape

        def __getitem__(self, rows):
            return [X[row].tolist() if row else [0] * D for row in rows]

    expected = np.vstack([np.zeros(D), X[1:]])
    got = DBN([5, 4], random_state=0).fit(Lists(), **SMALL)
    assert_equal(got, DBN([5, 4], random_state=0).fit(expected, **SMALL))


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), MemoryError("too large")])
def test_an_error_of_the_disk_stays_as_it_is(error, tmp_path):
    class Broken(Source):
        def __getitem__(self, rows):
            raise error

        def __array__(self, dtype=None, copy=None):
            raise AssertionError("read as a whole")

    with pytest.raises(type(error), match=str(error.args[-1])):
        AutoEncoder(4).fit(Broken(X))


def test_values_too_large_for_squares_are_named():
    with pytest.raises(ValueError, match=r"X has values up to 1e\+200, whose squares are too large"):
        RBM(3, visible="gaussian", dtype="float64").fit(Source(np.where(X > 0.5, -1e200, X)))


def test_a_table_with_text_is_refused(tmp_path):
    table = pytest.importorskip("pyarrow").table({"a": [0.0] * 200, "s": ["x"] * 200})
    with pytest.raises(TypeError, match=r"X is .*expected real numbers"):
        AutoEncoder(3).fit(table)


def test_a_refused_source_is_not_read_for_a_checkpoint(tmp_path):
    images = Source(X.reshape(-1, 4, 2))
    with pytest.raises(ValueError, match="X has 3 dimension"):
        AutoEncoder(3).fit(images, callbacks=[Checkpoint(tmp_path / "ae.ckpt")])
    assert images.n_read == 0


def test_a_closed_file_is_named(tmp_path):
    dataset = h5py(X, tmp_path)
    dataset.file.close()
    with pytest.raises(ValueError, match="X is a dataset of a closed file: keep the file open"):
        AutoEncoder(3).fit(dataset)


def test_a_ladder_that_fails_reads_no_more_and_keeps_its_error():
    class Breaking(Source):
        broken = False

        def __getitem__(self, rows):
            if self.broken:
                raise OSError("disk gone")
            return super().__getitem__(rows)

    def stop(progress):
        if progress.epoch == 2:
            source.broken = True
            raise ZeroDivisionError("mine")

    source = Breaking(X)
    data = Y, X[:20], Y[:20]
    ladder = Ladder([5, 4], random_state=0)
    with pytest.raises(ZeroDivisionError, match="mine"):
        ladder.fit(source, *data, epochs=3, callbacks=[stop])
    expected = Ladder([5, 4], random_state=0).fit(X, *data, epochs=2)
    assert_equal(ladder, expected)
    assert_equal(ladder.dnn, expected.dnn)


def test_a_validation_set_may_be_a_source():
    valid = Source(X[:1200])
    expected = AutoEncoder(4, random_state=0).fit(X, validation=X[:1200])
    assert_equal(AutoEncoder(4, random_state=0).fit(Source(X), validation=valid), expected)
    assert valid.most <= 1000
    pair = (Source(X[:1200]), Y[:1200])
    data = X, Y, X[:9], Y[:9]
    expected = DNN([3], random_state=0).fit(*data, validation=(X[:1200], Y[:1200]))
    assert_equal(DNN([3], random_state=0).fit(*data, validation=pair), expected)


def test_integers_and_mixed_columns(tmp_path):
    frame = pytest.importorskip("pandas").DataFrame({"a": [True, False] * 50, "b": np.arange(100) / 100})
    frame["c"] = np.arange(100) % 2
    expected = AutoEncoder(2, random_state=0).fit(frame.to_numpy(dtype=float), batch_sz=10)
    assert_equal(AutoEncoder(2, random_state=0).fit(frame, batch_sz=10), expected)


def test_a_checkpoint_compares_the_rows_and_not_their_kind(tmp_path):
    path, source = tmp_path / "ae.ckpt", Source(X)

    def fit(X, **options):
        return AutoEncoder(4, random_state=0).fit(X, epochs=3, **options)

    def stop(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    stop.observes_only = True
    with pytest.raises(KeyboardInterrupt):
        fit(source, callbacks=[Checkpoint(path, every_batches=7), stop])
    assert path.exists()
    assert source.most <= 1000
    assert_equal(fit(Source(X), resume=path), fit(X))
    assert_equal(fit(X, resume=path), fit(X))
    other = X.copy()
    other[-1, -1] = 0.5
    with pytest.raises(ValueError, match=r"another training:\n  X is float64 of shape \(2300, 8\)"):
        fit(Source(other), resume=path)


class OwnLayer(AutoEncoder):
    """A layer whose fit reads the data as an array."""

    def fit(self, X, *args, **options):
        self.seen = type(X), X.mean()
        return super().fit(X, *args, **options)


@pytest.mark.parametrize("make", [lambda X, _: Source(X), memory_map])
def test_a_layer_with_a_fit_of_its_own_gets_an_array(make, tmp_path):
    dbn = DBN([5, 4], [OwnLayer, AutoEncoder], random_state=0).fit(make(X, tmp_path), **SMALL)
    assert dbn.hidden_layers[0].seen == (np.ndarray, X.mean())
    assert_equal(dbn, DBN([5, 4], random_state=0).fit(X, **SMALL))


def test_a_twin_reads_an_array():
    got = eager.AutoEncoder(4, random_state=0).fit(memory_map_like(X), epochs=1)
    np.testing.assert_array_equal(got.W, eager.AutoEncoder(4, random_state=0).fit(X, epochs=1).W)


def memory_map_like(X):
    return pytest.importorskip("pandas").DataFrame(X)


def of(package, name, **attributes):
    """Return an object of a class of this name, as of a package that need not be installed."""
    return type(name, (), {"__module__": f"{package}.core", **attributes})()


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (
            of("h5py", "File"),
            TypeError,
            r"X is a File of h5py, .* such as X\['images'\]",
        ),
        (of("zarr", "Group"), TypeError, "X is a Group of zarr, .* one of its arrays"),
        (
            of("polars", "LazyFrame"),
            TypeError,
            r"X is a LazyFrame of polars, .* X.collect\(\)",
        ),
        (
            of("pyarrow", "Dataset"),
            TypeError,
            r"X is a Dataset of pyarrow, .* X.to_table\(\)",
        ),
        (of("torch", "Dataset"), TypeError, r"X is a Dataset of torch, .*DataLoader\(X, batch_size=100\)"),
        (of("dask", "DataFrame"), TypeError, r"DataFrame of dask, .*X.to_dask_array\(lengths=True\)"),
        (
            of("dask", "Array", shape=(np.nan, 3)),
            ValueError,
            r"X has shape \(nan, 3\), .*call X.compute_chunk_sizes\(\) first",
        ),
        (Source(X.reshape(-1, 4, 2)), ValueError, "X has 3 dimension.* flatten each sample to one row"),
        (Source(X[:0]), ValueError, r"X is empty \(shape \(0, 8\)\)"),
        (Source(X + 1), ValueError, "X has values from 1.* to .*, but the model reads them as probabilities"),
        (Source(np.where(X > 0.999, np.nan, X)), ValueError, r"X\[\d+, \d\] is nan, expected finite numbers"),
        (Source(X.astype(complex)), TypeError, "X has dtype complex128, expected real numbers"),
        (of("mine", "Store", shape=(5, 2), __getitem__=lambda self, rows: X[:2, :3]), TypeError, "shape"),
        (
            of("mine", "Store", shape=(5, 2), __getitem__=lambda self, rows: [[1, 2]][rows]),
            TypeError,
            r"Store.*but X\[numpy.array\(\[0, 4\]\)\] fails .*array of row indices. Or write",
        ),
    ],
)
def test_what_is_not_served_is_refused_before_anything_changes(bad, error, message, tmp_path):
    ae = AutoEncoder(4, random_state=0).fit(X)
    W = ae.W.get_value()
    for options in ({}, {"callbacks": [Checkpoint(tmp_path / "x")]}):
        with pytest.raises(error, match=message):
            ae.fit(bad, **options)
    with pytest.raises(error, match=message.replace("X", "validation")):
        ae.fit(X, validation=bad)
    np.testing.assert_array_equal(ae.W.get_value(), W)


def test_a_source_that_returns_other_rows_later_is_found():
    class Shrinking(Source):
        def __getitem__(self, rows):
            found = super().__getitem__(rows)
            return found[:-1] if self.n_read > 2 * N else found

    with pytest.raises(ValueError, match="X returns 99 rows for 100 indices, expected one row for each"):
        AutoEncoder(4, random_state=0).fit(Shrinking(X), epochs=3)


def test_an_object_that_takes_no_indices_is_read_as_a_whole():
    class Whole:
        shape = X.shape

        def __getitem__(self, rows):
            raise TypeError("no arrays, please")

        def __array__(self, dtype=None, copy=None):
            return X

    assert_equal(AutoEncoder(4, random_state=0).fit(Whole()), AutoEncoder(4, random_state=0).fit(X))


MEMORY = """
import sys
import numpy as np
from udl_pt import DBN, DNN, AutoEncoder, Ladder
from udl_pt._support.memory import peak

class InFile:
    def __init__(self, path, n):
        self.file, self.shape = open(path, "rb"), (n, 1000)

    def __getitem__(self, rows):
        found = np.empty((len(rows), 1000), "float32")
        for i, row in enumerate(rows):
            self.file.seek(4000 * int(row))
            self.file.readinto(found[i].data)
        return found

def fit(X):
    Y, test = np.arange(X.shape[0]) % 2, (np.zeros((2, 1000)), [0, 1])
    options = {"random_state": 0, "dtype": "float32"}
    AutoEncoder(20, **options).fit(X, validation=0.3)
    DNN([20, 10], **options).fit(X, Y, *test, pretrain_on_disk=True)
    Ladder([20, 10], **options).fit(X, Y, *test)

path, n = sys.argv[1], int(sys.argv[2])
fit(InFile(path, 15_000))  # compiles all
before = peak()
fit(InFile(path, n))
print(peak() - before)
"""


def test_memory_does_not_grow_with_a_file(tmp_path):
    """In a process of its own, as this one may have held gigabytes."""
    n, path = 50_000, tmp_path / "X"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(np.random.default_rng(0).random((n // 100, 1000), "float32").tobytes())
    assert path.stat().st_size == 200e6
    command = [sys.executable, "-c", MEMORY, str(path), str(n)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(printed) < 60e6


@pytest.mark.parametrize("make", [memory_map, pandas])
def test_a_share_held_out_is_not_copied(make, tmp_path):
    rows = np.random.default_rng(0).random((20_000, 100), "float32")
    source = make(rows, tmp_path)
    AutoEncoder(3, random_state=0, dtype="float32").fit(rows[:200])
    tracemalloc.start()
    try:
        AutoEncoder(3, random_state=0, dtype="float32").fit(source, validation=0.3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * rows.nbytes  # a copy of the share that is left has 0.7


def test_a_source_is_not_imported():
    code = (
        "import sys, udl_pt._support.rows\n"
        "print([m for m in ('h5py', 'zarr', 'dask', 'polars', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["[]"]
