"""Data of one's own: arrays, tables, IDX files of any size and named sets, and what is wrong with them."""

import gzip
import io
import pickle
import struct
import sys
import zipfile

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn.datasets

import udl_pt
from udl_pt import DataError, load_data, load_mnist
from udl_pt.datasets import Dataset, _idx_folders, _tables


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch):
    monkeypatch.delenv("UDL_PT_DATA", raising=False)


def pixels(*shape, seed=0):
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


# Arrays


def test_it_is_public():
    assert udl_pt.load_data is load_data
    assert "load_data" in udl_pt.__all__


@pytest.mark.parametrize("shape", [(5, 7), (4, 6, 3)])
def test_bytes_of_images_are_divided_by_255(tmp_path, shape):
    X, Xtest = pixels(6, *shape), pixels(4, *shape, seed=1)
    Y, Ytest = np.array(["b", "a", "c", "a", "b", "c"]), np.array(["c", "b", "a", "a"])
    np.savez_compressed(tmp_path / "mine.npz", X=X, Y=Y, Xtest=Xtest, Ytest=Ytest)
    data = load_data(tmp_path / "mine.npz")
    np.testing.assert_array_equal(data.X, X.reshape(6, -1) / 255)
    np.testing.assert_array_equal(data.Xtest, Xtest.reshape(4, -1) / 255)
    assert (data.image_shape, data.noun, data.source) == (shape, "image", "mine.npz (6 + 4)")
    assert data.label_names == ("a", "b", "c")
    np.testing.assert_array_equal(np.array(data.label_names)[data.Y], Y)
    np.testing.assert_array_equal(np.array(data.label_names)[data.Ytest], Ytest)


def test_an_npy_file_is_x_alone(tmp_path):
    X = np.random.RandomState(0).rand(6, 4).astype(np.float32)
    np.save(tmp_path / "X.npy", np.asfortranarray(X))
    data = load_data(str(tmp_path / "X.npy"))
    np.testing.assert_array_equal(data.X, X)
    assert data.X.dtype == np.float32
    assert (data.Y.shape, data.Xtest.shape, data.Ytest.shape) == ((0,), (0, 4), (0,))
    assert (data.image_shape, data.label_names, data.noun) == (None, (), "row")
    assert load_data(tmp_path / "X.npy", image_shape=[2, 2]).image_shape == (2, 2)


@pytest.mark.parametrize(
    ("X", "image_shape", "expected"),
    [
        (np.array([[0, 51, 255]], np.uint8), None, [[0, 0.2, 1]]),
        (np.array([[0, 51, 255]]), None, [[0, 51, 255]]),  # a table
        (np.array([[0, 51, 255]]), (1, 3), [[0, 0.2, 1]]),
        (np.array([[0, 1, 1]], np.uint8), (1, 3), [[0, 1, 1]]),
        (np.array([[False, True, True]]), (3, 1), [[0, 1, 1]]),
        (np.array([[0.0, 0.5, 1.0]]), (1, 3), [[0, 0.5, 1]]),
        (np.array([[-2.0, 0.5, 700]]), None, [[-2, 0.5, 700]]),
        (np.array([[[[0], [51]]]], np.uint8), None, [[0, 0.2]]),
    ],
)
def test_how_pixels_are_scaled(X, image_shape, expected):
    data = Dataset.from_arrays(X, image_shape=image_shape)
    np.testing.assert_array_equal(data.X, expected)
    assert data.X.dtype.kind == "f"


@pytest.mark.parametrize(
    ("Y", "codes", "names"),
    [
        ([3, 9, 10, 3], [0, 1, 2, 0], ("3", "9", "10")),
        (np.array([3, 9, 10, 3], np.uint8), [0, 1, 2, 0], ("3", "9", "10")),
        ([1.0, -1.0, -1.0, 1.0], [1, 0, 0, 1], ("-1", "1")),
        ([True, False, True, True], [1, 0, 1, 1], ("False", "True")),
        (["x", "10", "9", "x"], [2, 0, 1, 2], ("10", "9", "x")),
        (np.array([b"x", b"\xc3\xa9", b"x", b"x"]), [0, 1, 0, 0], ("x", "é")),
        (np.array(["b", "a", "a", "b"], dtype=object), [1, 0, 0, 1], ("a", "b")),
    ],
)
def test_labels_of_any_kind_are_encoded(Y, codes, names):
    data = Dataset.from_arrays(np.eye(4), Y)
    assert (data.Y.tolist(), data.label_names) == (codes, names)
    assert data.Y.dtype == np.int64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": np.zeros(3)}, r"X has shape \(3,\), expected"),
        ({"X": np.zeros((0, 3))}, "X is empty"),
        ({"X": [[1, 2], [3]]}, "its rows must have the same length"),
        ({"X": [["a", "b"]]}, "expected real numbers"),
        ({"X": [[1j]]}, "expected real numbers"),
        ({"X": [[1, np.nan]]}, r"X\[0, 1\] is nan, expected finite numbers"),
        ({"X": np.zeros((2, 3, 8, 8))}, r"move the colours to the end, X.transpose\(0, 2, 3, 1\)"),
        ({"X": np.zeros((2, 8, 8, 4))}, r"expected \(N, rows, columns, 3\)"),
        ({"X": np.full((2, 2, 2), 200.0)}, r"floats from 200 to 200, expected \[0, 1\]: divide by 255"),
        ({"X": np.full((2, 2, 2), -1.0)}, "floats from -1 to -1, .*scale them"),
        ({"X": np.full((2, 2, 2), 300)}, "whole numbers from 300 to 300, expected 0 to 255"),
        ({"X": np.full((2, 2, 2), -1)}, "whole numbers from -1 to -1"),
        ({"X": np.eye(4), "image_shape": (2, 3)}, r"image_shape is \(2, 3\), which has 2 \* 3 = 6 values"),
        ({"X": np.eye(4), "image_shape": (4, 1, 4)}, r"expected \(rows, columns\)"),
        ({"X": np.eye(4), "image_shape": 4}, "image_shape is 4, expected"),
        ({"X": np.eye(4), "image_shape": "22"}, "image_shape is '22', expected"),
        ({"X": np.eye(4), "image_shape": (2, -2)}, r"image_shape is \(2, -2\), expected"),
        ({"X": np.zeros((2, 2, 3)), "image_shape": (3, 2)}, r"but the images have the shape \(2, 3\)"),
        ({"X": np.eye(4), "Xtest": np.eye(3)}, r"Xtest has shape \(3, 3\), but X \(4, 4\)"),
        ({"X": np.eye(4), "Xtest": np.eye(4, dtype=np.uint8)}, "Xtest has dtype uint8: save both as bytes"),
        ({"X": np.eye(2), "Y": [0]}, "Y has 1 labels, expected 2"),
        ({"X": np.eye(2), "Y": np.eye(2)}, r"Y has shape \(2, 2\), .*argmax"),
        ({"X": np.eye(2), "Y": [0, 0.5]}, "Y has the value 0.5, expected labels"),
        ({"X": np.eye(2), "Y": [0, np.nan]}, "Y has the value nan, expected labels"),
        ({"X": np.eye(2), "Y": [None, 1]}, "expected labels: whole numbers or text"),
        ({"X": np.eye(2), "Y": [0, 1], "Xtest": np.eye(2)}, "there are labels Y but no Ytest"),
        ({"X": np.eye(2), "Xtest": np.eye(2), "Ytest": [0, 1]}, "there are labels Ytest but no Y"),
        ({"X": np.eye(2), "Y": [0, 1], "Ytest": [0]}, "Ytest has 1 labels, expected 0"),
        (
            {"X": np.eye(2), "Y": [0, 1], "Xtest": np.eye(2), "Ytest": [0, 2]},
            "Ytest has the label 2, which no training row has",
        ),
        (
            {"X": np.eye(2), "Y": [0, 1], "Xtest": np.eye(2), "Ytest": ["0", "1"]},
            "Y has dtype int64, but Ytest <U1",
        ),
    ],
)
def test_arrays_that_do_not_fit(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Dataset.from_arrays(**arguments)


def test_a_test_set_has_a_share_of_each_class():
    Y = np.repeat([0, 1, 2], [50, 11, 1])
    X = np.arange(62.0)[:, None] * [1, 1]
    data = Dataset.from_arrays(X, Y).with_test_set()
    np.testing.assert_array_equal(np.bincount(data.Ytest), [10, 2])
    assert (np.bincount(data.Y)[2], len(data.X)) == (1, 50)
    np.testing.assert_array_equal(np.sort(np.concatenate([data.X, data.Xtest])[:, 0]), X[:, 0])
    for rows, labels in ((data.X, data.Y), (data.Xtest, data.Ytest)):
        np.testing.assert_array_equal(Y[rows[:, 0].astype(int)], labels)
    again = Dataset.from_arrays(X, Y).with_test_set(random_state=0)
    other = Dataset.from_arrays(X, Y).with_test_set(random_state=1)
    np.testing.assert_array_equal(again.Xtest, data.Xtest)
    assert (other.Xtest != data.Xtest).any()
    unlabelled = Dataset.from_arrays(X).with_test_set(0.5)
    assert (len(unlabelled.Xtest), len(unlabelled.Ytest)) == (31, 0)
    with pytest.raises(ValueError, match="a test set of 12 rows already"):
        data.with_test_set()
    with pytest.raises(ValueError, match="no class has two rows"):
        Dataset.from_arrays(np.eye(2), [0, 1]).with_test_set()
    with pytest.raises(ValueError, match="share is 1"):
        unlabelled.with_test_set(1.0)


def test_copies_keep_what_is_known(tmp_path):
    data = Dataset.from_arrays(pixels(4, 2, 3), list("abab"), source="mine", noun="face")
    for copied in (pickle.loads(pickle.dumps(data)), data._replace(X=data.X)):
        assert vars(copied) == vars(data)


# NumPy's files


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_no_pickle_is_loaded(tmp_path, name):
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("was unpickled",))

    objects = np.array([Evil()], dtype=object)
    if name == "a.npz":
        np.savez(tmp_path / name, X=np.eye(2), Y=objects)
    else:
        np.save(tmp_path / name, objects)
    with pytest.raises(DataError, match=f"{name}.* holds Python objects, which would be unpickled"):
        load_data(tmp_path / name)


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no array that numpy.save wrote"),
        (b"PK\3\4", "no array that numpy.save wrote"),
        (npy(np.eye(3))[:-1], "has 71 bytes of data, expected 72"),
        (npy(np.eye(3)) + b"x", "has 73 bytes of data, expected 72"),
        (npy(np.eye(3)).replace(b"(3, 3)", b"(9**9)"), "no array that numpy.save wrote"),
        (npy(np.eye(3)).replace(b"(3, 3)", b"(-3,-3)"[:6]), "no array that numpy.save wrote|bytes of data"),
        (npy(np.eye(3)).replace(b"<f8", b"<M8"), "no array|has dtype datetime64"),
        (npy(np.eye(3) + 1j), "has dtype complex128"),
        (npy(np.eye(3)).replace(b"\x93NUMPY\1", b"\x93NUMPY\7"), "no array that numpy.save wrote"),
    ],
)
def test_damaged_npy_files(tmp_path, content, message):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_data(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as packed:
        packed.writestr("X.npy", content)
    with pytest.raises(DataError, match=message):
        load_data(tmp_path / "a.npz")


def test_damaged_npz_files(tmp_path):
    file = tmp_path / "a.npz"
    np.savez_compressed(file, X=np.random.RandomState(0).rand(50, 50))
    whole = file.read_bytes()
    for damaged in (whole[:200], b"", whole[:300] + b"\0" * 20 + whole[320:]):
        file.write_bytes(damaged)
        with pytest.raises(DataError, match=r"not a complete \.npz file"):
            load_data(file)
    np.savez(file, images=np.eye(2), labels=[0, 1])
    with pytest.raises(DataError, match="has images, labels, expected the arrays X, and Y, Xtest, Ytest"):
        load_data(file)
    np.savez(file, X=np.eye(2), Yval=[0, 1])
    with pytest.raises(DataError, match="has the array Yval, expected X, Y, Xtest and Ytest alone"):
        load_data(file)
    np.savez(file, X=np.eye(2), Y=[0, 1, 2])
    with pytest.raises(DataError, match=r"a.npz: Y has 3 labels, expected 2"):
        load_data(file)


# Tables


CSV = 'size,colour,weight\n1,red,0.5\n 2 ,"light, blue",1e3\n3,red,-2\n'


@pytest.mark.parametrize("name", ["t.csv", "T.CSV", "t.csv.gz"])
def test_a_table_with_a_named_column_of_labels(tmp_path, name):
    content = b"\xef\xbb\xbf" + CSV.encode().replace(b"\n", b"\r\n")
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    data = load_data(tmp_path / name, label="colour")
    np.testing.assert_array_equal(data.X, [[1, 0.5], [2, 1000], [3, -2]])
    assert (data.Y.tolist(), data.label_names) == ([1, 0, 1], ("light, blue", "red"))
    assert (data.image_shape, data.noun, data.source) == (None, "row", f"{name} (3)")


def test_a_table_as_pandas_writes_it(tmp_path):
    rs = np.random.RandomState(0)
    frame = pd.DataFrame(rs.randn(2500, 4), columns=list("abcd"))
    frame["label"] = rs.randint(8, 12, 2500)
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load_data(tmp_path / "t.csv")
    np.testing.assert_array_equal(data.X, frame[list("abcd")])
    assert data.label_names == ("8", "9", "10", "11")  # as numbers, not as text
    np.testing.assert_array_equal(data.Y + 8, frame.label)


def test_the_columns_of_a_table_may_be_pixels(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c,d,label\n0,51,255,0,7\n1,2,3,4,8\n")
    np.testing.assert_array_equal(load_data(tmp_path / "t.csv").X[0], [0, 51, 255, 0])
    data = load_data(tmp_path / "t.csv", image_shape=(2, 2))
    np.testing.assert_array_equal(data.X[0], [0, 0.2, 1, 0])
    assert (data.image_shape, data.noun) == ((2, 2), "image")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CSV, "no column 'label', expected one of labels. Its columns are 'size', 'colour', 'weight'"),
        ("a;b;label\n1;2;3\n", "Separate columns by commas"),
        ("a,label,label\n1,2,3\n", "2 columns 'label'"),
        (",a,label\n0,1,2\n", "column 1 of 3 has no name"),
        ("label\n1\n", "labels alone"),
        ("a,label\n", "a header but no rows"),
        ("", "no column 'label'"),
        ("a,label\n1,2\n3\n", "1 columns in row 2, expected 2"),
        ("a,label\n1,2\n3,4,5\n", "3 columns in row 2, expected 2"),
        ("a,label\n1,2\n,4\n", "in row 2, 'a' is empty"),
        ("a,label\n1,2\n3,\n", "in row 2, 'label' is empty"),
        ("a,label\n1,2\nnan,4\n", "in row 2, 'a' is 'nan'"),
        ("a,label\n1,2\n1e999,4\n", "in row 2, 'a' is inf"),
        ("a,label\n1,2\nred,4\n", "in row 2, 'a' is 'red': fill or drop such rows, or leave the column out"),
        ("a,label\n1,2\n1_0,4\n", "in row 2, 'a' is '1_0'"),
        ("a,label\n1,2\n\n3,4\n", "nothing in row 2"),
        ("a,label\n1,2.5\n3,4\n", None),
        ('a,label\n1,"2\n', None),
    ],
)
def test_damaged_tables(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    if message is None:  # labels are text
        assert load_data(tmp_path / "t.csv").label_names[0].startswith("2")
        return
    with pytest.raises(DataError, match=message):
        load_data(tmp_path / "t.csv")


def test_a_table_in_another_encoding(tmp_path):
    (tmp_path / "t.csv").write_bytes("a,label\n1,é\n".encode("latin-1"))
    with pytest.raises(DataError, match="not text in UTF-8"):
        load_data(tmp_path / "t.csv")


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RuntimeError, match=r"pip install 'udl_pt\[parquet\]'"):
        load_data(tmp_path / "t.parquet")


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    def write(**columns):
        parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
        return load_data(tmp_path / "t.parquet", label="kind")

    whole = write(a=pyarrow.array([0, 255], "uint8"), b=[True, False], kind=[7, 8])
    assert whole.X.tolist() == [[0, 1], [255, 0]]
    assert whole.label_names == ("7", "8")
    data = write(a=[1, 2, 3], kind=pyarrow.array(["x", "y", "x"]).dictionary_encode(), b=[0.5, 1, 2])
    np.testing.assert_array_equal(data.X, [[1, 0.5], [2, 1], [3, 2]])
    assert (data.Y.tolist(), data.label_names, data.noun) == ([0, 1, 0], ("x", "y"), "row")
    for columns, message in (
        ({"a": [1, None], "kind": [0, 1]}, "in row 2, 'a' is empty"),
        ({"a": [1, 2], "kind": [None, 1]}, "in row 1, 'kind' is empty"),
        ({"a": [1.0, float("nan")], "kind": [0, 1]}, "in row 2, 'a' is nan"),
        ({"a": ["u", "v"], "kind": [0, 1]}, "has string in the column 'a', expected numbers"),
        ({"a": [1, 2], "b": [0, 1]}, "no column 'kind', .* 'a', 'b'"),
        ({"__index_level_0__": [1, 2], "kind": [0, 1]}, "pandas: index=False"),
        ({"a": pyarrow.array([], "int64"), "kind": pyarrow.array([], "int64")}, "columns but no rows"),
    ):
        with pytest.raises(DataError, match=message):
            write(**columns)
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(DataError, match="no Parquet file that pyarrow reads"):
        load_data(tmp_path / "t.parquet")


# IDX files


def write_idx(folder, prefix, images, labels, pack=gzip.compress, dot="-"):
    suffix = ".gz" if pack is gzip.compress else ""
    header = struct.pack(">IIII", 2051, *images.shape)
    (folder / f"{prefix}-images{dot}idx3-ubyte{suffix}").write_bytes(pack(header + images.tobytes()))
    header = struct.pack(">II", 2049, len(labels))
    (folder / f"{prefix}-labels{dot}idx1-ubyte{suffix}").write_bytes(pack(header + bytes(labels)))


def test_idx_files_of_any_size(tmp_path):
    train, test = pixels(5, 4, 6), pixels(3, 4, 6, seed=1)
    write_idx(tmp_path, "train", train, [20, 30, 20, 40, 30], pack=bytes, dot=".")
    write_idx(tmp_path, "t10k", test, [40, 20, 30])
    for place in (tmp_path, next(tmp_path.glob("train-images*"))):
        data = load_data(place)
        np.testing.assert_array_equal(data.X, train.reshape(5, -1) / 255)
        np.testing.assert_array_equal(data.Xtest, test.reshape(3, -1) / 255)
        assert (data.Y.tolist(), data.Ytest.tolist()) == ([0, 1, 0, 2, 1], [2, 0, 1])
        assert (data.label_names, data.image_shape, data.ink) == (("20", "30", "40"), (4, 6), True)
        assert data.source == f"IDX files in {tmp_path.name} (5 + 3)"
    for file in tmp_path.glob("t10k*"):
        file.unlink()
    assert load_data(tmp_path).Xtest.shape == (0, 24)
    next(tmp_path.glob("train-labels*")).unlink()
    with pytest.raises(FileNotFoundError, match=r"train-images.idx3-ubyte, but no labels of the train set"):
        load_data(tmp_path)


def test_fashion_mnist_is_not_called_mnist(tmp_path, monkeypatch):
    X, Y = pixels(4, 28, 28), [0, 9, 3, 3]
    write_idx(tmp_path, "train", X, Y)
    write_idx(tmp_path, "t10k", X, Y)
    data = load_data(tmp_path)
    assert (data.noun, data.source) == ("image", f"IDX files in {tmp_path.name} (4 + 4)")
    for loaded, expected in zip(data, load_mnist(tmp_path), strict=True):
        np.testing.assert_array_equal(loaded, expected)
    assert data.label_names == tuple("0123456789")
    monkeypatch.setattr(_idx_folders, "_is_mnist", lambda Ytest: True)
    data = load_data(tmp_path)
    assert (data.noun, data.source) == ("digit", "MNIST, IDX files (4 + 4)")


def test_emnists_sets_lie_side_by_side_and_are_turned(tmp_path):
    X = pixels(3, 28, 28)
    for name in ("letters", "balanced"):
        write_idx(tmp_path, f"emnist-{name}-train", X, [1, 26, 2])
        write_idx(tmp_path, f"emnist-{name}-test", X, [2, 1, 26])
    with pytest.raises(DataError, match=r"has 2 sets .* emnist-balanced-.*, emnist-letters-"):
        load_data(tmp_path)
    data = load_data(tmp_path / "emnist-letters-test-labels-idx1-ubyte.gz")
    np.testing.assert_array_equal(data.X.reshape(3, 28, 28), X.transpose(0, 2, 1) / 255)
    np.testing.assert_array_equal(data.Xtest, data.X)
    assert (data.Y.tolist(), data.label_names) == ([0, 2, 1], ("1", "2", "26"))


def test_idx_files_that_do_not_fit(tmp_path):
    write_idx(tmp_path, "train", pixels(5, 4, 6), [0, 1])
    with pytest.raises(DataError, match=r"5 images, but .* has 2 labels"):
        load_data(tmp_path)
    write_idx(tmp_path, "train", pixels(2, 4, 6), [0, 1])
    write_idx(tmp_path, "t10k", pixels(2, 6, 4), [0, 1])
    with pytest.raises(DataError, match="training images of 4 x 6 pixels, but test images of 6 x 4"):
        load_data(tmp_path)
    write_idx(tmp_path, "t10k", pixels(2, 0, 4), [0, 1])
    with pytest.raises(DataError, match="announces 2 x 0 x 4 pixels"):
        load_data(tmp_path)


# By name, and what else is passed


def test_digits_of_scikit_learn():
    data, digits = load_data("digits"), sklearn.datasets.load_digits()
    np.testing.assert_array_equal(data.X, digits.data / 16)
    np.testing.assert_array_equal(data.Y, digits.target)
    assert (data.image_shape, data.noun, data.ink) == ((8, 8), "digit", True)
    assert data.source == "scikit-learn's digits (1,797)"


def test_olivetti_faces_from_the_cache_of_scikit_learn(tmp_path, monkeypatch):
    faces = np.random.RandomState(0).rand(400, 4096).astype(np.float32)
    joblib.dump(faces, tmp_path / "olivetti_py3.pkz", compress=6)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    data = load_data("olivetti")
    np.testing.assert_array_equal(np.bincount(data.Y), [10] * 40)
    assert data.X.shape == (400, 4096)
    assert (data.X.min(), data.X.max()) == (0, 1)
    assert (data.image_shape, data.noun, data.ink) == ((64, 64), "face", False)
    assert data.label_names[-1] == "39"


def test_olivetti_faces_without_a_network(tmp_path, monkeypatch):
    def no_network(**options):
        raise OSError("no network")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", no_network)
    with pytest.raises(FileNotFoundError, match=r"not be downloaded \(no network\): .*olivetti_py3.pkz"):
        load_data("olivetti")


def test_a_folder_with_the_name_of_a_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert len(load_data("digits").X) == 1797
    with pytest.raises(FileNotFoundError, match="digits has neither IDX files"):
        load_data("./digits")


@pytest.mark.parametrize(
    ("path", "options", "error", "message"),
    [
        ("nowhere", {}, FileNotFoundError, "there is no nowhere, expected an .npz"),
        ("notes.txt", {}, DataError, "notes.txt is a file of an unknown kind, expected an .npz"),
        (".", {}, FileNotFoundError, "neither IDX files, .* nor folders of images"),
        ("t.csv", {"label": 3}, TypeError, "label is 3, expected the name of a column"),
        ("t.csv", {"resize": (2, 2)}, ValueError, "resize is .* for folders of images alone"),
        ("X.npy", {"label": "a"}, ValueError, "label is 'a', but it is for tables alone"),
        ("X.npy", {"resize": 3}, TypeError, r"resize is 3, expected \(rows, columns\)"),
        ("X.npy", {"resize": (3, 0)}, ValueError, r"resize is \(3, 0\), expected \(rows, columns\)"),
        ("X.npy", {"image_shape": (3, 3)}, DataError, r"X.npy: image_shape is \(3, 3\)"),
        ("digits", {"image_shape": (4, 16)}, ValueError, r"has images of \(8, 8\)"),
        ("digits", {"label": "a"}, ValueError, "for tables alone"),
        (None, {"image_shape": (14, 56)}, ValueError, r"has images of \(28, 28\)"),
        (None, {"resize": (14, 14)}, ValueError, "for folders of images alone"),
        (3, {}, TypeError, "path is 3"),
        ("", {}, FileNotFoundError, "path is ''"),
    ],
)
def test_other_places_and_wrong_arguments(path, options, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(CSV)
    (tmp_path / "notes.txt").write_text("notes")
    np.save("X.npy", np.eye(4))
    with pytest.raises(error, match=message):
        load_data(path, **options)


def test_a_packed_table_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(_tables, "UNPACKED", 30)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,label\n" + b"1,2\n" * 10))
    with pytest.raises(DataError, match="unpacks to more than 30 bytes"):
        load_data(tmp_path / "t.csv.gz")
