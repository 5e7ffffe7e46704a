"""Plans of sweeps: which trials they have, and which mistakes they name."""

import re

import numpy as np
import pytensor.tensor as pt
import pytest
from scipy import stats
from sklearn.model_selection import ParameterSampler

from udl_pt import DNN, PCA, RBM, AutoEncoder, RandomStreams, adam_updates
from udl_pt._support.exceptions import DataError
from udl_pt.sweeps import Plan, Trial, read_plan
from udl_pt.sweeps._models import fit_options, new_model

DATA = {"place": "digits"}


def new_trial_model(plan, i):
    trial = plan.trials[i]
    return new_model(plan.kind, plan.options | trial.options, trial.seed)


def test_a_grid_has_a_trial_for_each_setting_seed_and_fold():
    plan = Plan("RBM", DATA, {"M": 5}, grid={"k": [1, 2], "mu": [0.0, 0.5]}, seeds=[3, 4], folds=3)
    expected = {
        (k, mu, seed, fold) for k in (1, 2) for mu in (0.0, 0.5) for seed in (3, 4) for fold in range(3)
    }
    found = [(t.options["k"], t.options["mu"], t.seed, t.fold) for t in plan.trials]
    assert len(found) == len(expected)
    assert set(found) == expected


def test_grids_in_a_list_may_vary_different_options():
    plan = Plan("RBM", DATA, {"M": 5}, grid=[{"k": [1, 2]}, {"persistent": [True]}])
    assert [trial.options for trial in plan.trials] == [{"k": 1}, {"k": 2}, {"persistent": True}]


def test_a_plan_that_varies_nothing_has_a_trial_for_each_seed():
    plan = Plan("RBM", DATA, {"M": 5}, seeds=[1, 2])
    assert plan.trials == [Trial({}, 1, 0), Trial({}, 2, 0)]


def test_a_random_search_draws_as_scikit_learn_does():
    distribution = {"call": "scipy.stats:loguniform", "a": 1e-3, "b": 1.0}
    plan = Plan(
        "RBM", DATA, {"M": 5}, random={"learning_rate": distribution, "k": [1, 2, 3]}, draws=5, draws_seed=7
    )
    space = {"learning_rate": stats.loguniform(1e-3, 1.0), "k": [1, 2, 3]}
    assert [t.options for t in plan.trials] == list(ParameterSampler(space, 5, random_state=7))
    assert {type(value) for t in plan.trials for value in t.options.values()} == {float, int}


def test_options_go_to_the_constructor_and_to_fit_and_names_are_imported():
    options = {
        "UnsupervisedModel": ["udl_pt:RBM", "udl_pt:AutoEncoder"],
        "optimiser": "udl_pt:adam_updates",
        "epochs": 3,
        "pretrain_options": {"optimiser": "udl_pt:adam_updates", "batch_sz": 10},
    }
    plan = Plan("DNN", DATA, options, grid={"hidden_layer_sizes": [[5, 4], [6, 7]]})
    model = new_trial_model(plan, 1)
    assert isinstance(model, DNN)
    assert [(type(layer), layer.M) for layer in model.hidden_layers] == [(RBM, 6), (AutoEncoder, 7)]
    assert fit_options(plan.kind, plan.options | plan.trials[1].options) == {
        "optimiser": adam_updates,
        "epochs": 3,
        "pretrain_options": {"optimiser": adam_updates, "batch_sz": 10},
    }


def test_a_call_is_made_with_its_arguments():
    corruption = {"call": "udl_pt.symbolic.corruption:masking", "p": 0.25}
    plan = Plan(
        "AutoEncoder",
        DATA,
        {"M": 5},
        grid={"corruption": [corruption, {"call": "udl_pt.symbolic.corruption:gaussian", "sd": 1.0}]},
    )
    masked = new_trial_model(plan, 0).corruption(pt.ones((2000,)), RandomStreams(0)).eval()
    assert set(masked) == {0.0, 1.0}
    assert 0.7 < masked.mean() < 0.8


def test_a_class_of_ones_own_beside_the_file(tmp_path):
    (tmp_path / "layers_of_mine.py").write_text(
        "from udl_pt import AutoEncoder\nclass Mine(AutoEncoder): pass\n"
    )
    file = tmp_path / "plan.toml"
    file.write_text('model = "layers_of_mine:Mine"\n[options]\nM = 4\n')
    plan = read_plan(file)
    model = new_trial_model(plan, 0)
    assert (type(model).__name__, isinstance(model, AutoEncoder), model.M) == ("Mine", True, 4)


def test_a_file_has_the_parameters_of_the_class(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text("""
        model = "RBM"
        seeds = [1, 2]
        folds = 4
        score = "valid_costs"
        patience = 3
        draws = 2
        draws_seed = 5
        threads = 2
        [data]
        place = "digits"
        [options]
        M = 3
        [random]
        mu = { call = "scipy.stats:uniform", loc = 0.0, scale = 0.9 }
    """)
    expected = Plan(
        "RBM",
        DATA,
        {"M": 3},
        random={"mu": {"call": "scipy.stats:uniform", "loc": 0.0, "scale": 0.9}},
        draws=2,
        draws_seed=5,
        seeds=[1, 2],
        folds=4,
        score="valid_costs",
        patience=3,
        threads=2,
        folder=str(tmp_path),
    )
    assert read_plan(file) == expected


def test_further_arguments_are_those_of_the_base(tmp_path):
    (tmp_path / "further_arguments.py").write_text(
        "from udl_pt import AutoEncoder\n"
        "class Mine(AutoEncoder):\n"
        "    def __init__(self, M, **further): super().__init__(M, **further)\n"
        "    def fit(self, X, **further): return super().fit(X, **further)\n"
    )
    options = {"M": 4, "dtype": "float32", "batch_sz": 10}
    plan = Plan("further_arguments:Mine", DATA, options, seeds=[3], folder=str(tmp_path))
    assert plan.score_name == "valid_costs"
    model, expected = new_trial_model(plan, 0), AutoEncoder(4, dtype="float32", random_state=3)
    for one in model, expected:
        one.fit(np.full((20, 6), 0.5), epochs=1, batch_sz=10)
    np.testing.assert_array_equal(model.W.get_value(), expected.W.get_value())
    assert fit_options(plan.kind, plan.options) == {"batch_sz": 10}
    with pytest.raises(ValueError, match="batch in options is no argument of Mine, expected one of M, "):
        Plan("further_arguments:Mine", DATA, {"M": 4, "batch": 10}, folder=str(tmp_path))


def test_a_model_without_draws_gets_no_seed():
    assert (
        new_trial_model(Plan("PCA", DATA, {}, score="udl_pt:error_rate"), 0).get_params()
        == PCA().get_params()
    )


def test_draws_of_arrays_are_lists():
    draw = {"call": "scipy.stats:dirichlet", "alpha": [1, 1]}
    (trial,) = Plan("RBM", DATA, {"M": 5}, random={"mu": draw}, draws=1).trials
    np.testing.assert_array_equal(trial.options["mu"], stats.dirichlet([1, 1]).rvs(random_state=0))


GOOD = {"model": "RBM", "data": DATA, "options": {"M": 5}}
WRONG = {
    "model": ({"model": "Rbm"}, ValueError, "model is 'Rbm', expected one of AutoEncoder, RBM,"),
    "module": ({"model": "nowhere:Mine"}, ValueError, "'nowhere:Mine' can't be imported (No module named"),
    "name": ({"model": "udl_pt:Rbm"}, ValueError, "'udl_pt:Rbm' can't be imported"),
    "data": ({"data": {"file": "x"}}, ValueError, "data has the key 'file', expected one of place, label"),
    "two places": ({"data": {"place": "digits", "X": "x"}}, ValueError, "data has place and X or Y"),
    "Y alone": ({"data": {"Y": "y.npy"}}, ValueError, "data has Y without X"),
    "no table": ({"options": [1]}, TypeError, "options is [1], expected a table"),
    "argument": (
        {"options": {"M": 5, "rate": 1}},
        ValueError,
        "rate in options is no argument of RBM, expected",
    ),
    "no list": ({"grid": {"k": 1}}, ValueError, "k of grid is 1, expected a list"),
    "empty": ({"grid": {"k": []}}, ValueError, "k of grid is [], expected a list"),
    "own": (
        {"options": {"random_state": 1}},
        ValueError,
        "random_state in options: a sweep takes it from seeds",
    ),
    "own in grid": ({"grid": {"rng": [1]}}, ValueError, "rng in grid: a sweep takes it from seeds"),
    "twice": ({"grid": {"M": [1]}}, ValueError, "M varies, but is in options, too"),
    "a bad value": ({"options": {"M": -5}}, ValueError, "M is -5"),
    "a bad setting": ({"options": {}, "grid": {"M": [5, 0]}}, ValueError, "M is 0"),
    "both": ({"grid": {"k": [1]}, "random": {"k": [1]}, "draws": 1}, ValueError, "grid and random"),
    "draws of few": (
        {"random": {"k": [1, 2], "mu": [0.0]}, "draws": 3},
        ValueError,
        "draws is 3, but random has 2 combinations: draw fewer, or use grid",
    ),
    "no settings": ({"grid": []}, TypeError, "grid is [], expected a table"),
    "no class": (
        {"model": "udl_pt:adam_updates"},
        ValueError,
        "model is 'udl_pt:adam_updates', expected one",
    ),
    "no fit": ({"model": "builtins:dict"}, ValueError, "model is 'builtins:dict', expected one of"),
    "draws": ({"random": {"k": [1, 2]}}, ValueError, "draws is missing"),
    "random": ({"draws": 2}, ValueError, "random is missing"),
    "no distribution": (
        {"random": {"k": {"call": "builtins:dict", "a": 1}}, "draws": 1},
        ValueError,
        "k of random is {'a': 1}, expected a distribution",
    ),
    "call fails": (
        {"random": {"k": {"call": "scipy.stats:randint", "lo": 1}}, "draws": 1},
        ValueError,
        "the call of scipy.stats:randint fails",
    ),
    "no function": ({"options": {"M": {"call": 3}}}, ValueError, "call is 3, expected 'module:name'"),
    "seeds": ({"seeds": 3}, TypeError, "seeds is 3, expected a list"),
    "a seed": ({"seeds": [-1]}, ValueError, "seeds is -1"),
    "equal seeds": ({"seeds": [1, 1]}, ValueError, "seeds is [1, 1], expected different ones"),
    "folds": ({"folds": 1}, ValueError, "folds is 1"),
    "folds and validation": (
        {"folds": 2, "options": {"M": 5, "validation": 0.5}},
        ValueError,
        "validation is set, but folds are the rows held out",
    ),
    "patience": ({"patience": 0}, ValueError, "patience is 0"),
    "patience with a function": (
        {"patience": 2, "score": "udl_pt:error_rate"},
        ValueError,
        "patience is 2, but score is a function",
    ),
    "score": ({"score": 3}, TypeError, "score is 3, expected the name"),
    "no score": (
        {"model": "PCA", "options": {}},
        ValueError,
        "score is missing: fit of PCA records no costs",
    ),
    "threads": ({"threads": 0}, ValueError, "threads is 0"),
    "no JSON": ({"options": {"M": {5}}}, TypeError, "the plan has a value that JSON can't hold"),
}


@pytest.mark.parametrize(("change", "kind", "message"), WRONG.values(), ids=list(WRONG))
def test_a_mistake_is_named(change, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        Plan(**GOOD | change)


def test_a_mistake_in_a_file_is_named(tmp_path):
    file = tmp_path / "plan.toml"
    for text, message in {
        "model = RBM": "plan.toml is no TOML",
        "\xff": "plan.toml is no TOML",
        'model = "RBM"\nseed = 1': "plan.toml has the key 'seed', expected one of model, data,",
        "folds = 3": "plan.toml has no model: name one",
    }.items():
        file.write_bytes(text.encode("latin-1"))
        with pytest.raises(DataError, match=message):
            read_plan(file)
    with pytest.raises(FileNotFoundError):
        read_plan(tmp_path / "other.toml")


def test_numbers_of_numpy_are_no_surprise():
    plan = Plan(
        "RBM", DATA, {"M": 5}, random={"k": {"call": "scipy.stats:randint", "low": 1, "high": 4}}, draws=3
    )
    assert all(type(trial.options["k"]) is int for trial in plan.trials)
    assert len({trial.key for trial in plan.trials}) == len(plan.trials)
    assert np.isin([t.options["k"] for t in plan.trials], [1, 2, 3]).all()
