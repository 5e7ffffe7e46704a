"""The choice of BLAS threads, on a clock of the tests' own and with BLAS libraries that only count."""

import os
import threading
import warnings

import numpy as np
import pytest
import threadpoolctl

import udl_pt
from udl_pt import AutoEncoder, eager
from udl_pt.backends import _threads, faster_threads, get_threads, set_threads
from udl_pt.backends._threads import Threads

FREE = {2: 0.005, 1: 0.009}  # seconds of a step by threads, as measured where nothing else ran
SHARED = {2: 0.035, 1: 0.015}  # and beside another training


class CountedBlas:
    """A BLAS that only counts its threads."""

    def __init__(self, num_threads=2):
        self.num_threads, self.counts = num_threads, []

    def set_num_threads(self, n):
        self.num_threads = n
        self.counts.append(n)


class Machine:
    """A clock, and a step that takes as long as the machine's load and the number of threads say."""

    def __init__(self):
        self.now, self.blas, self.seconds = 0.0, CountedBlas(), FREE
        self.switches = self.switches_per_step = 0

    def clock(self):
        return self.now

    def step(self):
        self.now += self.seconds[self.blas.num_threads]
        self.switches += self.switches_per_step

    def threads(self, *, alone=True):
        return Threads([self.blas], alone=alone, clock=self.clock, switches=lambda: self.switches)

    def run(self, step, seconds):
        """Return by how much longer the steps take than with the better number of threads."""
        start, n = self.now, 0
        while self.now < start + seconds:
            step()
            n += 1
        return (self.now - start) / (n * min(self.seconds.values()))


@pytest.fixture(autouse=True)
def default(monkeypatch):
    """Start each test with the default choice, and without the variables of users."""
    for name in (_threads.ENVIRONMENT, *_threads.OF_USERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_threads, "_was_alone", True)
    yield
    set_threads(None)


@pytest.fixture
def blas(monkeypatch):
    """Return the only BLAS of the process, which has two threads, one for each core."""
    blas = CountedBlas()
    monkeypatch.setattr(_threads.os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)

    class Controller:
        lib_controllers = (blas,)

        def select(self, user_api):
            assert user_api == "blas"
            return self

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Controller)
    return blas


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("seconds", [FREE, SHARED])
def test_the_faster_number_of_threads_costs_little(seconds, alone):
    machine = Machine()
    machine.seconds = seconds
    threads = machine.threads(alone=alone)
    assert machine.run(threads.timed(machine.step), 10) < 1.15
    assert threads.alone is (seconds is FREE)


def test_it_follows_the_load_of_the_machine():
    machine = Machine()
    threads = machine.threads()
    step = threads.timed(machine.step)
    machine.run(step, 60)
    machine.seconds = SHARED
    assert machine.run(step, 10) < 1.15
    assert not threads.alone
    machine.seconds = FREE
    assert machine.run(step, 60) < 1.35  # until the next trial
    assert threads.alone


def test_steps_that_take_the_same_time_keep_all_threads():
    machine = Machine()
    machine.seconds = {2: 0.001, 1: 0.00095}
    threads = machine.threads()
    machine.run(threads.timed(machine.step), 5)
    assert threads.alone


def test_all_threads_are_not_taken_from_another_training():
    machine = Machine()
    machine.seconds = {2: 0.006, 1: 0.0086}  # faster, but the other training is slower
    machine.switches_per_step = 1
    threads = machine.threads(alone=False)
    machine.run(threads.timed(machine.step), 30)
    assert not threads.alone
    machine.switches_per_step = 0
    machine.run(threads.timed(machine.step), 30)
    assert threads.alone


def test_the_first_step_may_compile():
    machine = Machine()
    threads = machine.threads()
    step = threads.timed(machine.step)
    machine.seconds = {2: 10.0, 1: 10.0}
    step()
    machine.seconds = FREE
    machine.run(step, 1)
    assert threads.alone


def test_another_choice_meanwhile_wins():
    machine = Machine()
    machine.seconds = SHARED
    threads = machine.threads()
    step = threads.timed(machine.step)
    machine.run(step, 1)
    machine.blas.num_threads = 5
    machine.seconds = {5: 1.0}
    machine.run(step, 30)
    threads.restore()
    assert machine.blas.num_threads == 5


def test_of_two_libraries_only_the_one_that_was_set_elsewhere_is_left_alone():
    machine, other = Machine(), CountedBlas()
    threads = Threads([machine.blas, other], alone=False, clock=machine.clock, switches=lambda: 0)
    machine.blas.num_threads = 5
    threads.record(1.0)
    threads.restore()
    assert (machine.blas.num_threads, other.num_threads) == (5, 2)


def test_an_unfinished_trial_decides_nothing():
    machine = Machine()
    threads = machine.threads()
    step = threads.timed(machine.step)
    for _ in range(_threads.STEPS):
        step()
    assert machine.blas.num_threads == 1
    assert threads.alone
    threads.restore()
    assert machine.blas.num_threads == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_the_old_threads_and_may_choose(blas):
    set_threads("auto")
    _threads._was_alone = False
    with faster_threads(print, "numba"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of JAX and Python, about forks
        assert blas.num_threads == 1
        if (child := os.fork()) == 0:
            fine = blas.num_threads == 2
            with faster_threads(print, "numba") as step:
                os._exit(0 if fine and step is not print else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert blas.num_threads == 1
    assert blas.num_threads == 2


def test_a_wrong_choice_of_the_environment_changes_no_model(monkeypatch):
    X = np.random.RandomState(0).rand(20, 3)
    ae = AutoEncoder(2, random_state=0).fit(X, batch_sz=10, backend="jax")
    before, costs = ae.W.get_value(), list(ae.costs)
    monkeypatch.setenv("UDL_PT_THREADS", "2")
    with pytest.raises(ValueError, match="UDL_PT_THREADS is '2'"):
        ae.fit(X, batch_sz=10, backend="jax")
    np.testing.assert_array_equal(ae.W.get_value(), before)
    assert ae.costs == costs


def test_by_default_the_threads_stay():
    def step():
        raise AssertionError

    assert get_threads() == "fixed"
    with faster_threads(step, "numba") as same:
        assert same is step


@pytest.mark.parametrize("backend", ["numba", "c", None])
def test_auto_ends_with_the_threads_of_before(blas, backend):
    set_threads("auto")
    with pytest.raises(ZeroDivisionError), faster_threads(lambda: 1 // 0, backend) as step:
        step()
    assert blas.num_threads == 2
    with faster_threads(lambda: 5, backend) as step:
        assert {step() for _ in range(10)} == {5}
        assert blas.num_threads in (1, 2)
    assert blas.num_threads == 2


def test_the_next_training_starts_with_what_was_faster(blas, monkeypatch):
    set_threads("auto")
    monkeypatch.setattr(_threads, "_was_alone", False)
    with faster_threads(lambda: None, "numba"):
        assert blas.num_threads == 1
    assert blas.num_threads == 2
    assert _threads._was_alone is False


@pytest.mark.parametrize("name", _threads.OF_USERS)
def test_a_variable_of_the_user_wins(blas, monkeypatch, name):
    monkeypatch.setenv(name, "2")
    set_threads("auto")
    with faster_threads(print, "numba") as step:
        assert step is print


def test_fewer_threads_than_cores_are_a_choice_of_the_user(blas):
    blas.set_num_threads(1)
    set_threads("auto")
    with faster_threads(print, "numba") as step:
        assert step is print


def test_jax_has_threads_of_its_own(blas):
    set_threads("auto")
    with faster_threads(print, "jax") as step:
        assert step is print


def test_one_training_at_a_time_sets_the_threads_of_the_process(blas):
    set_threads("auto")
    seen = []

    def other():
        with faster_threads(print, "numba") as step:
            seen.append(step)

    with faster_threads(print, "numba") as step:
        assert step is not print
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == [print]
    with faster_threads(print, "numba") as step:
        assert step is not print


@pytest.mark.parametrize("choice", ["", "all", 2, True, ["auto"]])
def test_other_choices_are_refused(choice):
    set_threads("auto")
    with pytest.raises(ValueError, match=r"choice is .*, expected 'fixed' or 'auto'"):
        set_threads(choice)
    assert get_threads() == "auto"


def test_the_environment_chooses_until_a_call_does(monkeypatch):
    monkeypatch.setenv("UDL_PT_THREADS", "auto")
    assert get_threads() == "auto"
    set_threads("fixed")
    assert get_threads() == "fixed"
    monkeypatch.setenv("UDL_PT_THREADS", "2")
    set_threads(None)
    with pytest.raises(ValueError, match="environment's UDL_PT_THREADS is '2', expected 'fixed' or 'auto'"):
        get_threads()


@pytest.mark.parametrize("make", [AutoEncoder, eager.AutoEncoder])
def test_a_training_with_auto_tries_one_thread_and_learns_the_same(blas, make, monkeypatch):
    monkeypatch.setenv("UDL_PT_BACKEND", "numba")
    X = np.random.RandomState(0).rand(2000, 50)
    fixed = make(20, random_state=0).fit(X, mu=0.5)
    assert blas.counts == []
    udl_pt.set_threads("auto")
    auto = make(20, random_state=0).fit(X, mu=0.5)
    assert 1 in blas.counts
    assert blas.num_threads == 2
    for p, q in zip(fixed.params, auto.params, strict=True):
        p, q = (getattr(v, "get_value", lambda v=v: v)() for v in (p, q))
        np.testing.assert_allclose(q, p, rtol=1e-9, atol=1e-12)
