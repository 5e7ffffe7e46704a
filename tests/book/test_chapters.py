"""The report's files, and that they hold what was measured."""

import json
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from udl_pt import __version__
from udl_pt.book import CHAPTERS, Settings, _maps, _rbms, chapter1, chapter2, chapter3
from udl_pt.book.report import Picture, Section, Table, write_report
from udl_pt.datasets import Dataset

# what the chapters run is tested on Numba piece by piece; to compile all of it takes Numba minutes


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
    assert re.findall(r'(?:src|href)="(?!data:|#)', text) == []
    assert "://" not in text
    assert (page.parent / "chapter3_curve.png").read_bytes().startswith(b"\x89PNG")
    results = json.loads((page.parent / "results.json").read_text())
    assert results["chapters"]["3"] == {"cost": 1.5}
    assert results["data"] == "made up"
    assert {"python", "numpy", "pytensor"} <= set(results["versions"])
    assert results["versions"]["udl_pt"] == __version__
    assert sorted(p.name for p in page.parent.iterdir()) == [
        "chapter3_curve.png",
        "index.html",
        "results.json",
    ]


def test_chapters_with_pictures_of_one_name_keep_both(tmp_path):
    sections = {
        n: Section(f"Chapter {n}", [], pictures=[Picture("errors", figure(), f"See {n}.")]) for n in "34"
    }
    text = write_report(sections, tmp_path, {}).read_text()
    assert {p.name for p in tmp_path.glob("*.png")} == {"chapter3_errors.png", "chapter4_errors.png"}
    assert text.index("See 3.") < text.index("See 4.")


def test_other_files_in_the_folder_stay_and_a_failed_report_leaves_the_old_page(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    page = write_report({"3": Section("Good", [])}, tmp_path, {})
    with pytest.raises(TypeError, match="JSON"):
        write_report({"3": Section("Bad", [], results={"x": object()})}, tmp_path, {})
    assert "Good" in page.read_text()
    assert {p.name for p in tmp_path.iterdir()} == {"mine.txt", "index.html", "results.json"}
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_table_stands_among_the_pictures_with_its_sentence(tmp_path):
    rows = [["model", "nats"], ["<a>", "-1"]]
    pictures = [
        Picture("one", figure(), "First."),
        Table(rows, "Then & there."),
        Picture("two", figure(), "Last."),
    ]
    text = write_report({"4": Section("A", [], pictures=pictures)}, tmp_path, {}).read_text()
    places = [text.index(found) for found in ("First.", "&lt;a&gt;", "Then &amp; there.", "Last.")]
    assert places == sorted(places)
    assert {p.name for p in tmp_path.glob("*.png")} == {"chapter4_one.png", "chapter4_two.png"}


def test_chapter1_measures_what_the_chapter_states():
    data, said = tiny(), []
    section = chapter1.section(data, Settings(seed=1, say=said.append))
    results = section.results
    X = data.X - data.X.mean(axis=0)
    ratio = np.linalg.svd(X, compute_uv=False) ** 2
    np.testing.assert_allclose(results["explained_variance_ratio"], ratio / ratio.sum(), rtol=1e-8)
    needed = results["components_for_95_percent"]
    assert np.cumsum(ratio / ratio.sum())[needed - 2 : needed] == pytest.approx(0.95, abs=0.2)
    assert np.cumsum(ratio / ratio.sum())[needed - 1] >= 0.95 > np.cumsum(ratio / ratio.sum())[needed - 2]
    assert len(section.table) == 8
    for text, measured in section.table[1:]:
        assert "largest difference" not in measured or float(measured.split()[-1]) < 1e-9, text
    assert results["pipeline"]["components"]["columns"] == 8
    assert f"{100 * results['pipeline']['components']['error']:.2f}%" in section.sentences[-1]
    assert results["noise"]["squared_error_after"] < results["noise"]["squared_error_before"]
    assert len(said) == 2
    assert json.loads(json.dumps(results)) == results


def test_chapter2_measures_its_maps(monkeypatch):
    monkeypatch.setattr(_maps, "TOYS", {"donut": _maps.TOYS["donut"]})
    data, said = tiny(), []
    section = chapter2.section(data, Settings(seed=1, say=said.append))
    maps = section.results["maps"]
    assert set(maps) == {"PCA", "symmetric SNE", *(f"t-SNE {p}" for p in (2, 10, 30, 100))}
    assert maps["t-SNE 30"]["one_neighbour_error"] < 0.1
    assert len(section.table) == len(maps) + 1
    assert f"{100 * maps['t-SNE 30']['one_neighbour_error']:.2f}%" in section.sentences[-1]
    assert [p.name for p in section.pictures] == ["crowding", "perplexity", "costs", "toys"]
    for shown in section.pictures[0].data["maps"][:2]:
        iterations = shown["iterations"].tolist()
        assert (iterations[0], iterations[-1]) == (1, 1000)
        assert 25 < len(iterations) <= 30
    assert len(said) == 6
    assert json.loads(json.dumps(section.results)) == section.results


def test_one_neighbour_error():
    Y = np.array([[0.0], [1], [10], [11], [12.5]])
    assert _maps.one_neighbour_error(Y, np.array([0, 0, 1, 1, 0])) == 0.2


def test_chapter3_measures_both_networks_and_says_so(monkeypatch):
    monkeypatch.setattr("udl_pt.book._chapter3_codes.LINEAR", 3)  # the data are four images with noise
    monkeypatch.setattr("udl_pt.book._chapter3_codes.SHOWN", 7)
    data = tiny()
    said = []
    section = chapter3.section(data, Settings(sizes=[6, 5], epochs=2, seed=1, say=said.append))
    results = section.results
    assert "listing" not in results
    assert [len(results["errors"][name]) for name in ("pretrained", "not pretrained")] == [2, 2]
    assert len(results["pretraining_costs"]) == 2
    assert len(results["auto_encoder_costs"]) == results["pretrain_epochs"] == 5
    confusion = np.array(results["confusion"])
    assert confusion.sum() == len(data.Ytest)
    assert 1 - np.trace(confusion) / confusion.sum() == pytest.approx(results["errors"]["pretrained"][-1])
    assert [getattr(p, "name", "a table") for p in section.pictures] == [
        *("errors", "costs", "reconstructions", "filters", "confusion", "updates"),
        *("a table", "filters_denoising", "a table", "deep_codes"),
    ]
    deep_codes = section.pictures[-1]
    assert [codes["points"].shape for codes in deep_codes.data["maps"]] == [(1, 7, 2)] * 2
    assert deep_codes.data["labels"].tolist() == data.Ytest[:7].tolist()
    assert deep_codes.sentence.startswith("The first 7 test digits in the plane.")
    assert results["linear_codes"]["angle"] < 1e-3
    assert results["linear_codes"]["squared_error"] == pytest.approx(
        results["linear_codes"]["of_pca"], rel=0.01
    )
    updates = results["vanishing_gradient"]["updates"]
    vanishing = updates["not pretrained"][:-1]
    assert vanishing == sorted(vanishing)
    assert vanishing[0] < 0.01 * vanishing[-1]
    assert updates["pretrained"][0] > 0.1 * updates["pretrained"][-2]
    codes = results["deep_codes"]
    assert codes["neighbours_errors"]["deep auto-encoder"] < 0.4  # guessing errs on 0.75
    assert codes["squared_errors"].keys() == {"two principal components", "deep auto-encoder"}
    assert len(results["noisy_codes"]["clean pixels"]["errors"]) == 20
    assert f"{100 * results['errors']['pretrained'][-1]:.2f}%" in section.sentences[-1]
    assert len(said) == 10
    for name in ("pretrained", "not pretrained"):
        took = results["seconds"][name]
        assert took["whole"] == pytest.approx(took["pretraining"] + took["fine-tuning"], abs=0.02)
        assert (took["pretraining"] > 0) == (name == "pretrained")
        assert took["fine-tuning"] > 0
    assert json.loads(json.dumps(results)) == results


def test_chapter3_says_what_came_out_whatever_it_was(monkeypatch):
    """A test set without one of the digits, too few epochs to learn, and nothing that isn't measured."""
    whole = tiny()
    kept = whole.Ytest != 2
    pixels = [np.rint(255 * X) for X in (whole.X, whole.Xtest[kept])]
    data = Dataset(pixels[0], whole.Y, pixels[1], whole.Ytest[kept], "made up")
    monkeypatch.setattr("udl_pt.models.dnn.DNN.predict", lambda self, X: np.zeros(len(X), int))
    section = chapter3.section(data, Settings(sizes=[5], epochs=1))
    confusion = np.array(section.results["confusion"])
    assert confusion.shape == (4, 4)  # though 2 is neither there nor answered
    assert confusion.sum(axis=0).tolist() == [len(data.Ytest), 0, 0, 0]
    drawn = [p.sentence for p in section.pictures]
    assert "does not, in 1, get below half" in drawn[0]
    assert "same class errs on 67%" in drawn[0]
    assert "Guessing among 4 digits costs 1.39 nats" in drawn[1]
    assert "first 5 hidden units" in drawn[3]
    assert "The epochs are not" in section.sentences[1]
    assert "only 2 steps" in section.sentences[1]


def test_chapter3_finds_bad_sizes_before_it_trains():
    said = []
    with pytest.raises(ValueError, match="M is 0"):
        chapter3.section(tiny(), Settings(sizes=[5, 0], say=said.append))
    assert said == []


def test_chapter3_takes_the_books_epochs_on_enough_data(monkeypatch):
    monkeypatch.setattr("udl_pt.book._shared.SMALL", 100)
    section = chapter3.section(tiny(), Settings(sizes=[4]))
    results = section.results
    assert results["epochs"] == {"pretrained": 3, "not pretrained": 10}
    assert results["pretrain_epochs"] == 1
    assert "and so are the epochs." in section.sentences[1]


@pytest.mark.usefixtures("little_chapter4")
def test_chapter4_measures_what_it_says():
    data = tiny()
    said = []
    section = CHAPTERS["4"](data, Settings(sizes=[6, 5], epochs=2, seed=1, say=said.append))
    results = section.results
    assert "listing" not in results
    assert list(results["errors"]) == ["RBMs first", "auto-encoders first", "not pretrained"]
    assert {len(errors) for errors in results["errors"].values()} == {2}
    for errors in results["errors"].values():
        assert f"{100 * errors[-1]:.2f}%" in section.sentences[-1]
    assert [len(costs) for costs in results["pretraining_costs"]["RBMs first"]] == [5, 5]
    names = [getattr(picture, "name", "table") for picture in section.pictures]
    assert names == ["errors", "costs", "table", "filters", "fantasies", "completions", "dreams"]
    rows = section.pictures[2].rows
    assert [row[0] for row in rows[1:]] == list(results["rbms"])
    for row, machine in zip(rows[1:], results["rbms"].values(), strict=True):
        likelihood, log_Z = machine["test_log_likelihood"], machine["log_Z"]
        for way in log_Z:  # one unnormalised likelihood less each log Z
            assert likelihood[way] + log_Z[way] == pytest.approx(likelihood["ais"] + log_Z["ais"])
        if machine["hidden"] == 3:
            assert row[1] == f"{likelihood['exact']:.2f}"
            assert abs(log_Z["ais"] - log_Z["exact"]) < 5 * machine["standard_errors"]["ais"]
        else:
            assert row[1] == "–"
        assert row[2].startswith(f"{likelihood['ais']:.2f} ±")
    assert len(said) == 8
    assert json.loads(json.dumps(results)) == results


@pytest.mark.usefixtures("little_chapter4")
def test_chapter4_likelihoods_are_of_the_test_images_drawn_with_the_seed(monkeypatch):
    seen = []
    original = _rbms.log_likelihood
    monkeypatch.setattr(_rbms, "log_likelihood", lambda rbm, X, Z: seen.append(X) or original(rbm, X, Z))
    data = tiny()
    section = CHAPTERS["4"](data, Settings(sizes=[5], epochs=1, seed=7))
    drawn = np.random.default_rng(7).random(data.Xtest.shape) < data.Xtest
    assert len(seen) == 4
    for X in seen:
        np.testing.assert_array_equal(X, drawn)
    assert "drawn once, with seed 7" in section.sentences[2]
    assert "the book takes 3" in section.sentences[1]


@pytest.mark.usefixtures("little_chapter4")
def test_chapter4_takes_the_books_epochs_on_enough_data(monkeypatch):
    monkeypatch.setattr("udl_pt.book._shared.SMALL", 100)
    section = CHAPTERS["4"](tiny(), Settings(sizes=[4]))
    assert set(section.results["epochs"].values()) == {3}
    assert section.results["pretrain_epochs"] == 1
    assert "(as in the book)" in section.sentences[1]
    assert {len(m["costs"]) for m in section.results["rbms"].values()} == {5}


def test_chapter5_shows_what_units_look_for():
    data, said = tiny(), []
    section = CHAPTERS["5"](data, Settings(sizes=[9, 6], epochs=60, say=said.append))
    assert [getattr(p, "name", "table") for p in section.pictures] == ["first_layer", "hierarchy", "table"]
    results = section.results
    assert f"{100 * results['error']:.2f}%" in section.sentences[0]
    for row, name in zip(section.pictures[2].rows[1:], ("layer 1", "layer 2"), strict=True):
        means = results["activations"][name]
        alike = means.pop("of_one_digit")
        assert row[1:] == [*(f"{mean:.2f}" for mean in means.values()), f"{alike:.0%}"]
        assert 0.4 <= alike <= 1  # of five images of four digits two are alike
        assert means["made_up"] > means["others"]
        assert means["found"] > means["others_then"]
        means["of_one_digit"] = alike
    images = section.pictures[1].figure.axes
    assert len(images) == 2
    assert len(said) == 3
    assert json.loads(json.dumps(results)) == results


def test_chapter6_measures_attacks_on_both_networks():
    data, said = tiny(), []
    section = CHAPTERS["6"](data, Settings(sizes=[9], epochs=8, say=said.append))
    errors, epsilons = section.results["errors"], section.results["epsilons"]
    assert list(errors) == ["plain", "hardened"]
    assert list(errors["plain"]) == ["fast gradient sign", "40 steps", "random noise"]
    for name, attacks in errors.items():
        for rates in attacks.values():
            assert len(rates) == len(epsilons)
            assert rates[0] == section.results["test_errors"][name]  # epsilon 0 changes nothing
        assert attacks["40 steps"][-1] > attacks["random noise"][-1]
    rows = {(row[0], row[1]): row[2] for row in section.table[1:]}
    assert len(rows) == 6
    for (name, attack), error in rows.items():
        assert error == f"{100 * errors[name][attack.split(',')[0]][epsilons.index(0.1)]:.2f}%"
    assert [getattr(p, "name", "table") for p in section.pictures] == ["tricks", "robustness", "table"]
    assert [row[0] for row in section.pictures[2].rows] == ["network", "plain", "hardened"]
    assert len(section.pictures[2].rows[0]) == 5
    sizes = section.results["median_smallest_change"]
    assert f"{sizes['plain']:.3f}" in section.sentences[0]
    assert json.loads(json.dumps(section.results)) == section.results
