"""The widgets that compute in the page, against the library's numbers."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from scipy.optimize import approx_fprime

from udl_pt.book import Settings
from udl_pt.book._play import (
    auto_encoders,
    belief_network,
    can_trick,
    chain,
    classifiers,
    has_grey_images,
    rebuilding,
    tricking,
    units,
)
from udl_pt.book.report import Picture, Section, write_report
from udl_pt.datasets import Dataset
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM
from udl_pt.plots import plot_costs

SHAPE = (4, 5)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


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
    """The models whose weights the page has."""
    settings, made = Settings(), Settings().made()
    dnn = DNN([5, 4], **made).fit(data.X, data.Y, data.Xtest, data.Ytest, pretrain=False, epochs=2)
    return {
        "auto-encoders": auto_encoders(data, settings),
        "rbm": RBM(6, **made).fit(data.X, epochs=3),
        "dbn": belief_network(data, settings),
        "dnn": dnn,
        "classifiers": classifiers(data, settings),
    }


@pytest.fixture(scope="module")
def found(data, models):
    """For each layer of the network: inputs and activations of its units, and the rows that drive them."""
    by_layer, H = {}, data.X
    for number, layer in enumerate(models["dnn"].hidden_layers, 1):
        H = layer.hidden_op(H)
        rows = np.argsort(-H, axis=0)[:2].T
        activations = np.take_along_axis(H, rows.T, axis=0).T
        by_layer[f"hidden layer {number}"] = data.X[: layer.M], H[: layer.M].diagonal(), rows, activations
    return by_layer


@pytest.fixture(scope="module")
def path(models, found, data, tmp_path_factory):
    pictures = [
        rebuilding(picture("rebuild"), models["auto-encoders"], data),
        chain(picture("gibbs"), [models["rbm"]], data),
        chain(picture("dreams"), models["dbn"].hidden_layers, data),
        units(picture("units"), models["dnn"], found, data),
        tricking(picture("tricks"), models["classifiers"], data),
    ]
    section = Section("Chapter 3: a page", ["A sentence."], pictures=pictures)
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


def test_a_phone_reaches_each_control(opened, path):
    page = opened(path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    controls = page.locator("figure").locator("button, select, input, svg").all()
    assert len(controls) > 30
    for control in controls:
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 24
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390


@pytest.mark.parametrize(
    ("name", "buttons", "choices"),
    [
        ("rebuild", ["Other pixels"], {"Image": "1", "Damage": "noise"}),
        ("gibbs", ["Start again", "One step", "One step"], {"Start": "2"}),
        ("dreams", ["One step", "One step"], {"Start": "0"}),
        ("units", [re.compile("Unit 3")], {"Layer": "1"}),
        ("tricks", [], {"Image": "2", "Network": "1", "Target": "0"}),
    ],
)
def test_a_phone_gets_the_same_numbers(opened, path, name, buttons, choices):
    seen = []
    for options, press in (({}, "click"), (PHONE, "tap")):
        page = opened(path, **options)
        before = state(page, name)
        for label, value in choices.items():
            figure(page, name).get_by_role("combobox", name=label).select_option(value)
        for button in buttons:
            getattr(figure(page, name).get_by_role("button", name=button), press)()
        seen.append((state(page, name), figure(page, name).text_content()))
        assert seen[-1][0] != before
    assert seen[0] == seen[1]


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
    x = np.array([last["input"]], np.float32)
    autoencoders, clean = models["auto-encoders"].values(), np.array([last["x"]], np.float32)
    shown = figure(page, "rebuild")
    for k, (output, code, ae) in enumerate(zip(last["outputs"], last["codes"], autoencoders, strict=True)):
        np.testing.assert_allclose([output], ae.forward_output(x), atol=1e-5)
        np.testing.assert_allclose([code], ae.forward_hidden(x), atol=1e-5)
        moved = np.sqrt(((ae.forward_hidden(x) - ae.forward_hidden(clean)) ** 2).mean())
        said = shown.locator(".tile").nth(2 + 2 * k).text_content()
        assert float(said.split()[-1]) == pytest.approx(moved, abs=1e-3)
        np.testing.assert_allclose(pixels(shown, 2 + 2 * k)[:, 0], 255 * (1 - np.array(code)), atol=1)


def test_the_denoising_auto_encoder_learned_from_masked_images(data, models):
    """Of masked images it rebuilds more than the plain one; of clean ones, less."""
    masked = data.Xtest * (np.random.RandomState(2).rand(*data.Xtest.shape) > 0.5)
    errors = [
        [((ae.forward_output(X) - data.Xtest) ** 2).mean() for X in (masked, data.Xtest)]
        for ae in models["auto-encoders"].values()
    ]
    (plain, plain_clean), (denoising, denoising_clean) = errors
    assert denoising < plain
    assert plain_clean < denoising_clean


def test_masked_pixels_are_zero_and_their_share_is_the_sliders(opened, path, data):
    page = opened(path)
    set_slider(page, "rebuild", 0)
    clean = np.array(state(page, "rebuild")["input"])
    np.testing.assert_allclose(clean, data.Xtest[np.flatnonzero(data.Ytest == 0)[0]], atol=1e-12)
    set_slider(page, "rebuild", 1)
    assert set(state(page, "rebuild")["input"]) == {0}


def test_a_chain_has_the_librarys_means_and_free_energies(opened, path, models, data):
    rbm, dbn = models["rbm"], models["dbn"]
    page = opened(path)
    noise = state(page, "gibbs")
    figure(page, "gibbs").get_by_role("combobox", name="Start").select_option("1")
    before = state(page, "gibbs")
    assert before["v"] != noise["v"]
    image = data.Xtest[np.flatnonzero(data.Ytest == 1)[0]]
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


def test_a_chain_says_at_its_start_what_will_appear(opened, path):
    chain = figure(opened(path), "gibbs")
    assert "Play it to see its free energy here." in chain.locator("svg").text_content()
    assert "6 hidden units, not drawn yet" in chain.text_content()
    assert chain.locator("circle, polyline").count() == 0
    chain.get_by_role("button", name="One step").click()
    assert "Play it" not in chain.locator("svg").text_content()
    assert chain.locator("polyline").count() == 1
    assert "6 hidden units, dark: on" in chain.text_content()


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
    section = Section("Chapter 4: one", [], pictures=[chain(picture("g"), [rbm], small)])
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


def pixels(figure, number):
    """Return the red, green and blue of a tile's canvas."""
    read = """canvas => {
        const { width, height } = canvas;
        return Array.from(canvas.getContext("2d").getImageData(0, 0, width, height).data);
    }"""
    return np.array(figure.locator(".tiles canvas").nth(number).evaluate(read)).reshape(-1, 4)[:, :3]


@pytest.mark.parametrize("number", [0, 1])
def test_units_show_their_images_and_numbers(opened, path, found, data, models, number):
    shown = figure(opened(path), "units")
    name = f"hidden layer {number + 1}"
    shown.get_by_role("combobox", name="Layer").select_option(str(number))
    made, activations, rows, driven = found[name]
    unit = np.argsort(-activations)[2]  # the page sorts by the activation
    shown.locator(".wall button").nth(2).click()
    images = [made[unit], *data.X[rows[unit]]]
    texts = [f"made for it: activation {activations[unit]:.2f}"]
    texts += [
        f"{data.label_names[data.Y[row]]}: {value:.2f}"
        for row, value in zip(rows[unit], driven[unit], strict=True)
    ]
    first = 1 - number  # the upper layer has no weights of pixels
    assert shown.locator(".tiles .tile").all_text_contents()[first:] == texts
    for place, image in enumerate(images, first):
        np.testing.assert_allclose(pixels(shown, place)[:, 0], 255 * image, atol=1)
    if number == 0:
        W = models["dnn"].hidden_layers[0].W.get_value()[:, unit]
        red, _, blue = pixels(shown, 0).T
        clear = abs(W) > 0.02 * abs(W).max()
        np.testing.assert_array_equal((blue > red)[clear], (W > 0)[clear])
    assert f"Unit {unit + 1} of {name}" in shown.locator("[role=status]").text_content()


def test_units_are_chosen_by_keys(opened, path):
    page = opened(path)
    buttons = figure(page, "units").locator(".wall button")
    assert buttons.count() == 5
    buttons.nth(3).click()
    buttons.nth(3).press("ArrowLeft")
    assert state(page, "units")["unit"] == 2
    figure(page, "units").locator(".wall").evaluate("wall => { wall.style.gridTemplateColumns = '1fr 1fr'; }")
    buttons.nth(2).press("ArrowDown")
    assert state(page, "units")["unit"] == 4
    buttons.nth(4).press("ArrowUp")
    assert state(page, "units")["unit"] == 2


def test_attacks_follow_the_librarys_gradient(opened, path, models, data):
    page = opened(path)
    tricked = figure(page, "tricks")
    x = data.Xtest[np.flatnonzero(data.Ytest == 1)[:1]]
    tricked.get_by_role("combobox", name="Image").select_option("1")
    set_slider(page, "tricks", 0.2)
    for number, dnn in enumerate(models["classifiers"].values()):
        tricked.get_by_role("combobox", name="Network").select_option(str(number))
        now = state(page, "tricks")
        moved = np.array([now["moved"]])
        np.testing.assert_allclose([now["x"]], x, atol=1e-12)
        for images, found in ((x, now["before"]), (moved, now["after"])):
            np.testing.assert_allclose([found], dnn.forward(images), atol=1e-5)
        np.testing.assert_allclose(moved, fast_gradient_sign(dnn, x, [1], 0.2), atol=1e-6)
        for target in (0, 2):
            tricked.get_by_role("combobox", name="Target").select_option(str(target))
            aimed = state(page, "tricks")
            expected = fast_gradient_sign(dnn, x, [1], 0.2, target=[target])
            np.testing.assert_allclose([aimed["moved"]], expected, atol=1e-6)
            assert aimed["after"][target] > aimed["before"][target]
        tricked.get_by_role("combobox", name="Target").select_option("any other")


def test_the_gradient_is_that_of_finite_differences(opened, path, models):
    now, dnn = state(opened(path), "tricks"), models["classifiers"]["plain"]
    W, c = (p.get_value().astype(float) for p in dnn.hidden_layers[0].forward_params)
    V, b = dnn.W.get_value().astype(float), dnn.b.get_value().astype(float)

    def odds(image):
        out = sigmoid(image @ W + c) @ V + b
        return np.log(np.exp(out[1:]).sum()) - out[0]

    slopes = approx_fprime(np.array(now["x"]), odds, 1e-6)
    np.testing.assert_allclose(now["gradient"], slopes, atol=1e-5)


def test_the_hardened_network_is_harder_to_trick(data, models):
    errors = [
        np.mean(dnn.predict(fast_gradient_sign(dnn, data.Xtest, data.Ytest, 0.25)) != data.Ytest)
        for dnn in models["classifiers"].values()
    ]
    assert errors[1] < errors[0]


def test_the_page_has_widgets_for_small_grey_images_alone(data):
    assert has_grey_images(data)
    assert can_trick(data)
    table = Dataset.from_arrays(data.X, data.Y, source="table")
    large = Dataset.from_arrays(np.random.RandomState(0).rand(5, 1600), source="large", image_shape=(40, 40))
    coloured = Dataset.from_arrays(np.random.RandomState(0).rand(5, 12), source="c", image_shape=(2, 2, 3))
    assert not any(map(has_grey_images, (table, large, coloured)))
    alone = Dataset.from_arrays(
        data.X, data.Y * 0, data.Xtest, data.Ytest * 0, source="one", image_shape=SHAPE
    )
    assert not can_trick(alone)
