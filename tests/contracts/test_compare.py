"""Models of a user's own in `compare`: other processes import their classes and train them."""

import copy

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from udl_pt import DNN, RBM, AutoEncoder
from udl_pt.cli import _compare as comparison_report
from udl_pt.comparison import _compare as comparison
from udl_pt.comparison import _worker as comparison_worker
from udl_pt.comparison._compare import compare

DATA = np.random.RandomState(0).rand(120, 20), np.arange(120) % 3


class Doubled(AutoEncoder):
    """An auto-encoder of one's own: other hidden units, and a constructor with another argument."""

    def __init__(self, M, factor=2.0, **options):
        super().__init__(M, **options)
        self.factor = factor

    def hidden_mean(self, A):
        return self.factor * super().hidden_mean(A)


class Projected:
    """A layer of one's own, without random state."""

    def __init__(self, M, dtype="float64"):
        self.M, self.dtype = M, dtype

    def fit(self, X, epochs=1):
        W = np.random.RandomState(0).randn(X.shape[1], self.M).astype(self.dtype)
        self.W, self.dW = pytensor.shared(W, "W"), pytensor.shared(0 * W, "dW")
        self.forward_params, self.forward_dparams = [self.W], [self.dW]

    def forward_hidden(self, X):
        return pt.sigmoid(X.dot(self.W))

    def hidden_op(self, X):
        return 1 / (1 + np.exp(-X @ self.W.get_value()))


class Slow(RBM):
    """Its hidden units get half of what they are sent."""

    def hidden_logits(self, V):
        return super().hidden_logits(V) / 2


STANDARDISED = (DATA[0] - DATA[0].mean(axis=0)) / DATA[0].std(axis=0)


def trained(model, X, fit, seed=0):
    """Train a copy here as `compare` does there, and return what its weights came to."""
    model = copy.deepcopy(model)
    comparison_worker.restart(model, seed)
    if isinstance(model, DNN):
        model.fit(X, DATA[1], X, DATA[1], pretrain=False, backend="jax", monitor=None, batch_sz=20, **fit)
    else:
        model.fit(X, backend="jax", monitor=None, batch_sz=20, **fit)
    return [p.get_value() for p in model.params]


@pytest.mark.parametrize(
    ("model", "fit"),
    [
        pytest.param(
            Doubled(5, 1.5, dtype="float64", output="sigmoid"),
            {"learning_rate": 0.05, "mu": 0.9},
            marks=pytest.mark.slow,
        ),
        (Slow(5, dtype="float64"), {"learning_rate": 0.1, "mu": 0.0, "k": 1}),
        pytest.param(
            DNN([5, 4], Doubled, dtype="float64"),
            {"learning_rate": 0.01, "mu": 0.9},
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            DNN([5, 4], Projected, dtype="float64"),
            {"learning_rate": 0.01, "mu": 0.9},
            marks=pytest.mark.slow,
        ),
        (RBM(5, visible="gaussian", dtype="float64"), {"learning_rate": 0.1, "mu": 0.0, "k": 1}),
    ],
    ids=["autoencoder", "rbm", "layers", "foreign layers", "gaussian"],
)
def test_a_model_that_has_no_twin_is_trained_by_the_symbolic_ways(model, fit, monkeypatch):
    """What the processes train is the class itself, from the seed on: its parameters are those found here."""
    kept = {}

    def apart(one, other):
        with np.load(one) as arrays:
            kept[one.name] = [arrays[name] for name in arrays.files]
        return 0.0

    monkeypatch.setattr(comparison, "_apart", apart)
    X = STANDARDISED if getattr(model, "visible", "") == "gaussian" else DATA[0]
    seen = compare(model, ["jax"], steps=6, data=(X, DATA[1]), batch_sz=20)
    assert [way.name for way in seen.ways] == ["jax"]
    assert (seen.reference, seen.baseline) == ("jax", None)
    assert sorted(seen.left_out) == ["numpy", "torch"]
    assert seen.model.startswith(type(model).__name__)
    for found, expected in zip(kept["jax-6.npz"], trained(model, X, {**fit, "epochs": 1}), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    assert comparison_report.table(seen).row_count == 1
