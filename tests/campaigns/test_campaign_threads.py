"""A small share of the campaign with threads, and what it reports where the library's protection is gone."""

import copy
import threading
import time

import pytest
from campaigns import threads

from udl_pt import AutoEncoder, RandomStreams
from udl_pt._support import fitting
from udl_pt.symbolic import calling
from udl_pt.symbolic.steps import MomentumStep

RUNS = {"own": (threads.on_their_own, 320), "shared": (threads.shared, 300), "draws": (threads.draws, 300)}


@pytest.fixture(autouse=True)
def one_kind(monkeypatch):
    """Train auto-encoders alone: what takes time is compiling."""
    monkeypatch.setattr(threads, "KINDS", ("AutoEncoder",))


def failures(name, tries=None):
    run, usual = RUNS[name]
    results = list(run("jax", tries or usual, 0))
    assert len(results) >= (tries or usual)
    return [result for result in results if result is not None]


@pytest.mark.parametrize("name", RUNS)
def test_a_share_of_the_campaign_has_no_failures(name):
    assert failures(name) == []


def test_a_second_fit_that_is_not_refused_is_reported(monkeypatch):
    monkeypatch.setattr(fitting, "being_fitted", lambda model, parts, function: function())
    assert "a second fit was not refused" in failures("shared", 100)


def test_predictions_and_files_of_half_a_step_are_reported(monkeypatch):
    """Without locks, with steps that set one parameter after the other."""

    def one_by_one(self, *arguments):
        before = [p.get_value() for p in self.function.updated]
        result = step(self, *arguments)
        after = [p.get_value() for p in self.function.updated]
        for p, value in zip(self.function.updated, before, strict=True):
            p.set_value(value)
        for p, value in zip(self.function.updated, after, strict=True):
            time.sleep(1e-3)  # so that others look meanwhile
            p.set_value(value)
        return result

    step = MomentumStep.__call__
    monkeypatch.setattr(MomentumStep, "__call__", one_by_one)
    monkeypatch.setattr(threads, "LONG", 10)
    expected = {
        "a prediction is of no whole number of steps",
        "a file holds no state after a whole number of steps",
    }
    found = set()
    for _ in range(20):  # a thread may see no half step at its first hundred looks
        found |= expected & set(failures("shared", 100))
        if found == expected:
            break
    assert found == expected


def test_draws_that_are_used_twice_are_reported(monkeypatch):
    """Where each compiled method has a generator of its own, which starts alike."""
    monkeypatch.setattr(calling, "RandomStreams", lambda rng: RandomStreams(copy.deepcopy(rng.generator)))
    assert "a draw was used twice, or in part" in failures("draws", 100)


def test_other_numbers_than_alone_are_reported(monkeypatch):
    def made(M, random_state):
        alone = threading.current_thread() is threading.main_thread()
        return AutoEncoder(M, random_state=random_state + (not alone))

    monkeypatch.setattr(threads, "AutoEncoder", made)
    assert any("gives other numbers than alone" in failure for failure in failures("own", 320))


def test_errors_and_threads_that_hang_are_reported(monkeypatch):
    def fails():
        raise KeyError("lost")

    gate = threading.Event()
    monkeypatch.setattr(threads, "PATIENCE", 0.2)
    found = list(threads.in_threads([[lambda: None, fails], [lambda: None, lambda: gate.wait(60) and None]]))
    gate.set()
    assert found.count(None) == 2
    assert "a call raised KeyError: 'lost'" in found
    assert found[-1] == "1 of 2 threads hang"
