"""Each model in a file: a loaded one is the saved one, answers as it did, and trains on to the same bits."""

import abc
import copy
import functools
import json
from pathlib import Path

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.compile.sharedvalue import SharedVariable

import udl_pt
from udl_pt import (
    DBN,
    DNN,
    PCA,
    RBM,
    TSNE,
    AutoEncoder,
    DataError,
    DeepAutoEncoder,
    Ladder,
    NotFittedError,
    SymmetricSNE,
)
from udl_pt.backends._internals import global_generator
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.corruption import gaussian, masking, salt_and_pepper
from udl_pt.symbolic.random import RandomStreams

X = np.random.default_rng(0).random((40, 4))
Y = np.arange(40) % 3
NORMAL = np.random.default_rng(1).normal(size=(40, 4))
STANDARD = (NORMAL - NORMAL.mean(axis=0)) / NORMAL.std(axis=0)
LABELLED = (X, Y, X, Y)
FAST = {"batch_sz": 10}
PRETRAINED = {"batch_sz": 10, "pretrain_options": FAST}


class Halved(RBM):
    """A user's machine, with attributes of its own."""

    def __init__(self, M, share=0.5, **options):
        super().__init__(M, **options)
        self.share, self.notes = np.float32(share), {"by": ["me", (1, None)], 3: np.arange(3), "rate": np.inf}

    def hidden_logits(self, V):
        """Halve them."""
        return super().hidden_logits(V) * np.asarray(self.share, self.dtype)


def noise(A, stream, share=0.5):
    """A user's corruption."""
    return A * share


def auto_encoder(**options):
    return AutoEncoder(3, **{"random_state": 0, **options})


MODELS = {
    "pca": lambda: PCA().fit(X),
    "whitened": lambda: PCA(2, whiten=True).fit(X.astype("float32")),
    "auto-encoder": lambda: auto_encoder().fit(X, **FAST),
    "float32": lambda: auto_encoder(dtype="float32").fit(X, **FAST),
    "linear": lambda: auto_encoder(output="linear").fit(NORMAL, cost="squared_error", **FAST),
    "denoising": lambda: auto_encoder(corruption=masking(0.3)).fit(X, **FAST),
    "noisy": lambda: auto_encoder(corruption=gaussian(0.3), rng=5).fit(X, **FAST),
    "peppered": lambda: auto_encoder(
        corruption=salt_and_pepper(0.3), rng=np.random.RandomState(3), random_state=np.random.default_rng(4)
    ).fit(X, **FAST),
    "tanh": lambda: auto_encoder(hidden=pt.tanh, an_id=("first", 1)).fit(X, epochs=2, **FAST),
    "validated": lambda: auto_encoder().fit(X, validation=0.25, **FAST),
    "from arrays": lambda: AutoEncoder.createFromArrays(np.eye(4)[:, :2], [0, 1], [1, 2, 3, 4]),
    "rbm": lambda: RBM(3, random_state=0).fit(X, **FAST),
    "persistent": lambda: RBM(3, random_state=np.random.RandomState(2), rng=7).fit(
        X, persistent=True, **FAST
    ),
    "gaussian": lambda: RBM(3, visible="gaussian", learn_variance=True, random_state=0).fit(STANDARD, **FAST),
    "subclass": lambda: Halved(3, 0.25, random_state=0).fit(X, **FAST),
    "dbn": lambda: DBN([3, 2], RBM, random_state=0).fit(X, pretrain_options=FAST),
    "dnn": lambda: DNN([3, 2], random_state=0, rng=5).fit(*LABELLED, dropout=0.2, **PRETRAINED),
    "frozen": lambda: DNN([3, 2], Halved, random_state=0).fit(*LABELLED, frozen_layers=[0], **PRETRAINED),
    "validated dnn": lambda: DNN([3], random_state=0).fit(*LABELLED, validation=0.25, **PRETRAINED),
    "deep": lambda: DeepAutoEncoder([3, 2], random_state=0, dtype="float32").fit(X, **PRETRAINED),
    "ladder": lambda: Ladder([3], random_state=0).fit(*LABELLED, **FAST),
    "wide": lambda: PCA(3).fit(np.random.default_rng(2).normal(size=(4, 6))[:, :4]),
    "tsne": lambda: embedded(TSNE(perplexity=5, max_iter=60, init="random", random_state=0)),
    "sne": lambda: embedded(
        SymmetricSNE(1, s=0.5, random_state=1, max_iter=60, learning_rate=0.1, dtype="float32")
    ),
}
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


def embedded(model):
    model.fit_transform(X)
    return model


def held(value, seen=None):
    """List all that an object holds, in order; an object met again is its number."""
    seen = {} if seen is None else seen
    if isinstance(value, (str, bool, int, float, type(None), np.generic)):
        return [(type(value).__name__, repr(value))]
    if isinstance(value, np.ndarray):
        return [(value.dtype.name, value.shape, value.flags.c_contiguous, value.tobytes())]
    if isinstance(value, (tuple, frozenset)):
        return [(type(value).__name__, len(value)), *(entry for v in value for entry in held(v, seen))]
    if id(value) in seen:
        return [("again", seen[id(value)][0])]
    seen[id(value)] = len(seen), value
    if isinstance(value, list):
        return [("list", len(value)), *(entry for v in value for entry in held(v, seen))]
    if isinstance(value, dict):
        return [entry for key, v in value.items() for entry in [("key", repr(key)), *held(v, seen)]]
    if isinstance(value, SharedVariable):
        return [("shared", value.name, value.type.shape), *held(value.get_value(), seen)]
    if isinstance(value, RandomStreams):
        return [("stream", value.dtype), *held(value.generator, seen)]
    if isinstance(value, np.random.Generator):
        return held(value.bit_generator, seen)
    if isinstance(value, np.random.BitGenerator):
        return held(value.state, seen)
    if isinstance(value, np.random.RandomState):
        return [*held(value._bit_generator, seen), *held(value.get_state(legacy=False), seen)]
    if isinstance(value, functools.partial):
        return [("partial", value.func.__name__, value.args, repr(value.keywords))]
    if callable(value):
        return [("function", getattr(value, "__name__", repr(value)))]
    if isinstance(value, Chance) or hasattr(value, "save"):
        attributes = {
            name: v for name, v in vars(value).items() if name not in ("_compiled", "_in_pretraining")
        }
        return [(type(value).__name__, len(attributes)), *held(dict(sorted(attributes.items())), seen)]
    raise AssertionError(f"what is {value!r}?")


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


@pytest.mark.parametrize(
    ("functions", "error", "message"),
    [
        ({"nosie": noise}, ValueError, "functions has 'nosie', but the model needs 'noise'"),
        (["noise"], TypeError, "functions is .*, expected a mapping from names to functions"),
        ({"noise": 3}, TypeError, "functions is .*, expected a mapping"),
    ],
)
def test_wrong_functions_are_refused(functions, error, message, tmp_path):
    auto_encoder(corruption=noise).fit(X, **FAST).save(tmp_path / "m")
    with pytest.raises(error, match=message):
        AutoEncoder.load(tmp_path / "m", functions=functions)


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


def test_sizes_that_no_array_has_take_no_memory(tmp_path):
    MODELS["rbm"]().save(tmp_path / "m")
    facts = facts_of(tmp_path / "m")
    for pair in facts["objects"][0]["state"]:
        if pair[0] == "n_features":
            pair[1] = 10**13
    rewrite(tmp_path / "m", facts)
    with pytest.raises(DataError, match=r"W of RBM is float64 of shape \(4, 3\), expected .*10000000000000"):
        udl_pt.load(tmp_path / "m")


def test_a_model_of_another_class_is_refused(tmp_path):
    MODELS["rbm"]().save(tmp_path / "m")
    with pytest.raises(DataError, match=r"m holds a model of the class RBM, expected DNN: use RBM\.load or"):
        DNN.load(tmp_path / "m")


def test_a_class_that_is_not_imported_is_named(tmp_path):
    class Local(RBM):
        pass

    name = f"{__name__}:{Local.__qualname__}"
    Local(2).fit(X, epochs=0).save(tmp_path / "m")
    assert type(udl_pt.load(tmp_path / "m")) is Local
    content = (tmp_path / "m").read_bytes()
    assert name.encode() in content
    Halved(2).fit(X, epochs=0).save(tmp_path / "m")
    facts = facts_of(tmp_path / "m")
    facts["objects"][0]["model"] = "elsewhere:Machine"
    rewrite(tmp_path / "m", facts)
    with pytest.raises(
        DataError, match=r"a model of the class 'Machine': import the module 'elsewhere' before load"
    ):
        udl_pt.load(tmp_path / "m")


@pytest.mark.parametrize("model", [PCA(), AutoEncoder(2), RBM(2), DBN([2]), DNN([2]), Ladder([2]), TSNE()])
def test_a_model_without_parameters_is_not_saved(model, tmp_path):
    with pytest.raises(NotFittedError, match="before save"):
        model.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_what_a_file_can_not_hold_is_named(tmp_path):
    rbm = MODELS["rbm"]()
    rbm.log = print  # a function's name is all that is kept of it
    rbm.save(tmp_path / "m")
    rbm.lock = {"a": [object()]}
    with pytest.raises(
        TypeError, match=r"lock\.a\.0 is <object .*, which a file can't hold: set another value"
    ):
        rbm.save(tmp_path / "n")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_units_of_ones_own_are_not_saved(tmp_path):
    rbm = MODELS["rbm"]()
    rbm.units = type("Units", (type(rbm.units),), {})()
    with pytest.raises(TypeError, match=r"_units is .*, which a file can't hold"):
        rbm.save(tmp_path / "m")


def test_a_subclass_names_what_is_not_saved(tmp_path):
    class Watched(RBM):
        not_saved = (*RBM.not_saved, "watcher")

    model = Watched(2).fit(X, epochs=0)
    model.watcher = object()
    model.save(tmp_path / "m")
    assert not hasattr(Watched.load(tmp_path / "m"), "watcher")


def facts_of(path):
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return json.loads(header["__metadata__"]["facts"])


def rewrite(path, facts):
    """Write a file's facts anew, with the digest that belongs to them."""
    from campaigns.right_models import file_of
    from safetensors.numpy import load_file

    path.write_bytes(file_of(load_file(path), facts))


def test_another_version_of_the_format_is_named(tmp_path):
    MODELS["rbm"]().save(tmp_path / "m")
    rewrite(tmp_path / "m", facts_of(tmp_path / "m") | {"format": "udl_pt model 2"})
    with pytest.raises(DataError, match=r"its format is 'udl_pt model 2', expected one of 'udl_pt model 1'"):
        udl_pt.load(tmp_path / "m")


FILES = Path(__file__).parents[1] / "files"


@pytest.mark.parametrize(
    "kind", [AutoEncoder, RBM, DBN, DNN, DeepAutoEncoder, Ladder, PCA, TSNE, SymmetricSNE]
)
def test_files_of_the_first_format_are_read_for_ever(kind):
    """`tests/files/make_models.py` made them."""
    model = kind.load(FILES / f"{kind.__name__}_1.st")
    for number, p in enumerate(getattr(model, "params", [])):
        value = p.get_value()
        expected = np.linspace(-1, 1 + number, value.size, dtype=value.dtype).reshape(value.shape)
        np.testing.assert_array_equal(value, expected)
    assert type(udl_pt.load(FILES / f"{kind.__name__}_1.st")) is kind


def test_what_else_the_files_of_the_first_format_hold():
    ae, rbm = AutoEncoder.load(FILES / "AutoEncoder_1.st"), RBM.load(FILES / "RBM_1.st")
    assert (ae.id, ae.M, ae.n_features, ae.dtype, ae.backend) == ("first", 3, 4, "float64", "numba")
    assert (ae.corruption.func, ae.corruption.keywords) == (masking(0.3).func, {"kept": 0.7})
    assert (ae.rng.generator.bit_generator.state["bit_generator"], len(ae.costs)) == ("PCG64", 1)
    assert (rbm.dtype, rbm.chains.shape, rbm.unit_interval) == ("float32", (6, 3), True)
    assert [layer.M for layer in DBN.load(FILES / "DBN_1.st").hidden_layers] == [3, 2]
    assert DNN.load(FILES / "DNN_1.st")._frozen == {0}
    ladder = Ladder.load(FILES / "Ladder_1.st")
    assert (ladder.noise, ladder.dnn.costs) == (0.1, ladder.costs)
    assert TSNE.load(FILES / "TSNE_1.st").embedding_.shape == (12, 2)
    assert (PCA.load(FILES / "PCA_1.st").whiten, PCA.load(FILES / "PCA_1.st").components_.shape) == (
        True,
        (2, 4),
    )
