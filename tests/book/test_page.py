"""The report's page in a browser: its widgets, its search and its downloads."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from udl_pt.book._widgets import curves
from udl_pt.book.report import Picture, Section, Table, write_report
from udl_pt.plots import plot_costs

COSTS = {"pretrained": [4.0, 2.0, 1.0, 0.5], "plain": [8.0, 6.0, 5.0, 4.0]}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    costs = Picture("costs", plot_costs(COSTS, "Costs", "nats"), "Both costs fall.")
    pictures = [curves(costs), Table([["network", "error"], ["plain, wide", "2%"]], "Errors.")]
    results = {"errors": {"plain": [0.5, 0.25]}, "hidden": 15, "note": "</script><b>"}
    section = Section("Chapter 4: RBMs", ["A sentence."], pictures=pictures, results=results)
    return write_report({"4": section}, tmp_path_factory.mktemp("report"), {"seed": 0})


def saved(page, button):
    """Return the text of the file that a button downloads."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.path().read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, path, scheme):
    page = opened(path, color_scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_curves_are_zoomed_by_the_mouse_and_by_keys(opened, path):
    page = opened(path)
    chart = page.locator("#chapter4 svg")
    whole = chart.inner_html()
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
    page.get_by_role("button", name="Whole curves").click()
    page.mouse.move(0, 0)
    assert chart.locator("polyline").count() == 2
