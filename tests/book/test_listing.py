"""The book's listings beside the library's classes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from test_chapters import tiny

from udl_pt.book import Settings, _listing, chapter3, chapter4
from udl_pt.book.report import Picture
from udl_pt.cli import _main as cli

FOLDER = Path(__file__).parents[2] / "examples" / "listings"


@pytest.fixture(autouse=True)
def _on_c(monkeypatch):
    """Here listings start within seconds."""
    monkeypatch.setenv("UDL_PT_BACKEND", "c")


@pytest.mark.parametrize(
    ("chapter", "networks"),
    [
        pytest.param("3", ["pretrained", "not pretrained"], marks=pytest.mark.slow),
        ("4", ["RBMs first"]),
    ],
)
def test_the_curves_of_both_are_the_same(chapter, networks, capsys):
    said = []
    settings = Settings([6, 5], epochs=2, backend="jax", seed=1, say=said.append, listing=FOLDER)
    np.random.seed(3)
    pictures, results = _listing.beside(chapter, tiny(), settings)
    after = np.random.random_sample()
    np.random.seed(3)
    assert after == np.random.random_sample()
    assert list(results) == networks
    assert len(said) == len(networks)
    assert capsys.readouterr().out == ""
    for name, both in results.items():
        assert max(both["largest_differences"].values()) < 1e-8
        for of in both["listing"], both["library"]:
            assert [len(costs) for costs in of["layer_costs"]] == ([] if name == "not pretrained" else [2, 2])
            assert len(of["costs"]) == len(of["errors"]) == 2 * 2  # after each batch
        np.testing.assert_allclose(both["listing"]["costs"], both["library"]["costs"], rtol=0, atol=1e-8)
        assert both["listing"]["costs"][0] != both["listing"]["costs"][-1]
    names = [getattr(picture, "name", "table") for picture in pictures]
    assert names == ["listing_layer", "listing_costs", "listing_errors", "table"]
    assert len(pictures[1].figure.axes[0].lines) == 2 * len(networks)
    assert ("random streams" in pictures[0].sentence) == (chapter == "4")
    rows = pictures[3].rows
    assert [row[0] for row in rows[1:]] == [n for n in networks for _ in results[n]["largest_differences"]]
    worst = max(float(row[3]) for row in rows[1:])
    assert f"{worst:.1e} at most" in pictures[3].sentence
    assert json.loads(json.dumps(results)) == results


def test_a_difference_is_found_and_shown():
    one = _listing.Numbers([[3.0, 2.0]], [1.0, 0.5], [0.4, 0.2], [np.ones((2, 2)), np.zeros(2)])
    other = _listing.Numbers([[3.0, 2.5]], [1.0, 0.75], [0.4, 0.3], [np.ones((2, 2)), np.full(2, 2.0)])
    found = one.differences(other)
    assert found == pytest.approx(
        {"cost of layer 1": 0.5, "test cost": 0.25, "test error": 0.1, "weights and biases": 2}
    )
    assert one.differences(one) == dict.fromkeys(found, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("little_chapter4")
@pytest.mark.parametrize("chapter", [chapter3, chapter4])
def test_a_chapters_section_has_its_listing(chapter, monkeypatch):
    number = chapter.__name__[-1]
    monkeypatch.setenv("UDL_PT_BACKEND", "jax")
    asked, picture = [], Picture("listing", None, "")

    def beside(*arguments):
        asked.append(arguments)
        return [picture], {"pretrained": {}}

    monkeypatch.setattr(_listing, "beside", beside)
    monkeypatch.setattr("udl_pt.book._chapter3_codes.LINEAR", 3)
    data, settings = tiny(), Settings(sizes=[4], epochs=1, listing=FOLDER)
    section = chapter.section(data, settings)
    assert section.results["listing"] == {"pretrained": {}}
    assert section.pictures[-1] is picture
    assert asked == [(number, data, settings)]


def test_the_listings_are_found(tmp_path, monkeypatch):
    assert _listing.find_listings().samefile(FOLDER)
    shutil.copytree(FOLDER, tmp_path / "examples" / "listings")
    assert _listing.find_listings(tmp_path / "examples" / "listings") == tmp_path / "examples" / "listings"
    monkeypatch.setattr(
        _listing, "__file__", "/somewhere/lib/python3.11/site-packages/udl_pt/book/_listing.py"
    )
    monkeypatch.chdir(tmp_path)
    assert _listing.find_listings().samefile(tmp_path / "examples" / "listings")
    (tmp_path / "examples" / "listings" / "util.py").unlink()
    with pytest.raises(FileNotFoundError, match=r"pass the folder examples/listings .* as --listing FOLDER"):
        _listing.find_listings()


def test_without_fissix_nothing_is_trained(capsys, monkeypatch):
    monkeypatch.setattr(cli, "load_data", lambda path, **options: pytest.fail("went on"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["reproduce", "3", "--listing"]) == 2
    assert "fissix, which translates it, is not installed: pip install" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["3", "--listing", "nowhere"],
            "the book's listings (autoencoder.py, rbm.py, util.py) are not in nowhere",
        ),
        (["1", "5", "--listing"], "--listing has no effect on chapter 1, 5: only 3 and 4 have listings"),
    ],
)
def test_a_listing_that_cannot_run_is_refused_before_training(arguments, message, capsys, monkeypatch):
    monkeypatch.setattr(cli, "load_data", lambda path, **options: pytest.fail("went on"))
    assert cli.main(["reproduce", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
