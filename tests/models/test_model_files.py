"""What files of models refuse, and files of each format."""

import json
from pathlib import Path

import numpy as np
import pytest
from saved_models import FAST, MODELS, Halved, X, auto_encoder, noise

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
from udl_pt.symbolic.corruption import masking


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
