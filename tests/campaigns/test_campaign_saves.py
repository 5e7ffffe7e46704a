"""The campaign of saves finds nothing in the library, and finds what careless ways to save do."""

import contextlib

import pytest
from campaigns import saves


@pytest.fixture(autouse=True)
def nothing_is_mounted(monkeypatch):
    """Limit sizes only: a test mounts no disk."""
    monkeypatch.setattr(saves, "small_disk", lambda size: contextlib.nullcontext())


@pytest.mark.parametrize("campaign", saves.CAMPAIGNS, ids=lambda campaign: campaign.run.__name__)
def test_the_library_saves_whole_or_not_at_all(campaign):
    assert list(campaign.run(6, 1)) == [None] * 6


@pytest.mark.parametrize(
    ("run", "way", "failure"),
    [
        (saves.killed, "in_place", "neither the old nor the new one"),
        (saves.killed, "aside", "is there after the next save"),
        (saves.full, "in_place", "the old file isn't there any more"),
        (saves.full, "aside", "was left behind"),
        (saves.full, "silent", "no OSError with the path, but status 0"),
        (saves.together, "always_the_same_name", "a save failed"),
    ],
)
def test_careless_ways_to_save_are_found_out(run, way, failure, monkeypatch):
    monkeypatch.setattr(saves, "SAVE", f"careless:{way}")
    found = [result for result in run(8, 1) if result is not None]
    assert any(failure in result for result in found), found


@pytest.mark.parametrize(
    ("way", "failure"),
    [("in_place", "are neither the old nor the new ones"), ("aside", "is there after the next report")],
)
def test_careless_ways_to_write_a_report_are_found_out(way, failure, monkeypatch):
    monkeypatch.setattr(saves, "REPORT", f"careless:report_{way}")
    found = [result for result in saves.killed_reports(20, 1) if result is not None]
    assert any(failure in result for result in found), found
