"""The widgets that compute in the page, against the library's numbers."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from udl_pt.book import Settings
from udl_pt.book._play import can_trick, dreaming, gibbs, has_grey_images, rebuilding, tricking, units
from udl_pt.book._widgets import Widget
from udl_pt.book.report import Picture, Section, write_report
from udl_pt.datasets import Dataset
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM
from udl_pt.plots import plot_costs

SHAPE = (4, 5)


@pytest.fixture(scope="module")
def data():
    rs = np.random.RandomState(0)
    Y = np.arange(300) % 3
    X = rs.rand(300, 20) * 0.4
    for label in range(3):
        X[label == Y, 6 * label : 6 * label + 6] += 0.5
    X = np.rint(255 * X) / 255
    return Dataset.from_arrays(X[:250], Y[:250], X[250:], Y[250:], image_shape=SHAPE, source="made")


def picture(name):
    return Picture(name, plot_costs({"costs": [2.0, 1.0]}), "A sentence.")


@pytest.fixture(scope="module")
def models(data):
    """The models whose weights the page has, by the widget's name."""
    settings, made = Settings(), Settings().made()
    rbm = RBM(6, **made).fit(data.X, epochs=3)
    dbn, dreams = dreaming(data, settings)
    dnn = DNN([5, 4], **made).fit(data.X, data.Y, data.Xtest, data.Ytest, pretrain=False, epochs=2)
    H = dnn.hidden_layers[0].hidden_op(data.X)
    rows = np.argsort(-H, axis=0)[:2].T
    found = {"hidden layer 1": (data.X[:5], H[:5].diagonal(), rows, np.sort(H, axis=0)[::-1][:2].T)}
    widgets = [
        rebuilding(picture("rebuild"), data, settings),
        gibbs(picture("gibbs"), rbm, data),
        Widget("dreams", "gibbs", dreams, picture("dreams")),
        units(picture("units"), dnn, found, data),
        tricking(picture("tricks"), data, settings),
    ]
    return {widget.name: widget for widget in widgets}, rbm, dbn


@pytest.fixture(scope="module")
def path(models, tmp_path_factory):
    section = Section("Chapter 3: a page", ["A sentence."], pictures=list(models[0].values()))
    return write_report({"3": section}, tmp_path_factory.mktemp("play"), {"seed": 0})


def figure(page, name):
    return page.locator(f"figure[data-source=data-chapter3-{name}]")


def state(page, name):
    return figure(page, name).locator(".root").evaluate("root => root.state")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def set_slider(page, name, value):
    slider = figure(page, name).locator("input[type=range]")
    slider.evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(value)
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_these_widgets(opened, path, scheme):
    found = Axe().run(opened(path, color_scheme=scheme)).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_auto_encoders_rebuild_as_the_library_does(opened, path, models):
    page = opened(path)
    before = state(page, "rebuild")
    for name, value in (("Damage", "noise"), ("Image", "2")):
        figure(page, "rebuild").get_by_role("combobox", name=name).select_option(value)
        after = state(page, "rebuild")
        assert after["input"] != before["input"]
        before = after
    set_slider(page, "rebuild", 0.25)
    after = state(page, "rebuild")
    assert after["input"] != before["input"]
    figure(page, "rebuild").get_by_role("button", name="Other pixels").click()
    last = state(page, "rebuild")
    assert last["input"] != after["input"]
    x = np.array(last["input"])
    for output, network in zip(last["outputs"], models[0]["rebuild"].data["networks"], strict=True):
        H = sigmoid(x @ network["W"] + network["bh"])
        np.testing.assert_allclose(output, sigmoid(H @ network["W"].T + network["bo"]), atol=1e-5)


def test_masked_pixels_are_zero_and_their_share_is_the_sliders(opened, path, data):
    page = opened(path)
    set_slider(page, "rebuild", 0)
    clean = np.array(state(page, "rebuild")["input"])
    np.testing.assert_allclose(clean, data.Xtest[np.flatnonzero(data.Ytest == 0)[0]], atol=1e-12)
    set_slider(page, "rebuild", 1)
    assert set(state(page, "rebuild")["input"]) == {0}


def test_a_chain_has_the_librarys_means_and_free_energies(opened, path, models):
    _, rbm, dbn = models
    page = opened(path)
    noise = state(page, "gibbs")
    figure(page, "gibbs").get_by_role("combobox", name="Start").select_option("1")
    before = state(page, "gibbs")
    assert before["v"] != noise["v"]
    image = models[0]["gibbs"].data["images"][1] / 255
    np.testing.assert_allclose(before["means"], image, atol=1e-12)
    for step in range(1, 4):
        figure(page, "gibbs").get_by_role("button", name="One step").click()
        now = state(page, "gibbs")
        assert now["step"] == step
        V, H = (np.array([values], np.float32) for values in (before["v"], now["h"]))
        np.testing.assert_allclose([now["chances"]], rbm.forward_hidden(V), atol=1e-5)
        before = now
        np.testing.assert_allclose([now["means"]], rbm.backward(H), atol=1e-5)
        energy = rbm.free_energy(np.array([now["v"]], np.float32))
        np.testing.assert_allclose(now["energy"], energy[0], rtol=1e-5)
    figure(page, "dreams").get_by_role("button", name="One step").click()
    now = state(page, "dreams")
    low, top = dbn.hidden_layers
    np.testing.assert_allclose([now["means"]], top.backward(np.array([now["h"]], np.float32)), atol=1e-5)
    np.testing.assert_allclose([now["shown"]], low.backward(np.array([now["means"]], np.float32)), atol=1e-5)


def test_a_chain_plays_pauses_and_starts_again(opened, path):
    page = opened(path)
    chain = figure(page, "gibbs")
    chain.get_by_role("button", name="Play").click()
    chain.get_by_text(re.compile("^Step [3-9]")).wait_for()
    chain.get_by_role("button", name="Pause").click()
    paused = state(page, "gibbs")["step"]
    page.wait_for_timeout(400)
    assert state(page, "gibbs")["step"] == paused > 2
    first = state(page, "gibbs")["v"]
    chain.get_by_role("button", name="Start again").click()
    assert state(page, "gibbs")["step"] == 0
    assert state(page, "gibbs")["v"] != first


def test_a_long_chain_draws_from_the_rbms_distribution(opened, path, data, tmp_path):
    """Of an RBM of 4 visible and 2 hidden units, all states can be listed."""
    rs = np.random.RandomState(1)
    rbm = RBM.createFromArrays(rs.randn(4, 2), rs.randn(2), rs.randn(4))
    small = data._replace(X=data.X[:, :4], Xtest=data.Xtest[:, :4])
    small.image_shape = (2, 2)
    section = Section("Chapter 4: one", [], pictures=[gibbs(picture("g"), rbm, small)])
    page = opened(write_report({"4": section}, tmp_path, {"seed": 0}))
    visits = page.evaluate(
        """() => {
        const root = document.querySelector("figure .root"), visits = new Array(16).fill(0);
        const step = [...root.querySelectorAll("button")].find((b) => b.textContent === "One step");
        for (let k = 0; k < 4000; k++) {
            step.click();
            visits[root.state.v.reduce((code, on) => 2 * code + on, 0)] += 1;
        }
        return visits;
    }"""
    )
    states = (np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1
    W, c, b = (p.get_value() for p in rbm.params)
    weights = np.exp(states @ b) * np.prod(1 + np.exp(states @ W + c), axis=1)
    assert np.abs(np.array(visits) / 4000 - weights / weights.sum()).sum() / 2 < 0.05


def test_units_are_chosen_by_clicks_and_by_keys(opened, path, models):
    page = opened(path)
    buttons = figure(page, "units").locator(".wall button")
    assert buttons.count() == 5
    buttons.nth(3).click()
    assert state(page, "units")["unit"] == 3
    buttons.nth(3).press("ArrowLeft")
    assert state(page, "units")["unit"] == 2
    (layer,) = models[0]["units"].data["layers"]
    found = zip(layer["labels"][2], layer["driven"][2], strict=True)
    said = figure(page, "units").locator(".tiles .tile").all_text_contents()
    assert said[1:] == [
        f"made for it: activation {layer['activations'][2]:.2f}",
        *(f"{label}: {value:.2f}" for label, value in found),
    ]
    assert said[0].startswith("its weights")


def logits(x, network):
    *hidden, top = network["layers"]
    for layer in hidden:
        x = sigmoid(x @ layer["W"].astype(float) + layer["b"])
    return x @ top["W"].astype(float) + top["b"]


def test_attacks_follow_the_gradient(opened, path, models, data):
    page = opened(path)
    tricked = figure(page, "tricks")
    tricked.get_by_role("combobox", name="Image").select_option("1")
    tricked.get_by_role("combobox", name="Network").select_option("1")
    set_slider(page, "tricks", 0.2)
    now, network = state(page, "tricks"), models[0]["tricks"].data["networks"][1]
    x, moved = np.array(now["x"]), np.array(now["moved"])
    for image, found in ((x, now["before"]), (moved, now["after"])):
        expected = np.exp(logits(image, network))
        np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-5)

    def odds(image, label=1):
        out = logits(image, network)
        return np.log(np.exp(np.delete(out, label)).sum()) - out[label]

    steps = 1e-6 * np.eye(20)
    slopes = [(odds(x + step) - odds(x - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(now["gradient"], slopes, atol=1e-6)
    np.testing.assert_allclose(moved, np.clip(x + 0.2 * np.sign(slopes), 0, 1), atol=1e-12)
    aimed = []
    for target in (0, 2):
        tricked.get_by_role("combobox", name="Target").select_option(str(target))
        aimed.append(state(page, "tricks"))
        assert aimed[-1]["after"][target] > aimed[-1]["before"][target]
    assert aimed[0]["moved"] != aimed[1]["moved"]


def test_the_attack_of_the_page_is_the_librarys(opened, path, models, data):
    now = state(opened(path), "tricks")
    network = models[0]["tricks"].data["networks"][0]

    def model(X):
        import pytensor.tensor as pt

        hidden, top = network["layers"]
        H = pt.sigmoid(X.dot(hidden["W"].astype(float)) + hidden["b"])
        return H.dot(top["W"].astype(float)) + top["b"]

    expected = fast_gradient_sign(model, np.array([now["x"]]), [0], 0.1)
    np.testing.assert_allclose([now["moved"]], expected, atol=1e-12)


def test_the_page_has_widgets_for_small_grey_images_alone(data):
    assert has_grey_images(data)
    assert can_trick(data)
    table = Dataset.from_arrays(data.X, data.Y, source="table")
    large = Dataset.from_arrays(np.random.RandomState(0).rand(5, 1600), source="large", image_shape=(40, 40))
    coloured = Dataset.from_arrays(np.random.RandomState(0).rand(5, 12), source="c", image_shape=(2, 2, 3))
    assert not any(map(has_grey_images, (table, large, coloured)))
