"""Pretraining with the inputs of the upper layers in temporary files: the same numbers, and nothing left."""

import itertools
import shutil
import sys
import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytensor
import pytest
from scipy.special import expit

from udl_pt import DBN, DNN, RBM, AutoEncoder, DeepAutoEncoder

N = 2300  # rows, in three chunks
FAST = {"pretrain_options": {"batch_sz": 100}}
X = np.random.default_rng(0).random((N, 8), "float32")
Y = np.arange(N) % 3
DATA = X, Y, X[:50], Y[:50]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the system lists no mapped files")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def mapped(folder):
    """Return how many files of a folder are mapped into memory."""
    return sum(str(folder) in line for line in Path("/proc/self/maps").read_text().splitlines())


class Watched(AutoEncoder):
    """An auto-encoder that records whether its input can be written."""

    def fit(self, X, *args, **options):
        self.writeable = X.flags.writeable
        return super().fit(X, *args, **options)


class Projected:
    """A layer of another kind: sigmoids of random projections. It needs no compiler."""

    def __init__(self, M):
        self.M, self.seen = M, []

    def fit(self, X, epochs=1):
        self.seen.append((type(X), X.dtype, X.shape))
        W = np.random.default_rng(self.M).normal(size=(X.shape[1], self.M))
        W[0] += X.mean(axis=0).sum()
        self.W, self.dW = pytensor.shared(W, "W"), pytensor.shared(0 * W, "dW")
        self.forward_params, self.forward_dparams = [self.W], [self.dW]

    def forward_hidden(self, X):
        return expit(X @ self.W)

    def hidden_op(self, X):
        return expit(X @ self.W.get_value())


CASES = {
    "DNN": lambda **o: DNN([6, 5, 4], random_state=0, dtype="float32").fit(*DATA, **FAST, **o),
    "DNN, held out": lambda **o: DNN([6, 5], random_state=0).fit(*DATA, validation=0.1, **FAST, **o),
    "DNN, not pretrained": lambda **o: DNN([6, 5], random_state=0).fit(*DATA, pretrain=False, **o),
    "DBN": lambda **o: DBN([6, 5, 4], RBM, random_state=0).fit(X, **FAST, **o),
    "DBN of other layers": lambda **o: DBN([6, 5, 4], Projected).fit(X, **o),
    "DeepAutoEncoder": lambda **o: DeepAutoEncoder([6, 5, 4], random_state=0).fit(X, **FAST, **o),
}


@pytest.mark.parametrize("case", CASES)
def test_the_numbers_are_those_of_memory(case, folder):
    usual, on_disk = CASES[case](), CASES[case](pretrain_on_disk=True)
    assert len(usual.params) >= 3
    for p, q in zip(usual.params, on_disk.params, strict=True):
        np.testing.assert_array_equal(p.get_value(), q.get_value())
    for attribute in ("costs", "valid_costs", "errors"):
        assert getattr(usual, attribute, None) == getattr(on_disk, attribute, None)
    for a, b in zip(usual.hidden_layers, on_disk.hidden_layers, strict=True):
        assert getattr(a, "costs", None) == getattr(b, "costs", None)
        assert getattr(a, "seen", None) == getattr(b, "seen", None)


def test_kept_layers_pass_their_values_on_in_files_too(folder):
    first = AutoEncoder(6, random_state=0).fit(X, batch_sz=100)
    weights = []
    for on_disk in (False, True):
        dbn = DBN([6, 5], Watched, random_state=1, dtype="float64")
        dbn.hidden_layers[0] = first
        dbn.fit(X, keep_layers=True, pretrain_on_disk=on_disk, **FAST)
        assert dbn.hidden_layers[1].writeable is not on_disk
        weights.append(dbn.hidden_layers[1].W.get_value())
    np.testing.assert_array_equal(*weights)


@LINUX
def test_a_file_is_gone_as_soon_as_no_layer_reads_it(folder):
    def look(progress):
        seen.append(mapped(folder))

    seen = []
    DNN([6, 5, 4], random_state=0).fit(*DATA, **FAST, pretrain_on_disk=True, callbacks=[look])
    assert seen == [0, 1, 1, 0]  # three layers, then fine-tuning
    assert mapped(folder) == 0


@LINUX
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_after_a_fit_that_failed_no_file_is_left(folder, error):
    def fail(progress):
        if progress.model is dbn.hidden_layers[1]:
            seen.append(mapped(folder))
            raise error

    seen, dbn = [], DBN([6, 5], random_state=0)
    with pytest.raises(error):
        dbn.fit(X, **FAST, pretrain_on_disk=True, callbacks=[fail])
    assert (seen, mapped(folder)) == ([1], 0)


def test_memory_does_not_grow_with_hidden_values(folder):
    rows = np.zeros((20_000, 2), "float32")
    of_a_layer = 20_000 * 100 * 8

    def peak(**options):
        tracemalloc.start()
        try:
            DBN([100, 100, 1], Projected).fit(rows, **options)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert 2 * of_a_layer < peak() < 2.5 * of_a_layer
    assert peak(pretrain_on_disk=True) < 0.3 * of_a_layer


@pytest.mark.parametrize(
    ("make", "values", "options"),
    [
        (partial(DBN, [9], random_state=0), 0, {}),
        (partial(DBN, [6, 9], random_state=0), 6, {}),
        (partial(DBN, [6, 5, 9], random_state=0), 6 + 5, {}),
        (partial(DBN, [6, 5, 9], random_state=0, dtype="float32"), (6 + 5) / 2, {}),
        (partial(DeepAutoEncoder, [3, 5, 4, 9], random_state=0), 5 + 4, {}),
        (partial(DeepAutoEncoder, [3, 5, 4, 9], random_state=0), (5 + 4) / 2, {"validation": 0.5}),
    ],
)
def test_what_has_no_room_is_refused_before_anything_is_drawn(folder, monkeypatch, make, values, options):
    """Room is needed for the inputs of two layers at a time, in the network's dtype."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(0, 0, free))
    network, free = make(), 8 * N * values
    network.fit(X, pretrain_epochs=0, pretrain_on_disk=True, **options)
    layers, state = [layer.W for layer in network.hidden_layers], network._generator.get_state()[1].copy()
    free -= 1
    with pytest.raises(OSError, match=rf"{folder} \(.* for {8 * N * values:,.0f} bytes\).* TMPDIR"):
        network.fit(X, pretrain_epochs=0, pretrain_on_disk=True, **options)
    assert [layer.W for layer in network.hidden_layers] == layers
    np.testing.assert_array_equal(network._generator.get_state()[1], state)
    network.fit(X, pretrain_epochs=0, **options)


@pytest.mark.parametrize("network", [DNN, DBN, DeepAutoEncoder])
def test_a_disk_that_fills_up_leaves_the_network_as_it_was(folder, network):
    resource = pytest.importorskip("resource")
    data = DATA if network is DNN else (X,)
    model = network([6, 5, 4], random_state=0).fit(*data, **FAST)
    before = [p.get_value() for p in itertools.chain(model.params, *(a.params for a in model.hidden_layers))]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))  # the first file takes 110,400 bytes
    try:
        with pytest.raises(OSError, match=rf"a temporary file in {folder} .*TMPDIR"):
            model.fit(*data, **FAST, pretrain_on_disk=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    after = [p.get_value() for p in itertools.chain(model.params, *(a.params for a in model.hidden_layers))]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.forward(X).shape[0] == N


@pytest.mark.parametrize("network", [DNN, DBN, DeepAutoEncoder])
def test_it_is_a_switch(network):
    data = DATA if network is DNN else (X,)
    with pytest.raises(TypeError, match="pretrain_on_disk is 'yes'"):
        network([6]).fit(*data, pretrain_on_disk="yes")
