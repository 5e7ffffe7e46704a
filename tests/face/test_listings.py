"""The book's listings, through `udl_pt.theano`, compute what they compute on the original Theano."""

import re
import warnings
from pathlib import Path

import listing_runs
import numpy as np
import pytest
from golden import ATOL, assert_golden

import udl_pt.theano
from udl_pt.book import _listing

FOLDER = Path(__file__).parents[2] / "examples" / "listings"
RUNS = {
    "dnn_rbm": [],
    "dnn_pretrained": [pytest.mark.slow],
    "autoencoder_book": [pytest.mark.slow],
    "autoencoder_gentle": [pytest.mark.exhaustive],
    "dnn_plain": [pytest.mark.slow],
    "rbm": [pytest.mark.slow],
}


@pytest.fixture(scope="module")
def listing():
    """The modules autoencoder and rbm."""
    return _listing.modules(FOLDER)


@pytest.fixture(autouse=True)
def _on_c(monkeypatch):
    monkeypatch.setenv("UDL_PT_BACKEND", "c")


@pytest.fixture(scope="module")
def data():
    return listing_runs.load_data()


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks) for name, marks in RUNS.items()])
def test_the_golden_arrays(name, listing, data):
    original = listing[1].RandomStreams
    draws = listing_runs.golden_draws(listing[0].theano)
    with warnings.catch_warnings():
        # the draws of the golden runs are an operation in Python
        warnings.filterwarnings("ignore", "Numba will use object mode", UserWarning)
        got = listing_runs.run(name, listing, data, draws)
    listing[1].RandomStreams = original
    assert_golden(name, got)


def test_random_streams_draw_what_theanos_draw(listing, data):
    got = listing_runs.run_streams(listing, data)
    with np.load(Path(__file__).with_name("listing_streams.npz")) as expected:
        assert set(got) == set(expected)
        for key, value in expected.items():
            np.testing.assert_allclose(got[key], value, rtol=0, atol=ATOL, err_msg=key)


def test_the_fragment_that_masks_the_input(monkeypatch):
    (fragment,) = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    udl_pt.theano.install()
    try:
        import theano
        import theano.tensor as T

        names = {"X": (X := T.matrix("X")), "p": 0.7}
        exec(fragment, names)
        values = np.random.RandomState(0).uniform(1, 2, (100, 50))
        masked = theano.function([X], names["X"])(values)
    finally:
        udl_pt.theano.uninstall()
    kept = masked != 0
    np.testing.assert_array_equal(masked, np.where(kept, values, 0))
    assert 0.66 < kept.mean() < 0.74  # five standard deviations


def test_the_folder_holds_these_programs_and_how_they_were_repaired():
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == {*_listing.FILES, "README.md"}
