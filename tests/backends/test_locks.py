"""Forks: JAX that would hang is refused, and locks of the parent's other threads are free in the child."""

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")

START = """
import os, signal, sys, threading, time, warnings
import numpy as np, pytensor.tensor as pt
from udl_pt import AutoEncoder
from udl_pt.backends import Function, _locks as locks, get_backend, shared

warnings.simplefilter("ignore")  # of Python and JAX, which warn that a process with threads forks


def in_child(work):
    if not (child := os.fork()):
        signal.alarm(100)  # ends a child that hangs
        try:
            print(work(), flush=True)
        except Exception as error:
            print(type(error).__name__, error, flush=True)
        finally:
            os._exit(0)
    if status := os.waitpid(child, 0)[1]:
        print("status", status, flush=True)


def double(name):
    return Function([x], 2 * x, backend=name)


def in_python():
    return Function([x], 2 * x, compiled=False)


x, p = pt.vector("x", dtype="float64"), shared(np.ones(2), "p")
"""


def run(code):
    """Run `code` after `START` in a process of its own; return the lines that it prints."""
    result = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.mark.core
def test_jax_is_refused_in_a_child_of_a_parent_that_used_it():
    lines = run("""
f = double("jax")
f(np.ones(2))
in_child(lambda: f(np.ones(2)))
in_child(lambda: Function([x], 3 * x, backend="jax"))
in_child(lambda: AutoEncoder(2).fit(np.eye(4), backend="jax"))
in_child(lambda: in_child(lambda: get_backend("jax")))
in_child(lambda: double("numba")(np.ones(2)))
print(f(np.ones(2)))
""")
    refused = [
        line for line in lines if line.startswith("RuntimeError backend is 'jax', but JAX was started")
    ]
    assert len(refused) == 4
    assert all("multiprocessing.get_context('spawn')" in line for line in refused)
    assert [line for line in lines if line not in refused] == ["None", "[2. 2.]", "[2. 2.]"]


@pytest.mark.core
def test_jax_works_in_a_child_of_a_parent_that_did_not_start_it():
    assert run("""
get_backend("jax")  # imports it
in_child(lambda: double("jax")(np.ones(2)))
""") == ["[2. 2.]"]


@pytest.mark.parametrize("name", ["numba", "c"])
def test_a_child_calls_and_compiles_what_its_parent_compiled(name):
    assert run(f"""
f = double({name!r})
f(np.ones(2))
in_child(lambda: f(np.ones(2)))
in_child(lambda: Function([x], 3 * x + p, backend={name!r})(np.ones(2)))
""") == ["[2. 2.]", "[4. 4.]"]


@pytest.mark.core
def test_locks_that_another_thread_of_the_parent_holds_are_free_in_the_child():
    assert run("""
f = Function([x], x + p, compiled=False)
f(np.ones(2))
held, done = threading.Event(), threading.Event()


def hold():
    with locks.lock_of(p).lock:
        held.set()
        done.wait()


thread = threading.Thread(target=hold)
thread.start()
held.wait()
in_child(lambda: f(np.ones(2)))
done.set()
thread.join()
print(f(np.ones(2)))
""") == ["[2. 2.]", "[2. 2.]"]


@pytest.mark.core
def test_a_process_waits_for_a_compilation_before_it_forks():
    assert run("""
f = in_python()
started, first = threading.Event(), Function._first


def slowly(self, arguments):
    started.set()
    time.sleep(1)
    return first(self, arguments)


Function._first = slowly
thread = threading.Thread(target=f, args=(np.ones(2),))
thread.start()
started.wait()
in_child(lambda: (f.operations() != [], f(np.ones(2)), in_python()(np.ones(2))))
thread.join()
print(in_python()(np.ones(2)))
""") == ["(True, array([2., 2.]), array([2., 2.]))", "[2. 2.]"]


def test_a_child_that_hangs_would_be_seen():
    lines = run("""
lock = locks.lock_of(p)
locks._all_locks.discard(lock)
thread = threading.Thread(target=lambda: (lock.lock.acquire(), time.sleep(3)))
thread.start()
time.sleep(0.5)
signal.alarm = lambda seconds: signal.setitimer(signal.ITIMER_REAL, 1)
in_child(lambda: Function([x], x + p, compiled=False)(np.ones(2)))
os._exit(0)
""")
    assert lines == [f"status {int(signal.SIGALRM)}"]
