"""A small share of the campaign against the compile cache, and that it sees what it looks for."""

import pytensor
import pytest
from campaigns import caches

needs_compiler = pytest.mark.skipif(not pytensor.config.cxx, reason="no C++ compiler, so nothing is cached")


@pytest.mark.parametrize(
    "backend", [pytest.param("c", marks=[needs_compiler, pytest.mark.exhaustive]), "numba"]
)
def test_damaged_files_are_mended(backend):
    assert list(caches.damaged(backend, 4, seed=0, small=True)) == [None] * 4


@needs_compiler
def test_processes_that_start_at_once_share_a_cache():
    assert list(caches.shared(1, seed=0, processes=2)) == [None]


@pytest.mark.parametrize(
    ("backend", "module", "suffix"),
    [
        pytest.param("c", "_sealed_modules", ".so", marks=[needs_compiler, pytest.mark.exhaustive]),
        pytest.param("numba", "_numba.cache", ".nbc", marks=pytest.mark.slow),
    ],
)
def test_the_campaign_sees_files_that_are_not_checked(backend, module, suffix, monkeypatch):
    monkeypatch.setattr(caches, "DAMAGES", {"emptied": caches.DAMAGES["emptied"]})
    unchecked = (
        f"import udl_pt.backends.{module} as cache, udl_pt.backends._cache\n"
        "cache._is_intact = lambda path: True\n"
        "udl_pt.backends._cache._comes_from_cache = lambda error: False"
    )
    failures = list(caches.damaged(backend, 4, seed=0, prelude=unchecked, small=True, suffix=suffix))
    assert any(failures)


@pytest.mark.slow
def test_folders_that_cannot_be_used_are_replaced(monkeypatch):
    monkeypatch.setattr(caches, "FOLDERS", {"a file": caches.FOLDERS["a file"]})
    assert set(caches.folders(2, seed=0)) == {None}


@pytest.mark.slow
def test_the_campaign_sees_a_folder_that_is_not_replaced(monkeypatch):
    monkeypatch.setattr(caches, "FOLDERS", {"a file": caches.FOLDERS["a file"]})
    stays = "import udl_pt.backends._cache; udl_pt.backends._cache._why_unwritable = lambda backend: None"
    assert None not in list(caches.folders(2, seed=0, prelude=stays))
