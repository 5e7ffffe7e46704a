"""The book's programs. A module's ``section`` runs its chapter and returns its section of the report.

`CHAPTERS` holds these functions by the chapter's number, ``"1"`` to ``"6"``.
"""

from collections.abc import Callable

from udl_pt.book import chapter1, chapter2, chapter3, chapter4, chapter5, chapter6
from udl_pt.book._shared import Settings
from udl_pt.book.report import Section
from udl_pt.datasets import Dataset

__all__ = ["CHAPTERS", "Settings"]

CHAPTERS: dict[str, Callable[[Dataset, Settings], Section]] = {
    "1": chapter1.section,
    "2": chapter2.section,
    "3": chapter3.section,
    "4": chapter4.section,
    "5": chapter5.section,
    "6": chapter6.section,
}
