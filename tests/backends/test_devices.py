"""Several devices of JAX: the numbers are those of one device.

JAX has as many devices of the processor as a variable says when it starts. So each test starts processes.
"""

import io
import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from udl_pt import AutoEncoder
from udl_pt.cli._doctor import examine

FITS = """
import contextlib, json, sys
import jax
import numpy as np
from udl_pt import DNN, RBM, AutoEncoder
from udl_pt.backends import Function
from udl_pt.callbacks import EarlyStopping
from udl_pt.symbolic.corruption import masking

X = np.random.default_rng(0).random((120, 12))
Y = np.arange(120) % 3

def auto_encoder(**options):
    ae = AutoEncoder(5, random_state=0, corruption=masking(0.3))
    stopping = EarlyStopping(ae, patience=1, watch="costs")
    return ae.fit(X, learning_rate=0.1, epochs=4, batch_sz=20, callbacks=[stopping], **options)

def rbm(**options):
    return RBM(5, random_state=0).fit(X, epochs=2, batch_sz=20, k=2, **options)

def persistent(**options):
    machine = RBM(5, random_state=0).fit(X, epochs=2, batch_sz=20, persistent=True, **options)
    return machine.fit(X, epochs=1, batch_sz=20, persistent=True, warm_start=True, **options)

def odd_chains(**options):
    return RBM(5, random_state=0).fit(X, epochs=2, batch_sz=20, persistent=True, n_chains=9, **options)

def square(**options):
    return RBM(20, random_state=0).fit(X, epochs=2, batch_sz=12, persistent=True, n_chains=20, **options)

def network(**options):
    options |= {"dropout": 0.2, "pretrain_options": {"batch_sz": 20}}
    return DNN([6, 5], random_state=0).fit(X, Y, X, Y, epochs=2, batch_sz=40, **options)

def weighted(**options):
    options |= {"sample_weight": Y + X[:, 0], "pretrain": False}
    return DNN([6, 5], random_state=0).fit(X, Y, X, Y, epochs=2, batch_sz=40, **options)

FITS = auto_encoder, rbm, persistent, odd_chains, square, network, weighted

def numbers(model):
    parts = [model, *getattr(model, "hidden_layers", ())]
    assert all(type(p.get_value(borrow=True)) is np.ndarray for part in parts for p in part.params)
    found = [array.tolist() for array in model.state_dict().values()]
    chains = getattr(model, "chains", None)
    return [*found, *([] if chains is None else [chains.tolist()]), model.costs]
"""


def run(code, **environment):
    command = [sys.executable, "-c", FITS + code]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def four_devices(code):
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    return run(code, XLA_FLAGS=flags, JAX_PLATFORMS="cpu")


def test_the_numbers_are_those_of_one_device():
    code = """
assert len(jax.devices()) == 4
print(json.dumps([[numbers(fit(backend="jax", devices=n)) for fit in FITS] for n in (None, 4)]))
"""
    for one, four in zip(*four_devices(code), strict=True):
        for a, b in zip(one, four, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)


def test_rows_are_divided_and_parameters_are_not():
    code = """
seen = {}
def see(progress):
    seen["W"] = list(progress.model.W.container.storage[0].sharding.spec)

original = Function._placed
def placed(self, variables, arguments):
    arguments, done = original(self, variables, arguments)
    if not done:
        return arguments, done
    seen["arguments"] = [[a.shape, list(a.sharding.spec)] for a in arguments if a.ndim]
    seen["chains"] = [list(v.container.storage[0].sharding.spec) for v in variables if v.name == "chains"]
    return arguments, done
Function._placed = placed

class See:
    def on_batch(self, progress):
        see(progress)

RBM(20, random_state=0).fit(
    X, epochs=1, batch_sz=20, persistent=True, monitor=None, backend="jax", devices=4, callbacks=[See()]
)
print(json.dumps(seen))
"""
    seen = four_devices(code)
    assert not any(seen["W"])
    assert seen["chains"][0][0] == "rows"
    assert len(seen["arguments"]) >= 2  # the batch, and draws
    for shape, spec in seen["arguments"]:
        assert spec[shape.index(20) if 20 in shape else 0] == ("rows" if 20 in shape else None)


def test_nothing_but_the_guard_comes_back_from_a_step():
    """JAX forbids transfers that nobody asked for; the result of the guard is read after the step."""
    code = """
run = Function._run
def guarded(self, arguments):
    compiled = self.devices and self._program is not None  # compiling stores constants on the devices
    with jax.transfer_guard("disallow") if compiled else contextlib.nullcontext():
        return run(self, arguments)
Function._run = guarded
print(json.dumps([numbers(fit(backend="jax", devices=4)) for fit in FITS] and "passed"))
"""
    assert four_devices(code) == "passed"


def test_devices_of_two_processes():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    code = """
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(sys.argv[1], 2, int(sys.argv[2]))
assert len(jax.local_devices()) == 1
print()
print(json.dumps([numbers(fit(backend="jax", devices=2)) for fit in FITS]))
"""
    command = [sys.executable, "-c", FITS + code, address]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    both = [
        subprocess.Popen(
            [*command, str(i)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        for i in range(2)
    ]
    printed = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    first, second = (json.loads(out.splitlines()[-1]) for out, _ in printed)
    alone = run('print(json.dumps([numbers(fit(backend="jax")) for fit in FITS]))', JAX_PLATFORMS="cpu")
    assert first == second
    for a, b in zip(alone, first, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"devices": 2, "backend": "numba"}, ValueError, "devices is 2, but the backend is 'numba'"),
        ({"devices": 1000}, ValueError, "devices is 1000, but JAX has .*: pass 1 to"),
        ({"devices": 0}, ValueError, "devices is 0"),
        ({"devices": "all"}, TypeError, "devices is 'all', expected a number, or devices such as"),
        ({"devices": True}, TypeError, "devices is True"),
        ({"devices": []}, TypeError, r"devices is \[\]"),
    ],
)
def test_bad_devices_change_nothing(options, error, message):
    ae = AutoEncoder(3)
    with pytest.raises(error, match=message):
        ae.fit(np.eye(4), batch_sz=2, **{"backend": "jax", **options})
    assert not ae.is_fitted


def test_batches_that_can_not_be_divided_are_refused():
    code = """
said = []
for devices in (3, [jax.devices()[0]] * 2):
    try:
        auto_encoder(backend="jax", devices=devices)
    except ValueError as error:
        said.append(str(error))
print(json.dumps(said))
"""
    uneven, twice = four_devices(code)
    assert (
        uneven == "batch_sz is 20, which 3 devices can't share evenly: pass a multiple of 3, such as 18 or 21"
    )
    assert "has a device twice: pass each once" in twice


def test_the_doctor_names_the_devices():
    console = Console(file=io.StringIO(), width=200)
    for table in examine():
        console.print(table)
    assert "cpu:0" in console.file.getvalue()
