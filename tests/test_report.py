"""The report's files, and that they hold what was measured."""

import json
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from udl_pt.autoencoder import AutoEncoder
from udl_pt.chapters import Settings, chapter3
from udl_pt.datasets import Dataset
from udl_pt.report import Picture, Section, write_report


def figure():
    made = Figure()
    made.add_subplot().plot([1, 2])
    return made


def tiny(seed=0):
    """Rows of 16 pixels whose brightest quarter names the class."""
    rs = np.random.RandomState(seed)
    Y = np.arange(300) % 4
    pixels = rs.randint(0, 100, (300, 16))
    pixels[np.arange(300), 4 * Y] = 255
    return Dataset(pixels[:200], Y[:200], pixels[200:], Y[200:], "made up")


def test_the_page_is_self_contained_and_escaped(tmp_path):
    section = Section(
        title="A <title>",
        sentences=["Cost & error."],
        table=[["network", "error"], ["a", "1%"], ["b", "2%"]],
        pictures=[Picture("curve", figure(), 'What to see in "this".')],
        results={"cost": 1.5},
    )
    page = write_report({"3": section}, tmp_path / "new" / "report", {"data": "made up", "seed": 0})
    text = page.read_text()
    assert "A &lt;title&gt;" in text
    assert "Cost &amp; error." in text
    assert text.count("<tr>") == 3
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    assert "http" not in text
    assert (page.parent / "curve.png").read_bytes().startswith(b"\x89PNG")
    results = json.loads((page.parent / "results.json").read_text())
    assert results["chapters"]["3"] == {"cost": 1.5}
    assert results["data"] == "made up"
    assert {"python", "numpy", "pytensor"} <= set(results["versions"])


def test_other_files_in_the_folder_stay_and_a_failed_report_leaves_no_page(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    good = Section("Good", [])
    write_report({"3": good}, tmp_path, {})
    with pytest.raises(TypeError, match="JSON"):
        write_report({"3": Section("Bad", [], results={"x": object()})}, tmp_path, {})
    assert not (tmp_path / "index.html").exists()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_chapter3_measures_both_networks_and_says_so():
    data = tiny()
    said = []
    section = chapter3(data, Settings(sizes=[6, 5], epochs=2, seed=1, say=said.append))
    results = section.results
    assert [len(results["errors"][name]) for name in ("pretrained", "not pretrained")] == [2, 2]
    assert len(results["pretraining_costs"]) == 2
    assert len(results["auto_encoder_costs"]) == results["pretrain_epochs"] == 5
    confusion = np.array(results["confusion"])
    assert confusion.sum() == len(data.Ytest)
    assert 1 - np.trace(confusion) / confusion.sum() == pytest.approx(results["errors"]["pretrained"][-1])
    assert [p.name for p in section.pictures] == [
        "errors",
        "costs",
        "reconstructions",
        "filters",
        "confusion",
    ]
    assert f"{100 * results['errors']['pretrained'][-1]:.2f}%" in section.sentences[1]
    assert len(said) == 3


def test_chapter3_takes_the_books_epochs_on_enough_data(monkeypatch):
    monkeypatch.setattr("udl_pt.chapters.SMALL", 100)
    results = chapter3(tiny(), Settings(sizes=[4])).results
    assert results["epochs"] == {"pretrained": 3, "not pretrained": 10}
    assert results["pretrain_epochs"] == 1


def test_figures_show_the_numbers_they_are_given():
    from udl_pt import plots

    confusion = confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2])
    drawn = [text.get_text() for text in plots.plot_confusion(confusion).axes[0].texts]
    assert drawn == [str(n) for n in confusion.ravel()]

    errors = {"a": [0.5, 0.2], "b": [0.9, 0.1]}
    axes = plots.plot_errors(errors).axes[0]
    for line, (name, values) in zip(axes.lines, errors.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_allclose(line.get_ydata(), 100 * np.array(values))
        np.testing.assert_array_equal(line.get_xdata(), [1, 2])

    ae = AutoEncoder(3, random_state=0).fit(tiny().X, monitor=None)
    W = ae.W.get_value()
    image = np.asarray(plots.plot_filters(W).axes[0].images[0].get_array())
    np.testing.assert_allclose(image[1:5, 6:10], W[:, 1].reshape(4, 4) / abs(W[:, 1]).max())

    shown = plots.plot_reconstructions(tiny().X[:2], W[:, :2].T, ["0", "1"]).axes
    np.testing.assert_allclose(shown[3].images[0].get_array(), W[:, 1].reshape(4, 4))


def test_rows_that_are_no_square_images_are_refused():
    from udl_pt import plots

    with pytest.raises(ValueError, match="a row has 15 values, expected the pixels of a square image"):
        plots.plot_filters(np.zeros((15, 2)))


def test_show_fig_shows_the_costs(monkeypatch):
    from matplotlib import pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gca().lines[0].get_ydata().tolist()))
    ae = AutoEncoder(3, random_state=0).fit(tiny().X, epochs=2, show_fig=True)
    assert shown == [ae.costs]
