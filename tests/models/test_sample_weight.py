"""Weights of rows in fine-tuning, against training without those rows, repeats, and finite differences."""

import functools
import itertools

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from udl_pt import DNN, Batches, adam_updates, eager
from udl_pt.backends import BACKENDS
from udl_pt.callbacks import Checkpoint

PLAIN = {"pretrain": False, "learning_rate": 0.5, "mu": 0.5}


@pytest.fixture(scope="module")
def labelled():
    """Rows, labels 0 to 2, and weights, a third of which are 0."""
    rs = np.random.RandomState(0)
    return rs.rand(24, 5), rs.randint(3, size=24), np.where(np.arange(24) % 3 > 0, rs.rand(24), 0)


def network():
    return DNN([4], random_state=0, dtype="float64")


def values(model):
    return [p.get_value() for p in model.params]


def assert_close(some, other, atol=1e-10):
    for a, b in zip(values(some), values(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


ADAM = {"optimiser": functools.partial(adam_updates, learning_rate=0.01), "mu": 0.99, "learning_rate": 0.01}


@pytest.mark.core
@pytest.mark.parametrize(
    "options",
    [*({"backend": name} for name in BACKENDS), {"reg": 0.01, "mu": 0.9}, {"adversarial": 0.1}, ADAM],
    ids=[*BACKENDS, "reg", "adversarial", "adam"],
)
def test_rows_of_weight_zero_are_not_there(labelled, options):
    X, Y, w = labelled
    there = w > 0
    options = PLAIN | {"epochs": 5, "n_classes": 3} | options
    weighted = network().fit(X, Y, batch_sz=24, sample_weight=np.where(there, 7.0, 0), **options)
    rest = network().fit(X[there], Y[there], batch_sz=there.sum(), **options)
    assert_close(weighted, rest)


@pytest.mark.parametrize("batch_sz", [4, 24])
def test_equal_weights_are_none(labelled, batch_sz):
    X, Y, _ = labelled
    options = PLAIN | {"epochs": 3, "batch_sz": batch_sz}
    assert_close(network().fit(X, Y, sample_weight=np.full(24, 3), **options), network().fit(X, Y, **options))


def test_whole_weights_are_repeats(labelled):
    X, Y, _ = labelled
    w = np.arange(24) % 4
    options = PLAIN | {"epochs": 4, "n_classes": 3}
    repeated = network().fit(np.repeat(X, w, axis=0), np.repeat(Y, w), batch_sz=w.sum(), **options)
    assert_close(network().fit(X, Y, sample_weight=w, batch_sz=24, **options), repeated)


def cost(params, X, Y, w):
    """The weighted mean of minus the log-likelihoods, written out."""
    W, b, V, c = params
    logits = expit(X @ V + c) @ W + b
    return -(w * log_softmax(logits, axis=1)[np.arange(len(Y)), Y]).sum() / w.sum()


def test_a_step_follows_the_gradient_of_the_weighted_mean(labelled):
    X, Y, w = labelled
    start = network().fit(X, Y, pretrain=False, epochs=0)
    before = values(start)
    start.fit(X, Y, warm_start=True, learning_rate=1.0, mu=0.0, batch_sz=24, sample_weight=w)
    for number, (old, new) in enumerate(zip(before, values(start), strict=True)):
        differences = np.empty_like(old)
        for place in itertools.product(*map(range, old.shape)):
            ends = []
            for h in (1e-6, -1e-6):
                moved = [p.copy() for p in before]
                moved[number][place] += h
                ends.append(cost(moved, X, Y, w))
            differences[place] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(old - new, differences, atol=1e-8)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e300])
def test_the_scale_of_weights_does_not_matter(labelled, dtype, scale):
    X, Y, w = labelled
    one, other = (
        DNN([4], random_state=0, dtype=dtype).fit(X, Y, epochs=2, batch_sz=6, sample_weight=weights, **PLAIN)
        for weights in (w, w * scale)
    )
    assert_close(one, other, atol=1e-6 if dtype == "float32" else 1e-10)


def test_a_batch_whose_weights_are_zero_has_no_cost(labelled):
    X, Y, _ = labelled
    start = network().fit(X, Y, pretrain=False, epochs=0)
    before = values(start)
    weights = np.zeros(24)
    weights[0] = 1
    seen = []

    class Watch:
        def on_batch(self, progress):
            seen.append(values(start))

    options = PLAIN | {"mu": 0.0, "batch_sz": 1, "warm_start": True}
    start.fit(X, Y, sample_weight=weights, callbacks=[Watch()], **options)
    changes = [
        any((a != b).any() for a, b in zip(old, new, strict=True))
        for old, new in itertools.pairwise([before, *seen])
    ]
    assert sum(changes) == 1


def test_pretraining_and_records_have_no_weights(labelled):
    X, Y, w = labelled
    options = {"batch_sz": 6, "pretrain_options": {"batch_sz": 6}, "epochs": 0}
    assert_close(network().fit(X, Y, sample_weight=w, **options), network().fit(X, Y, **options), atol=0)
    weighted = network().fit(X, Y, X, Y, sample_weight=w, validation=0.25, **options | {"epochs": 2})
    log_p = np.log(weighted.forward(X)[np.arange(24), Y])
    assert weighted.costs[-1] == pytest.approx(-log_p.mean())
    assert len(weighted.valid_costs) == 2


def test_it_resumes_to_the_same_bits(labelled, tmp_path):
    X, Y, w = labelled
    options = {"epochs": 4, "batch_sz": 6, "sample_weight": w, "dropout": 0.2} | PLAIN
    whole = network().fit(X, Y, **options)

    def stop(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    stop.observes_only = True
    with pytest.raises(KeyboardInterrupt):
        network().fit(X, Y, callbacks=[Checkpoint(tmp_path / "checkpoint", every_epochs=1), stop], **options)
    with pytest.raises(ValueError, match="sample_weight is float64 of shape"):
        network().fit(X, Y, resume=tmp_path / "checkpoint", **options | {"sample_weight": w + 1})
    resumed = network().fit(X, Y, resume=tmp_path / "checkpoint", **options)
    assert_close(whole, resumed, atol=0)


def test_a_network_with_weights_does_not_reuse_the_step_without(labelled):
    X, Y, w = labelled
    options = PLAIN | {"batch_sz": 6}
    without = network().fit(X, Y, **options)
    weighted = network().fit(X, Y, sample_weight=w, **options)
    again = network().fit(X, Y, **options)
    assert_close(without, again, atol=0)
    assert any((a != b).any() for a, b in zip(values(without), values(weighted), strict=True))


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        (np.ones(23), ValueError, r"sample_weight has shape \(23,\), expected \(24,\): one weight for each"),
        (np.ones((24, 1)), ValueError, r"sample_weight has shape \(24, 1\)"),
        (2.0, ValueError, r"sample_weight has shape \(\), expected \(24,\)"),
        (np.arange(24) - 1.0, ValueError, r"sample_weight\[0\] is -1, expected finite weights of at least 0"),
        (np.where(np.arange(24) == 5, np.nan, 1), ValueError, r"sample_weight\[5\] is nan"),
        (np.where(np.arange(24) == 5, np.inf, 1), ValueError, r"sample_weight\[5\] is inf"),
        (np.zeros(24), ValueError, "sample_weight is zero for all rows, expected weights above 0"),
        (np.ones(24) * 1j, TypeError, "sample_weight has dtype complex128"),
        (["heavy"] * 24, TypeError, "sample_weight"),
    ],
)
def test_bad_weights_change_nothing(labelled, weights, error, message):
    X, Y, _ = labelled
    model = network()
    with pytest.raises(error, match=message):
        model.fit(X, Y, batch_sz=6, pretrain_options={"batch_sz": 6}, sample_weight=weights)
    assert not model.is_fitted


def test_where_there_are_no_weights(labelled):
    X, Y, w = labelled
    with pytest.raises(TypeError, match=r"sample_weight is an array .* but X comes batch by batch: omit it"):
        network().fit(Batches(lambda: iter([(X, Y)])), None, batch_sz=6, sample_weight=w)
    with pytest.raises(ValueError, match=r"sample_weight is .* which the eager DNN.fit does not support"):
        eager.DNN([4]).fit(X, Y, sample_weight=w)
