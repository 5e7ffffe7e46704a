"""The book's programs, chapter by chapter: each function runs one and returns its section of the report."""

from collections.abc import Callable

from udl_pt.chapter1 import chapter1
from udl_pt.chapter2 import chapter2
from udl_pt.chapter3 import chapter3
from udl_pt.chapter4 import chapter4
from udl_pt.chapter5 import chapter5
from udl_pt.chapter6 import chapter6
from udl_pt.datasets import Dataset
from udl_pt.programs import Settings
from udl_pt.report import Section

__all__ = ["CHAPTERS", "Settings", "chapter1", "chapter2", "chapter3", "chapter4", "chapter5", "chapter6"]

CHAPTERS: dict[str, Callable[[Dataset, Settings], Section]] = {
    "1": chapter1,
    "2": chapter2,
    "3": chapter3,
    "4": chapter4,
    "5": chapter5,
    "6": chapter6,
}
