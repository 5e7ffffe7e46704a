"""What there is of memory, and what was taken."""

import subprocess
import sys

import psutil
import pytest

from udl_pt._support import memory


@pytest.fixture
def group(tmp_path, monkeypatch):
    """A container of 1,000 bytes, 600 of them used, of which 100 hold files that can be read again."""
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("600\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 100\n")
    return tmp_path


def test_a_container_has_no_more_than_it_is_allowed(group):
    assert memory.available() == 500


@pytest.mark.parametrize("limit", ["max\n", str(2**62)])
def test_a_container_without_a_limit_has_what_the_machine_has(group, limit, monkeypatch):
    (group / "memory.max").write_text(limit)
    there = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: there)
    assert memory.available() == there.available


def test_without_containers_it_is_the_machines(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "GROUP", tmp_path / "none")
    there = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: there)
    assert memory.available() == there.available


def test_the_peak_grows_with_what_is_held():
    """In a process of its own, as this one may have held gigabytes."""
    code = (
        "from udl_pt._support import memory; before = memory.peak()\n"
        "held = bytearray(b'x') * (2 * before)\n"
        "print(before, memory.peak())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    before, after = map(int, printed.split())
    assert 2 * before <= after < 4 * before
