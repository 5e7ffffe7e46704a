"""Each model in a file: a loaded one is the saved one, answers as it did, and trains on to the same bits."""

import abc
import copy
import functools
from pathlib import Path

import numpy as np
import pytensor.tensor as pt
import pytest
from saved_models import FAST, LABELLED, MODELS, NORMAL, PRETRAINED, STANDARD, X, auto_encoder, held, noise

import udl_pt
from udl_pt import (
    DBN,
    DNN,
    PCA,
    RBM,
    TSNE,
    AutoEncoder,
    DeepAutoEncoder,
    Ladder,
    NotFittedError,
)
from udl_pt.backends._internals import global_generator

ANSWERS = [
    "inverse_transform",
    "forward_hidden",
    "forward_output",
    "forward",
    "encode",
    "predict",
    "free_energy",
    "sample_h_given_v",
]


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


def fitted_again(model):
    """Train a model once more; return all that it holds then, or what doesn't depend on a fresh seed."""
    np.random.seed(0)
    if isinstance(model, PCA):
        model.fit(NORMAL)
    elif hasattr(model, "fit_transform"):
        model.fit_transform(NORMAL)
    elif isinstance(model, Ladder):
        model.fit(*LABELLED, **FAST)
    elif isinstance(model, DNN):
        model.fit(*LABELLED, keep_layers=True, **PRETRAINED)
    elif isinstance(model, DeepAutoEncoder):
        model.fit(X, **PRETRAINED)
    elif isinstance(model, DBN):
        model.fit(X, pretrain_options=FAST)
    elif isinstance(model, AutoEncoder):
        model.fit(X, epochs=2, cost="squared_error", **FAST)
    else:
        model.fit(STANDARD if model.visible == "gaussian" else X, **FAST)
    is_seeded = isinstance(model, PCA) or model._chance.own is not None
    return held(model if is_seeded else [*model.params, model.costs])


def test_what_is_loaded_holds_the_same_answers_the_same_and_trains_on_to_the_same_bits(model, tmp_path):
    model = copy.deepcopy(model)
    before = held(model)
    model.save(tmp_path / "model.st")
    assert held(model) == before
    loaded = udl_pt.load(tmp_path / "model.st")
    assert type(loaded) is type(model)
    assert repr(loaded) == repr(model)
    assert held(loaded) == before
    for name in ANSWERS:
        if hasattr(model, name):
            given = model.forward(X) if name == "inverse_transform" else X
            np.testing.assert_array_equal(getattr(loaded, name)(given), getattr(model, name)(given))
    assert fitted_again(loaded) == fitted_again(model)


def test_a_layer_of_a_network_draws_from_the_networks_generator(tmp_path):
    MODELS["dbn"]().save(tmp_path / "m")
    loaded = DBN.load(tmp_path / "m")
    generators = {id(layer._chance.own) for layer in loaded.hidden_layers}
    assert generators == {id(loaded._chance.own)}


def test_a_matrix_that_two_layers_share_stays_one(tmp_path):
    dbn = DBN([4, 4], random_state=0).fit(X, pretrain_options=FAST)
    first, second = dbn.hidden_layers
    second.W = first.W
    dbn.save(tmp_path / "m")
    loaded = DBN.load(tmp_path / "m")
    assert loaded.hidden_layers[0].W is loaded.hidden_layers[1].W


def test_the_global_generator_stays_the_source_of_a_model_without_a_seed(tmp_path):
    AutoEncoder(2).fit(X, epochs=0).save(tmp_path / "m")
    loaded = AutoEncoder.load(tmp_path / "m")
    weights = []
    for model in (loaded, AutoEncoder(2)):
        np.random.seed(3)
        weights.append(model.fit(X, epochs=0).W.get_value())
    np.testing.assert_array_equal(*weights)


def test_a_function_of_the_users_is_passed_to_load_or_missing(tmp_path):
    ae = auto_encoder(corruption=noise).fit(X, **FAST)
    ae.save(tmp_path / "m")
    again = AutoEncoder.load(tmp_path / "m", functions={"noise": noise})
    assert again.corruption is noise
    assert held(again.fit(X, **FAST)) == held(copy.deepcopy(ae).fit(X, **FAST))
    without = AutoEncoder.load(tmp_path / "m")
    np.testing.assert_array_equal(without.forward_hidden(X), ae.forward_hidden(X))
    with pytest.raises(RuntimeError, match=r"the function 'noise' of this model is not in its file"):
        without.corruption(X, None)
    without.save(tmp_path / "n")
    assert AutoEncoder.load(tmp_path / "n", functions={"noise": noise}).corruption is noise


def test_a_model_may_refer_to_itself_and_to_others(tmp_path):
    rbm, other = MODELS["rbm"](), MODELS["auto-encoder"]()
    rbm.others = {"of": [rbm, other]}
    other.friend = rbm
    rbm.save(tmp_path / "m")
    loaded = RBM.load(tmp_path / "m")
    first, second = loaded.others["of"]
    assert first is loaded
    assert second.friend is loaded
    assert held(second.W) == held(other.W)


def test_functions_of_the_same_name_stay_apart(tmp_path):
    ae = AutoEncoder(3, hidden=lambda A: pt.tanh(A), output=lambda A: 2 * A, random_state=0)
    ae.fit(X, cost="squared_error", **FAST).save(tmp_path / "m")
    loaded = AutoEncoder.load(tmp_path / "m", functions={"<lambda>": ae.hidden, "<lambda> (2)": ae.output})
    np.testing.assert_array_equal(loaded.forward_output(X), ae.forward_output(X))


def test_parts_of_functions_and_objects_that_can_be_called(tmp_path):
    class Scaled:
        def __call__(self, A, stream):
            return A * 0.5

    for corruption, name in (
        (functools.partial(noise, share=0.25), "noise"),
        (Scaled(), "Scaled"),
    ):
        ae = auto_encoder()
        ae.corruption = corruption
        ae.fit(X, **FAST).save(tmp_path / "m")
        np.testing.assert_array_equal(
            AutoEncoder.load(tmp_path / "m").forward_hidden(X), ae.forward_hidden(X)
        )
        functions = {name: noise if name == "noise" else corruption}
        assert callable(AutoEncoder.load(tmp_path / "m", functions=functions).corruption)


def test_the_global_generator_as_a_stream_stays_the_global_one(tmp_path):
    rbm = RBM(2, random_state=global_generator(), rng=global_generator()).fit(X, **FAST)
    rbm.save(tmp_path / "m")
    loaded, weights = RBM.load(tmp_path / "m"), []
    for model in (rbm, loaded):
        np.random.seed(1)
        weights.append(model.fit(X, **FAST).W.get_value())
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("kind", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_a_generator_draws_and_spawns_as_the_saved_one(kind, tmp_path):
    generator = np.random.Generator(getattr(np.random, kind)(9))
    generator.spawn(1)
    RBM(2, random_state=generator).fit(X, epochs=0).save(tmp_path / "m")
    loaded = RBM.load(tmp_path / "m")._chance.own
    for first, second in ((loaded, generator), (*loaded.spawn(1), *generator.spawn(1))):
        np.testing.assert_array_equal(first.random(3), second.random(3))


def test_a_legacy_generator_draws_as_the_saved_one(tmp_path):
    generator = np.random.RandomState(5)
    generator.normal()  # it keeps a second one
    RBM(2, random_state=generator).fit(X, epochs=0).save(tmp_path / "m")
    loaded = RBM.load(tmp_path / "m")._chance.own
    np.testing.assert_array_equal(loaded.normal(size=3), generator.normal(size=3))


def test_attributes_of_a_subclass_and_what_may_not_be_one(tmp_path):
    class Own(RBM):
        k = 1

        @functools.cached_property
        def big(self):
            return 3

    model = Own(2).fit(X, epochs=0)
    model.k, model.swapped, model.mixed = model.big, np.arange(3, dtype=">i4"), [0.5, np.inf, "x"]
    model.__metadata__ = np.arange(2)
    model.save(tmp_path / "m")
    loaded = Own.load(tmp_path / "m")
    assert (loaded.k, loaded.big, loaded.swapped.tolist(), loaded.mixed) == (
        3,
        3,
        [0, 1, 2],
        [0.5, np.inf, "x"],
    )
    assert vars(loaded)["__metadata__"].tolist() == [0, 1]
    for name, value, error, message in [
        ("forward_hidden", 3, ValueError, "forward_hidden of Own hides forward_hidden of its class"),
        ("words", np.array(["a"]), TypeError, "words is .*, which a file can't hold"),
        ("large", np.clongdouble(1), TypeError, "large is .*, which a file can't hold"),
        ("deep", functools.reduce(lambda inner, _: [inner], range(60), []), ValueError, "nested too deeply"),
        ("part", [0.5, RBM(2)], NotFittedError, "before save"),
    ]:
        other = Own(2).fit(X, epochs=0)
        vars(other)[name] = value
        with pytest.raises(error, match=message):
            other.save(tmp_path / "n")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_an_abstract_class_elsewhere_does_no_harm(tmp_path):
    class Abstract(RBM, abc.ABC):
        @abc.abstractmethod
        def more(self):
            """Do more."""

    MODELS["rbm"]().save(tmp_path / "m")
    assert type(udl_pt.load(tmp_path / "m")) is RBM


def test_an_option_set_later_to_an_equal_number(tmp_path):
    tsne = MODELS["tsne"]()
    tsne.perplexity, tsne.max_iter = 5, np.int64(60)
    tsne.fit_transform(X)
    tsne.save(tmp_path / "m")
    assert TSNE.load(tmp_path / "m").perplexity == 5


def test_an_id_of_another_kind_is_not_stored(tmp_path):
    AutoEncoder(3, Path("x"), random_state=0).fit(X, **FAST).save(tmp_path / "m")
    assert AutoEncoder.load(tmp_path / "m").id is None
