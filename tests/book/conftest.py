"""The report's page in a headless Chromium."""

import chromium
import pytest

from udl_pt.book import _rbms, chapter4


@pytest.fixture(scope="module")
def browser():
    """Start a Chromium for the tests of a module; skip them where there is none."""
    with chromium.started() as browser:
        yield browser


@pytest.fixture
def opened(browser):
    """Return a function that opens a page; in the end no page may have logged or loaded anything.

    The function takes the page's path and options of a context, such as ``color_scheme="dark"``. It waits
    until all widgets are built.
    """
    contexts, messages, asked = [], [], []

    def open_page(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]", state="attached")
        asked.remove(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert messages == []
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []


@pytest.fixture
def little_chapter4(monkeypatch):
    """Measure small RBMs in chapter 4."""
    for name, value in {"FEW": 3, "BETAS": 20, "LONG": 2, "CHAINS": 10}.items():
        monkeypatch.setattr(_rbms, name, value)
    for name, value in {"MANY": 5, "STEPS": (1, 3)}.items():
        monkeypatch.setattr(chapter4, name, value)
