"""The report's page in a browser: its widgets, its search and its downloads."""

import base64
import csv
import io
import itertools
import json
import re
import zlib

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from matplotlib.figure import Figure

from udl_pt.book import _chapter3_codes as codes
from udl_pt.book._columns import of_confusion, of_features, of_images, of_points, of_units
from udl_pt.book._map_widgets import map_widget
from udl_pt.book._widgets import Widget, curves, embedded, page_file
from udl_pt.book.report import Picture, Section, Table, write_report
from udl_pt.datasets import Dataset
from udl_pt.plots import plot_costs, plot_embeddings, plot_updates

COSTS = {"pretrained": [4.0, 2.0, 1.0, 0.5], "plain": [8.0, 6.0, 5.0, 4.0]}
LAYERS = ["layer 1", "layer 2"]
UPDATES = {
    "pretrained": np.array([[0.02, 0.04], [0.03, 0.05], [0.04, 0.06]]),
    "not pretrained": np.array([[0.0002, 0.04], [0.0, 0.05], [0.0004, 0.06]]),
}
FRAMES = {
    1: np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
    20: np.array([[0.0, 0.0], [0.0, 10.0], [-4.0, 2.0], [6.0, 8.0]]),
}
# what eyes see without the long (protan), the medium (deutan) or the short cones (tritan), in linear RGB;
# Machado et al., 2009
NORMAL = np.eye(3)
PROTAN = np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]])
DEUTAN = np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]])
TRITAN = np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]])
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
PAPER = {"light": "#ffffff", "dark": "#15171b"}


def digits():
    pixels = np.zeros((4, 4))
    pixels[range(4), range(4)] = 255  # image n has ink in corner n
    return Dataset(pixels, [3, 3, 5, 5], pixels, [3, 3, 5, 5], "made up")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    data, names = digits(), [str(label) for label in range(6)]
    picture = Picture("map", plot_embeddings({"t-SNE": FRAMES[20]}, data.Y, names=names), "A map.")
    updates = Picture("updates", plot_updates(UPDATES, LAYERS), "Steps.")
    pictures = [
        curves(Picture("costs", plot_costs(COSTS, "Costs", "nats"), "Both costs fall.")),
        Table([["network", "error"], ["plain, wide", "2%"]], "Errors."),
        map_widget(picture, {"t-SNE": FRAMES, "PCA": FRAMES[1]}, data.X, data.Y, names, data),
        codes._steps(updates, UPDATES, LAYERS),
    ]
    results = {"errors": {"plain": [0.5, 0.25]}, "hidden": 15, "note": "</script><b>"}
    section = Section("Chapter 4: RBMs", ["A sentence."], pictures=pictures, results=results)
    return write_report({"4": section}, tmp_path_factory.mktemp("report"), {"seed": 0})


def saved(page, button):
    """Return the text of the file that a button downloads."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value.path().read_text()


def rows(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, path, scheme):
    page = opened(path, color_scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_the_page_can_be_read_without_javascript(opened, path):
    page = opened(path, java_script_enabled=False)
    assert page.locator("figure img").count() == 3
    assert page.get_by_text("Both costs fall.").is_visible()
    assert page.get_by_role("button").count() == 0


def test_a_phone_needs_no_sideways_scrolling(opened, path):
    page = opened(path, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("canvas.map").scroll_into_view_if_needed()
    box = page.locator("canvas.map").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2 - 50, box["y"] + box["height"] - 15)
    page.touchscreen.tap(box["x"] + box["width"] / 2 - 0.1 * box["width"] + 4, box["y"] + box["height"] - 15)
    assert "Digit 1 of 4: 3" in page.locator("#chapter4").inner_text()


def test_curves_are_zoomed_by_the_mouse_and_by_keys(opened, path):
    page = opened(path)
    chart = page.locator('[data-kind="curves"] svg')
    whole = chart.inner_html()
    assert {"1", "2", "3", "4"} <= set(chart.locator("text").all_text_contents())
    assert "1.5" not in chart.locator("text").all_text_contents()  # an epoch is a whole number
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 60)
    page.mouse.up()
    zoomed = chart.inner_html()
    assert zoomed != whole
    chart.press("Escape")
    chart.press("+")
    assert chart.inner_html() not in (whole, zoomed)
    page.get_by_role("button", name="Whole curves").first.click()
    page.get_by_role("button", name="plain").click()
    assert chart.locator("polyline").count() == 1
    page.get_by_label("Scale").first.select_option("logarithmic")
    assert "0.5" in chart.locator("text").all_text_contents()


def test_the_data_of_curves_and_tables(opened, path):
    page = opened(path)
    found = rows(saved(page, "Data (CSV): chapter4-costs.csv"))
    assert found[0] == ["panel", "curve", "x", "y"]
    costs = {name: [float(y) for _, curve, _, y in found[1:] if curve == name] for name in COSTS}
    assert costs == COSTS
    table = rows(saved(page, "Data (CSV): chapter4-table1.csv"))
    assert table == [["network", "error"], ["plain, wide", "2%"]]


def numbers(text, *names):
    """Return the columns of these names, in which an empty cell is NaN."""
    return np.array(
        [[row[name] or "nan" for name in names] for row in csv.DictReader(io.StringIO(text))], float
    )


def test_the_data_of_pictures(opened, tmp_path):
    rs = np.random.RandomState(0)
    X, W, images, matrix = rs.rand(2, 4), rs.randn(4, 3), rs.rand(2, 3, 4), np.array([[12345, 1], [0, 20]])
    toys = {
        "ring": (rs.randn(3, 2), rs.randn(3, 2), [0, 1, 1]),
        "cube": (rs.randn(2, 3), rs.randn(2, 2), [4, 0]),
    }
    toys = {name: tuple(map(np.array, arrays)) for name, arrays in toys.items()}
    given = np.array([[5.0, 5.0, 5.0, 5.0], [-1.0, 0.0, 1.0, 2.0]])
    columns = {
        "images": of_images({"original": X, "given": given}, ["3", "a, b"]),
        "units": of_units(W, np.array([2, 0, 1])),
        "features": of_features({"hidden layer 1": (X, images)}),
        "toys": of_points(toys),
        "confusion": of_confusion(matrix, ["no", "yes"], "class"),
    }
    pictures = [Picture(name, Figure(figsize=(1, 1)), "A picture.", of) for name, of in columns.items()]
    page = opened(write_report({"5": Section("A", [], pictures=pictures)}, tmp_path, {}))
    found = {name: saved(page, f"Data (CSV): chapter5-{name}.csv") for name in columns}
    pixels = [f"pixel {i}" for i in range(1, 5)]
    shown = rows(found["images"])
    assert [row[:2] for row in shown] == [
        *(["row", "label"], ["original", "3"], ["original", "a, b"], ["given", "3"], ["given", "a, b"]),
    ]
    close = {"rtol": 0, "atol": 0.01}  # a step is 1/255 of an image's range
    np.testing.assert_allclose(numbers(found["images"], *pixels), np.concatenate([X, given]), **close)
    assert shown[4][2:] == ["-1", "0", "1", "2"]
    np.testing.assert_allclose(numbers(found["units"], "unit", *pixels), np.c_[[3, 1, 2], W.T], **close)
    by_unit = np.concatenate([[X[0]], images[0], [X[1]], images[1]])
    np.testing.assert_allclose(
        numbers(found["features"], "row", *pixels), np.c_[[1] * 4 + [2] * 4, by_unit], **close
    )
    assert [row[2] for row in rows(found["features"])[1:3]] == ["synthesised", "from the data, 1"]
    (ring, ring_map, ring_labels), (cube, cube_map, cube_labels) = toys.values()
    places = np.r_[np.c_[ring, [np.nan] * 3, ring_map, ring_labels], np.c_[cube, cube_map, cube_labels]]
    names = "x 1", "x 2", "x 3", "map 1", "map 2", "label"
    np.testing.assert_allclose(numbers(found["toys"], *names), places, rtol=1e-3)
    assert rows(found["confusion"]) == [
        ["true class", "predicted class", "count"],
        *(["no", "no", "12345"], ["no", "yes", "1"], ["yes", "no", "0"], ["yes", "yes", "20"]),
    ]


def test_a_map_shows_an_image_at_the_pointer_and_by_keys(opened, path):
    page = opened(path)
    canvas, figure = page.locator("canvas.map"), page.locator('[data-kind="maps"]')
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    inner = box["width"] - 28
    page.mouse.move(box["x"] + 14, box["y"] + 14 + 0.8 * inner)  # of (-4, 2)
    assert "Digit 3 of 4: 5" in figure.inner_text()
    ink = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 2, 2).data].filter((_, i) => i % 4 === 0)"
    assert figure.locator("canvas.shown").evaluate(ink) == [255, 255, 0, 255]
    canvas.press("ArrowUp")
    assert "Digit 2 of 4: 3" in figure.inner_text()
    before = canvas.screenshot()
    figure.get_by_label("Colour").select_option("none")
    plain = canvas.screenshot()
    figure.get_by_label("Colour").select_option("5")
    assert len({before, plain, canvas.screenshot()}) == 3


def test_a_map_has_long_names_inside_of_it(opened, tmp_path):
    rs = np.random.RandomState(0)
    data = Dataset.from_arrays(
        rs.rand(4, 6), ["a long name of one", "another long name"] * 2, image_shape=(2, 3)
    )
    places, names = np.array([[-1.0, 0], [1, 0], [-1, 0.1], [1, 0.1]]), list(data.label_names)
    picture = Picture("map", plot_embeddings({"": places}, data.Y, names=names), "A map.")
    widget = map_widget(picture, {"": places}, data.X, data.Y, names, data)
    page = opened(write_report({"1": Section("A", [], pictures=[widget])}, tmp_path, {}))
    painted = page.locator("canvas.map").evaluate(
        """canvas => {
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        return Array.from({ length: width }, (_, x) => x).filter((x) =>
            data.some((value, i) => value && (i >> 2) % width === x));
    }"""
    )
    width = page.locator("canvas.map").bounding_box()["width"]
    assert 0 < min(painted) < max(painted) < width - 1
    assert page.get_by_text("Point at an image, touch it, or use the arrow keys.").is_visible()


def test_a_map_goes_through_its_iterations(opened, path):
    page = opened(path, reduced_motion="reduce")
    canvas, figure = page.locator("canvas.map"), page.locator('[data-kind="maps"]')
    slider = figure.get_by_role("slider", name="Iteration")
    assert "iteration 20" in canvas.get_attribute("aria-label")
    slider.press("ArrowLeft")
    assert "iteration 1:" in canvas.get_attribute("aria-label")
    figure.get_by_role("button", name="Play").click()
    assert figure.get_by_role("button", name="Pause").is_visible()
    figure.get_by_role("button", name="Play").wait_for()
    assert "iteration 20" in canvas.get_attribute("aria-label")
    figure.locator("select").first.select_option("PCA")
    assert slider.count() == 0


def test_the_data_of_a_map(opened, path):
    found = rows(saved(opened(path), "Data (CSV): chapter4-map.csv"))
    places = np.array([[float(x), float(y)] for name, *_, x, y in found[1:] if name == "t-SNE"])
    np.testing.assert_allclose(places, FRAMES[20], rtol=0, atol=1e-3)
    assert [row[3] for row in found[1:5]] == ["3", "3", "5", "5"]


def test_the_vanishing_gradient_step_by_step(opened, path):
    page = opened(path)
    figure = page.locator('[data-kind="gradients"]')
    slider = figure.get_by_role("slider", name="Step")
    cells = figure.locator(".bars td:last-child")
    assert cells.all_inner_texts() == ["4.0e-2", "2.0e-2", "4.0e-2", "2.0e-4"]
    slider.press("ArrowRight")
    assert cells.all_inner_texts() == ["5.0e-2", "3.0e-2", "5.0e-2", "0"]
    figure.get_by_role("button", name="Play").click()
    figure.get_by_role("button", name="Play").wait_for()
    widths = figure.locator(".bar").evaluate_all("bars => bars.map((bar) => parseFloat(bar.style.width))")
    sizes = [0.06, 0.04, 0.06, 0.0004]
    np.testing.assert_allclose(widths, 100 * (np.log10(sizes) + 4) / 3, atol=0.06)
    one = figure.locator("svg").inner_html()
    figure.get_by_label("Curves of the network").select_option("not pretrained")
    assert figure.locator("svg").inner_html() != one
    found = rows(saved(page, "Data (CSV): chapter4-updates.csv"))
    assert found[0] == ["network", "step", *LAYERS]
    given = np.array([row[1:] for row in found[1:]], float)
    np.testing.assert_allclose(given[:, 1:], np.concatenate(list(UPDATES.values())), rtol=1e-6)


def test_the_numbers_are_searched_and_saved(opened, path):
    page = opened(path)
    page.get_by_label("Search the numbers").fill("plain 2")
    cells = page.locator(".numbers td").all_inner_texts()
    assert cells == ["errors › plain › 2", "0.25", "Chapter 4"]
    assert "1 of 4 numbers" in page.locator("#numbers").inner_text()
    assert rows(saved(page, "Numbers found (CSV)"))[1:] == [["4", "errors › plain › 2", "0.25"]]
    everything = json.loads(saved(page, "All numbers (JSON)"))
    assert everything == json.loads((path.parent / "results.json").read_text())
    page.get_by_role("link", name="Chapter 4", exact=True).click()
    assert page.url.endswith("#chapter4")


def test_a_widget_that_fails_leaves_its_picture(browser, tmp_path):
    figure = Figure(figsize=(1, 1))
    bad = Widget("bad", "curves", {}, Picture("bad", figure, "Still here."))
    path = write_report({"3": Section("A", [], pictures=[bad])}, tmp_path, {})
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator("figure img").is_visible()
    assert len(errors) == 1
    page.close()


def test_a_browser_that_cannot_decompress_shows_the_figures(browser, path):
    page, errors = browser.new_page(), []
    page.add_init_script("delete window.DecompressionStream")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator("figure img").count() == 3
    assert set(errors) == {"DecompressionStream is not defined"}
    page.close()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "uint16", "int32"])
def test_arrays_survive_the_page(dtype):
    values = np.array([[0, 1, 2], [100, 50, 25]], dtype)[:, ::-1]
    text = re.sub("<.*?>", "", embedded("data-x", {"values": values}))
    kept = json.loads(text)["values"]
    again = np.frombuffer(
        zlib.decompress(base64.b64decode(kept["deflated"])), np.dtype(kept["dtype"]).newbyteorder("<")
    )
    np.testing.assert_array_equal(again.reshape(kept["shape"]), values)


def test_other_arrays_are_refused():
    with pytest.raises(TypeError, match=r"x\['a'\] is an array of complex128, expected one of float16, "):
        embedded("x", {"a": np.zeros(2, complex)})


def linear(colour):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Return CIELAB of linear RGB."""
    ratios = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", PAPER)
def test_the_labels_colours_are_told_apart(theme):
    listed = re.search(theme + r": \[(.*?)\]", page_file("core.js")).group(1)
    colours = [linear(colour) for colour in re.findall("#[0-9a-f]{6}", listed)]
    paper = linear(PAPER[theme])
    assert PAPER[theme] in page_file("page.css")
    assert len(colours) == 10
    for colour in colours:
        dark, light = sorted(float(XYZ[1] @ one) for one in (colour, paper))
        assert (light + 0.05) / (dark + 0.05) >= 3
    for vision in (NORMAL, PROTAN, DEUTAN, TRITAN):
        seen = [lab(vision @ colour) for colour in colours]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 25
