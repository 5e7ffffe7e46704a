"""A small share of the campaign on numbers, and that it finds what it is there to find."""

import warnings

import numpy as np
import pytest
from campaigns import numbers

import udl_pt._support.precision
import udl_pt.eager
import udl_pt.training.loop

PCA, P, SNE, EAGER, SYMBOLIC = (campaign.run for campaign in numbers.CAMPAIGNS)


def failures(run, tries, seed=0):
    return [result for result in run(tries, seed) if result is not None]


SHARES = {"PCA": (PCA, 300), "P": (P, 60), "SNE": (SNE, 24), "eager": (EAGER, 60), "symbolic": (SYMBOLIC, 8)}


@pytest.mark.parametrize("share", SHARES)
def test_a_small_share_fails_nowhere(share):
    assert failures(*SHARES[share]) == []


def test_a_whitening_that_refuses_nothing_is_found(monkeypatch):
    for side in ("udl_pt.models.pca", "udl_pt.eager.pca"):
        monkeypatch.setattr(f"{side}.check_whitening", lambda *arguments: None)
    found = failures(PCA, 300)
    assert any("whitened a component of variance" in failure for failure in found)


def test_data_that_are_not_scaled_are_found(monkeypatch):
    class Unscaled(udl_pt._support.precision.Centre):
        def scaled(self, rows):
            with np.errstate(over="ignore"):
                return rows - rows.mean(axis=0, dtype=float)

    def centre(X):
        found = udl_pt._support.precision.centre(X)
        return Unscaled(found.own, found.shift, 0)

    for module in ("models.pca", "eager.pca", "models._sne.affinities"):
        monkeypatch.setattr(f"udl_pt.{module}.centre", centre)
    assert len(failures(PCA, 300)) > 5
    assert len(failures(P, 60)) > 5


def test_costs_that_are_infinite_are_found(monkeypatch):
    monkeypatch.setattr(udl_pt.training.loop, "_finite", lambda cost, progress: cost)
    run = numbers.training(lambda rng: numbers.train_layer(udl_pt.eager, "bernoulli", rng))
    assert failures(run, 1) == []  # it works as such
    monkeypatch.setattr("udl_pt.eager.rbm.RBM._cost", lambda self, X: np.inf)
    assert all("not finite" in failure for failure in failures(run, 20))
    assert failures(run, 20) != []


def test_a_wrong_gradient_and_a_warning_are_found(monkeypatch):
    run = numbers.training(lambda rng: numbers.train_classifier(udl_pt.eager, rng))
    right = udl_pt.eager.DNN._gradients
    monkeypatch.setattr(
        udl_pt.eager.DNN, "_gradients", lambda *arguments: [1.001 * g for g in right(*arguments)]
    )
    assert any("after a step" in failure for failure in failures(run, 30))

    def loud(*arguments):
        warnings.warn("overflow", RuntimeWarning, stacklevel=2)
        return right(*arguments)

    monkeypatch.setattr(udl_pt.eager.DNN, "_gradients", loud)
    assert any("RuntimeWarning: overflow" in failure for failure in failures(run, 5))
