"""Signals that come within what must happen whole."""

import contextlib
import logging
import os
import signal
import threading
import time

import numpy as np
import pytensor
import pytest
from llvmlite.binding import ffi
from numba.core import compiler_lock

from udl_pt import DNN, AutoEncoder, eager
from udl_pt._support.interrupts import (
    Ended,
    deferring_signals,
    ending_by_signals,
    interruptible,
    uninterrupted,
)
from udl_pt.backends import BACKENDS, _programs

X = np.random.RandomState(0).rand(20, 5)
Y = np.arange(20) % 2


@pytest.fixture(autouse=True)
def handlers_stay():
    before = [signal.getsignal(number) for number in signal.valid_signals()]
    yield
    assert [signal.getsignal(number) for number in signal.valid_signals()] == before


def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_a_signal_waits_for_the_end():
    done = []

    def work():
        interrupt()
        done.append(1)

    with pytest.raises(KeyboardInterrupt):
        uninterrupted(work)
    assert done == [1]

    @deferring_signals
    def many():
        for _ in range(3):
            uninterrupted(work)

    with pytest.raises(KeyboardInterrupt):
        many()
    assert done == [1, 1]


def test_between_calls_and_in_long_work_it_comes_at_once():
    done = []

    @deferring_signals
    def between():
        uninterrupted(done.append, 1)
        interrupt()
        done.append(2)

    def long():
        with interruptible():
            interrupt()
            done.append(3)

    for function in (between, lambda: uninterrupted(long)):
        with pytest.raises(KeyboardInterrupt):
            function()
    assert done == [1]


def test_nested_calls_wait_for_the_outermost_and_other_signals_wait_too():
    done = []

    class Late(Exception):
        pass

    def late(number, frame):
        raise Late

    def outer():
        uninterrupted(interrupt)
        signal.raise_signal(signal.SIGTERM)
        done.append(1)

    before = signal.signal(signal.SIGTERM, late)
    try:
        with pytest.raises((KeyboardInterrupt, Late)):
            uninterrupted(outer)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done == [1]


def test_what_a_function_raises_and_returns_comes_through():
    assert uninterrupted(lambda a, b: a + b, 1, b=2) == 3
    with pytest.raises(ZeroDivisionError):
        uninterrupted(lambda: 1 / 0)


def test_in_another_thread_nothing_is_replaced():
    seen = []
    work = deferring_signals(lambda: uninterrupted(lambda: seen.append(signal.getsignal(signal.SIGINT))))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


def after(batches):
    """Train without a signal, that many batches."""

    def stop(progress):
        progress.stop = progress.batch == batches

    stop.on_batch = stop
    model = eager.AutoEncoder(3, random_state=0)
    model.fit(X, batch_sz=4, callbacks=[stop])
    return model


def test_an_interrupt_in_a_step_comes_after_it(monkeypatch):
    gradients, calls = eager.AutoEncoder._gradients, []

    def interrupted(self, *batch):
        calls.append(1)
        if len(calls) == 3:
            interrupt()
        return gradients(self, *batch)

    expected = after(3)
    monkeypatch.setattr(eager.AutoEncoder, "_gradients", interrupted)
    model = eager.AutoEncoder(3, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, batch_sz=4)
    for found, right in zip(model.params + model.dparams, expected.params + expected.dparams, strict=True):
        np.testing.assert_array_equal(found, right)


def test_an_interrupt_of_the_first_call_undoes_it(monkeypatch):
    """It may come when the compiled function has already stored its updates."""
    started, function = AutoEncoder(3, random_state=0).fit(X, epochs=0), pytensor.function

    def compiling(*arguments, **options):
        compiled = function(*arguments, **options)

        def call(*values):
            compiled(*values)
            interrupt()

        return call

    _programs.clear_programs()
    monkeypatch.setattr(pytensor, "function", compiling)
    model = AutoEncoder(3, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, batch_sz=4)
    monkeypatch.undo()
    for found, right in zip(model.params + model.dparams, started.params + started.dparams, strict=True):
        np.testing.assert_array_equal(found.get_value(), right.get_value())
    assert model.forward_hidden(X).shape == (20, 3)


@pytest.mark.parametrize("name", BACKENDS)
def test_an_interrupt_of_compiling_leaves_no_lock_taken(name, monkeypatch):
    """It may come where a function of Python has taken a lock, and before a ``with`` knows of that."""
    locks = [logging._lock, ffi.lib._lock._lock, compiler_lock.global_compiler_lock._lock]

    def compiling(*arguments, **options):
        for lock in (*locks, locks[0]):
            lock.acquire()
        interrupt()

    _programs.clear_programs()
    monkeypatch.setattr(pytensor, "function", compiling)
    with pytest.raises(KeyboardInterrupt):
        AutoEncoder(3, random_state=0).fit(X, batch_sz=4, backend=name)
    free = []

    def look():
        for lock in locks:
            free.append(lock.acquire(timeout=1))
            if free[-1]:
                lock.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert free == [True] * len(locks)


@pytest.mark.parametrize("again", [False, True])
def test_an_interrupt_in_compiled_code_is_raised_as_itself(again, monkeypatch):
    """Python turns it into a SystemError, where C code returns a result in spite of it."""

    def failing(*arguments, **options):
        def call(*values):
            try:
                raise SystemError("returned a result with an exception set") from causes[-1]
            except SystemError as error:
                if not again:
                    raise
                raise SystemError(f"{error}, said once more")  # noqa: B904, as PyTensor does

        return call

    _programs.clear_programs()
    monkeypatch.setattr(pytensor, "function", failing)
    causes = []
    for cause, error in ((KeyboardInterrupt(), KeyboardInterrupt), (ValueError("a"), SystemError)):
        causes.append(cause)
        with pytest.raises(error):
            AutoEncoder(3, random_state=0).fit(X, batch_sz=4)


@pytest.mark.parametrize("Network", [DNN, eager.DNN])
def test_a_network_that_is_ended_in_pretraining_has_no_parameters(Network):
    """Whatever ends its second fit, unless it is an ordinary error: then it keeps what it had."""
    network = Network([3, 2], random_state=0)
    network.fit(X, Y, X, Y, batch_sz=4, pretrain_options={"batch_sz": 4})
    for error, fitted in ((ValueError, True), (SystemExit, False)):

        def end(progress, error=error):
            raise error

        with pytest.raises(error):
            network.fit(X, Y, X, Y, batch_sz=4, pretrain_options={"batch_sz": 4}, callbacks=[end])
        assert hasattr(network, "params") == fitted


def lost_in_a_finalizer(number):
    class Finalized:
        def __del__(self):
            signal.raise_signal(number)

    Finalized()


def lost_in_code_that_drops_it(number):
    with contextlib.suppress(BaseException):
        signal.raise_signal(number)


@pytest.mark.parametrize("lose", [lost_in_a_finalizer, lost_in_code_that_drops_it])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_whose_exception_is_lost_is_sent_again(number, lose, capsys):
    @deferring_signals
    def fit():
        lose(number)
        for _ in range(1000):
            uninterrupted(time.sleep, 0.01)

    with pytest.raises(Ended) as ended, ending_by_signals():
        fit()
    assert ended.value.number == number
    assert capsys.readouterr().err == ""


def test_a_signal_that_ended_a_context_is_not_sent_again(monkeypatch):
    sent = []
    monkeypatch.setattr(os, "kill", lambda process, number: sent.append(number))
    with contextlib.suppress(Ended), ending_by_signals():
        signal.raise_signal(signal.SIGTERM)
    with ending_by_signals():
        lost_in_a_finalizer(signal.SIGTERM)  # the context ends before it is sent again
    time.sleep(0.2)
    assert sent == []
