"""Kaggle's CSV, and what else a path may name."""

import gzip
import os

import numpy as np
import pytest

from udl_pt import getKaggleMNIST, load_mnist
from udl_pt._support.exceptions import DataError
from udl_pt.datasets import _mnist as datasets
from udl_pt.datasets import load_data


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch):
    monkeypatch.delenv("UDL_PT_DATA", raising=False)


def pixels(n, seed):
    return np.random.RandomState(seed).randint(0, 256, (n, 784)).astype(np.uint8)


HEADER = ",".join(["label", *(f"pixel{i}" for i in range(784))])


def write_csv(path, n=1005, change=lambda lines: lines):
    rows = np.column_stack([np.arange(n) % 10, pixels(n, 2)])
    lines = [HEADER, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(change(lines)) + "\n")
    return rows


def test_kaggle_shuffles_and_keeps_the_last_thousand_for_the_test(tmp_path, monkeypatch):
    file = tmp_path / "train.csv"
    rows = write_csv(file)
    order = np.arange(len(rows))
    np.random.RandomState(0).shuffle(order)
    for call in (
        lambda: getKaggleMNIST(file),
        lambda: getKaggleMNIST(tmp_path),
        lambda: load_data(file),
        getKaggleMNIST,
    ):
        monkeypatch.setenv("UDL_PT_DATA", str(tmp_path))
        np.random.seed(0)
        X, Y, Xtest, Ytest = call()
        assert len(Xtest) == len(Ytest) == 1000
        np.testing.assert_array_equal(np.concatenate([Y, Ytest]), rows[order, 0])
        np.testing.assert_array_equal(np.concatenate([X, Xtest]), rows[order, 1:] / 255)


def with_cell(row, column, value):
    def change(lines):
        cells = lines[row + 1].split(",")
        cells[column] = value
        lines[row + 1] = ",".join(cells)
        return lines

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[1:], "a header of 785 columns .*expected label,pixel0"),
        (lambda lines: [line.rpartition(",")[0] for line in lines], "784 columns"),
        (lambda lines: [lines[0], *(line.rpartition(",")[0] for line in lines[1:])], "784 columns in row 1"),
        (
            lambda lines: [*lines[:4], lines[4].rpartition(",")[0], *lines[5:]],
            "has 784 columns in row 4, expected 785",
        ),
        (with_cell(4, 9, "300"), "has the pixel 300 in row 5, expected 0 to 255"),
        (with_cell(4, 9, "-1"), "has the pixel -1 in row 5"),
        (with_cell(4, 0, "10"), "has the label 10 in row 5, expected 0 to 9"),
        (with_cell(4, 0, "2.5"), "not a table of integers: in row 5, label is '2.5'"),
        (with_cell(4, 9, "white"), "not a table of integers: in row 5, pixel8 is 'white'"),
        (with_cell(4, 9, "17#junk"), "in row 5, pixel8 is '17#junk'"),
        (with_cell(4, 784, "17 # junk"), "in row 5, pixel783 is '17 # junk'"),
        (with_cell(4, 0, "#7"), "in row 5, label is '#7'"),
        (lambda lines: [lines[0], "# by hand", *lines[1:]], "in row 1, label is '# by hand'"),
        (lambda lines: [lines[0], "", *lines[1:]], "has nothing in row 1"),
        (lambda lines: [*lines[:5], "", *lines[5:]], "has nothing in row 5"),
        (lambda lines: [*lines[:5], "  ", *lines[5:]], "has nothing in row 5"),
        (lambda lines: lines[:1], "a header but no rows"),
        (lambda lines: [lines[0], "", ""], "a header but no rows"),
        (lambda lines: lines[:1001], "has 1000 rows, expected more than 1000"),
        (lambda lines: [""], "a header of 1 columns"),
    ],
)
def test_damaged_csv(tmp_path, change, message):
    write_csv(tmp_path / "train.csv", change=change)
    with pytest.raises(DataError, match=message):
        getKaggleMNIST(tmp_path)


def test_empty_lines_at_the_end_are_no_rows(tmp_path):
    rows = write_csv(tmp_path / "train.csv", change=lambda lines: [*lines, "", ""])
    X, _, Xtest, _ = getKaggleMNIST(tmp_path)
    assert len(X) + len(Xtest) == len(rows)


def test_no_csv_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train\.csv.*UDL_PT_DATA"):
        getKaggleMNIST(tmp_path)


@pytest.mark.parametrize("name", ["A.CSV", "a.csv", "a.Csv.GZ", "a.csv.gz"])
def test_a_csv_by_any_case_plain_or_gz(tmp_path, name):
    rows = write_csv(tmp_path / "plain")
    content = (tmp_path / "plain").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.lower().endswith("gz") else content)
    order = np.arange(len(rows))
    np.random.RandomState(1).shuffle(order)
    for path in (tmp_path / name, str(tmp_path / name), os.fsencode(tmp_path / name)):
        np.random.seed(1)
        data = load_data(path)
        np.testing.assert_array_equal(data.X, rows[order[:5], 1:] / 255)
        assert data.source == f"Kaggle's CSV, {name}"


def test_a_path_that_is_no_folder(tmp_path):
    file = tmp_path / "train-images-idx3-ubyte.zip"
    expected = {
        load_mnist: "expected a folder with MNIST's four IDX files .*load_data",
        load_data: r"expected an .npz .* a table \(.csv.* a folder of IDX files.*'olivetti'",
    }
    for load, kinds in expected.items():
        with pytest.raises(FileNotFoundError, match=f"there is no {file}, {kinds}"):
            load(file)
    file.write_bytes(b"PK")
    for load, kinds in expected.items():
        with pytest.raises(DataError, match=f"{file} is a file.*, {kinds}"):
            load(file)


@pytest.mark.parametrize("load", [load_mnist, getKaggleMNIST, load_data])
@pytest.mark.parametrize("path", [0, 5.0, [], ["a.csv"]])
def test_a_path_that_is_no_name_is_refused_and_nothing_else_is_tried(load, path, monkeypatch):
    monkeypatch.setattr(datasets, "_download", lambda name: pytest.fail("downloaded"))
    with pytest.raises(TypeError, match=r"path is .*, expected the name of a folder or a file"):
        load(path)


def test_names_that_are_no_text_are_shown_escaped(tmp_path):
    name = b"\x1b]0;mine\x07\xff.csv"
    write_csv(tmp_path / os.fsdecode(name))
    shown = r"\x1b]0;mine\x07\udcff.csv"
    assert load_data(tmp_path / os.fsdecode(name)).source == f"Kaggle's CSV, {shown}"
    for load, path in ((load_data, b"no" + name), (load_mnist, name), (getKaggleMNIST, b"no" + name)):
        with pytest.raises((FileNotFoundError, DataError)) as error:
            load(os.path.join(os.fsencode(tmp_path), path))
        assert str(error.value).isprintable()
        assert shown in str(error.value)
