"""Pages of the docs that show a session of Python, run."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
SESSIONS = sorted(page.name for page in DOCS.glob("*.md") if ">>> " in page.read_text(encoding="utf-8"))


def test_there_are_such_pages():
    assert "cross_entropy.md" in SESSIONS


@pytest.mark.parametrize("page", SESSIONS)
def test_a_page_gives_what_it_says(page):
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert tried > 0
    assert failed == 0
