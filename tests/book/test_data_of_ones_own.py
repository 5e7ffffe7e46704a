"""The report follows the data: its words, its pictures, and tables where there are no images."""

import json
import re

import numpy as np
import pytest

from udl_pt.book import CHAPTERS, Settings, _maps
from udl_pt.book._prepared import prepared
from udl_pt.book._widgets import Widget
from udl_pt.book.report import Table
from udl_pt.cli import _main as cli
from udl_pt.datasets import Dataset

DIGITS_ALONE = re.compile(r"\bdigits?\b|strokes?|\bones and zeros\b", re.IGNORECASE)
OF_IMAGES = re.compile(r"\bimages?\b|\bpixels?\b", re.IGNORECASE)


def of_kind(kind, n=300):
    """Return rows whose brightest part names the class: a table, grey faces or coloured images."""
    rs = np.random.RandomState(0)
    Y = np.arange(n) % 3
    shape = {"table": (12,), "faces": (4, 6), "colours": (2, 4, 3)}[kind]
    X = 0.4 * rs.rand(n, int(np.prod(shape)))
    third = X.shape[1] // 3
    for row, label in zip(X, Y, strict=True):
        row[third * label : third * (label + 1)] += 0.5
    names = np.array(["Ann", "Bob", "$x$ a long name of a class"])[Y]
    about = {"image_shape": shape if kind != "table" else None, "noun": {"faces": "face"}.get(kind)}
    if kind == "table":
        X = 100 * X - 20
    return prepared(Dataset.from_arrays(X, names, source=kind, **about))


@pytest.fixture
def little(monkeypatch, little_chapter4):
    monkeypatch.setattr(_maps, "TOYS", {"donut": _maps.TOYS["donut"]})
    monkeypatch.setattr(_maps, "PERPLEXITIES", (2, 30))


def texts_of(section):
    """Return all that a section says, and draw its pictures."""
    texts = [section.title, *section.sentences, *(cell for row in section.table for cell in row)]
    for picture in section.pictures:
        texts.append(picture.sentence)
        if isinstance(picture, Table):
            texts += [cell for row in picture.rows for cell in row]
            continue
        assert isinstance(picture, Widget) or picture.columns  # the page saves a figure's data
        picture.figure.draw_without_rendering()
        if picture.figure.get_suptitle():
            texts.append(picture.figure.get_suptitle())
        for axes in picture.figure.axes:
            texts += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    return texts


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize(
    ("kind", "chapter"),
    [
        *((kind, chapter) for kind in ("table", "faces", "colours") for chapter in "15"),
        *(pytest.param("table", chapter, marks=pytest.mark.slow) for chapter in "2346"),
        *(pytest.param("faces", chapter, marks=pytest.mark.exhaustive) for chapter in "2346"),
        *(pytest.param("colours", chapter, marks=pytest.mark.exhaustive) for chapter in "26"),
        *(pytest.param("colours", chapter, marks=pytest.mark.slow) for chapter in "34"),
    ],
)
def test_a_chapter_says_what_the_data_are(kind, chapter):
    data, said = of_kind(kind), []
    section = CHAPTERS[chapter](data, Settings(sizes=[6], epochs=2, say=said.append))
    texts = [*texts_of(section), *said]
    for text in texts:
        assert not DIGITS_ALONE.search(text), text
        assert kind != "table" or not OF_IMAGES.search(text), text
    of_images = ("rebuilt", "noise", "reconstructions", "filters", "fantasies", "completions", "hierarchy")
    names = [picture.name for picture in section.pictures if not isinstance(picture, Table)]
    assert (kind != "table" and chapter in "1345") == bool(set(of_images) & set(names))
    if chapter != "5":
        assert {"faces": "face", "colours": "image", "table": "row"}[kind] in " ".join(texts)
    if chapter == "6":
        tricks = section.pictures[0]
        assert isinstance(tricks, Table) == (kind == "table")
        assert section.pictures[-1].rows[0] == ["network", *data.label_names]
    assert json.loads(json.dumps(section.results)) == section.results


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("chapter", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_chapters_1_and_2_need_no_labels(chapter):
    data = of_kind("faces")._replace(Y=np.zeros(0, int), Ytest=np.zeros(0, int))
    data.label_names = ()
    section = CHAPTERS[chapter](data, Settings())
    texts_of(section)
    assert not any("logistic" in text or "nearest neighbour in" in text for text in section.sentences)


def test_dollar_signs_are_escaped_for_matplotlib_alone():
    scatter, _, rebuilt, *_ = CHAPTERS["1"](of_kind("faces"), Settings()).pictures
    assert scatter.data["names"][0] == "$x$ a long na…"
    assert r"\$x\$ a long na…" in {text.get_text() for text in scatter.figure.axes[0].texts}
    assert "$x$ a long na…" in rebuilt.columns["label"]


def test_prepared_data_have_a_test_set_of_the_same_rows_each_time():
    data, again = of_kind("faces"), of_kind("faces")
    np.testing.assert_array_equal(data.Xtest, again.Xtest)
    np.testing.assert_array_equal(np.bincount(data.Ytest), [20, 20, 20])
    assert data.source == "faces; 60 of them split off as the test set, with the fixed seed 0"
    assert prepared(data) is data


def test_a_tables_columns_are_scaled_by_the_training_rows():
    X = np.random.RandomState(0).randn(200, 4) * [1, 10, 0, 100]
    Y, test = np.arange(200) % 2, np.array([[9.0, -99, 7, 0]] * 4)
    data = prepared(Dataset.from_arrays(X, Y, test, Y[:4], source="mine"))
    low, high = X.min(axis=0), X.max(axis=0)
    expected = (X - low) / np.where(high > low, high - low, 1)
    np.testing.assert_allclose(data.X, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(data.Xtest[0], [1, 0, 1, -low[3] / (high - low)[3]], atol=1e-12)
    assert data.source == "mine; columns scaled to [0, 1] by the training rows"
    within = Dataset.from_arrays(X / 1000 + 0.5, Y, X[:4] / 1000 + 0.5, Y[:4])
    assert prepared(within) is within


def test_labels_with_gaps_are_numbered_again():
    X, Y = np.random.RandomState(0).randint(0, 256, (200, 4)), np.arange(200) % 3 * 3
    data = prepared(Dataset(X, Y, X, Y, "digits"))
    assert (data.label_names, np.unique(data.Y).tolist()) == (("0", "3", "6"), [0, 1, 2])
    np.testing.assert_array_equal(3 * data.Ytest, Y)
    with pytest.raises(ValueError, match="test rows of the class 5, which no training row has"):
        prepared(Dataset(X, Y, X[:1], [5], "digits"))


@pytest.mark.parametrize(
    ("arrays", "needs", "message"),
    [
        ((np.eye(200), None), "chapter 3", "mine has no labels, but chapter 3 needs them: add Y"),
        ((np.eye(50), np.arange(50) % 2), "", "has 40 training rows of 50 columns, expected at least 100"),
        ((np.eye(200)[:, :2], np.arange(200) % 2), "", "160 training rows of 2 columns, expected .* of 3"),
        ((np.eye(200), np.zeros(200)), "", "rows of one class alone"),
        ((np.ones((200, 4)), np.arange(200) % 2), "", "all alike"),
    ],
)
def test_data_that_the_programs_cannot_take(arrays, needs, message):
    with pytest.raises(ValueError, match=message):
        prepared(Dataset.from_arrays(*arrays, source="mine"), needs)


def test_the_command_takes_a_table_and_says_how(tmp_path, capsys):
    rs = np.random.RandomState(0)
    rows = [",".join([*map(str, rs.randn(4).round(3)), "ab"[n % 2]]) for n in range(200)]
    (tmp_path / "mine.csv").write_text("\n".join(["u,v,w,x,kind", *rows]))
    options = ["--data", str(tmp_path / "mine.csv"), "--label", "kind", "--out", str(tmp_path / "out")]
    assert cli.main(["reproduce", "1", *options]) == 0
    source = (
        "mine.csv (200); 40 of them split off as the test set, with the fixed seed 0; columns scaled to "
        "[0, 1] by the training rows"
    )
    assert source in " ".join(capsys.readouterr().out.split())
    assert json.loads((tmp_path / "out" / "results.json").read_text())["data"] == source
    assert {file.name for file in (tmp_path / "out").glob("*.png")} == {
        "chapter1_scatter.png",
        "chapter1_variance.png",
    }
    np.save(tmp_path / "X.npy", rs.rand(200, 4))
    assert cli.main(["reproduce", "3", "--data", str(tmp_path / "X.npy"), *options[4:]]) == 2
    assert "X.npy (200) has no labels, but chapter 3 needs them" in capsys.readouterr().err
