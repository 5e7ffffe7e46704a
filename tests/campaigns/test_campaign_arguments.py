"""The campaign of wrong arguments: a share of it, and that it can fail."""

import sys

import numpy as np
import pytest
from campaigns import arguments
from campaigns.wrong_values import VALUES, kind_of

from udl_pt import AutoEncoder, eager
from udl_pt._support import messages
from udl_pt._support.arguments import check_count
from udl_pt.models.autoencoder import check_option

KINDS = (AutoEncoder, eager.AutoEncoder, eager.RBM, eager.DNN)


def targets_of(kind):
    name = f"eager.{kind.__name__}" if kind.__module__.startswith("udl_pt.eager") else kind.__name__
    model = arguments.fitted(name)
    return [arguments._target(name, kind), arguments._target(f"{name}.fit", model.fit, model)]


def failures(targets, share, seed=0):
    every = [one for target in targets for one in arguments.tries_of(target)]
    chosen = np.random.default_rng(seed).permutation(len(every))[: int(share * len(every))]
    found = [arguments.complaint(*every[number]) for number in chosen]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_constructors_and_fits_refuse_wrong_arguments_in_words(kind):
    assert failures(targets_of(kind), 0.3) == []


def test_there_are_sixty_values_and_each_argument_has_a_kind():
    assert len(VALUES) >= 60
    for kind in KINDS:
        for target in targets_of(kind):
            for name in target.names:
                assert kind_of(target.name.removeprefix("eager."), name) != "unknown"


def silent(*arguments, **named):
    """Check nothing."""


def bare(value):
    return ""


def nothing_expected(value, name, options):
    if value not in options:
        raise ValueError(f"{name} {value!r}")


def own_error(value, name, options):
    if value not in options:
        raise KeyError(name)


def printing(value, name, options):
    sys.stdout.write("looked at")
    check_option(value, name, options)


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        (silent, "accepted"),
        (nothing_expected, "no way out"),
        (own_error, "KeyError"),
        (printing, "prints"),
    ],
)
def test_without_a_check_the_campaign_reports_it(monkeypatch, check, complaint):
    monkeypatch.setattr("udl_pt.models.autoencoder.check_option", check)
    found = failures([arguments._target("AutoEncoder", AutoEncoder)], 1)
    assert any(f"(hidden={name}): {complaint}" in one for one in found for name in ("-1", "text"))


def test_a_message_without_its_value_or_its_name_is_reported(monkeypatch):
    monkeypatch.setattr("udl_pt._support.arguments.shown", bare)
    target = arguments._target("AutoEncoder", AutoEncoder)
    assert any("show the value" in one for one in failures([target], 1))
    monkeypatch.setattr("udl_pt._support.arguments.shown", messages.shown)
    monkeypatch.setattr("udl_pt.models._layer.check_count", lambda value, name: check_count(value, "it"))
    assert any("doesn't name the argument" in one for one in failures([target], 1))


def test_a_changed_model_is_reported():
    model = arguments.fitted("eager.AutoEncoder")

    def fit(X):
        model.costs.append(0.0)
        raise ValueError(f"X is {X!r}, of type {type(X).__name__}: expected another")

    found = failures([arguments.Target("AutoEncoder.fit", fit, {}, ("X",), frozenset(), model)], 0.1)
    model.costs.clear()
    assert any("is another afterwards" in one for one in found)
