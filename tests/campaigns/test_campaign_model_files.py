"""The campaign of model files finds nothing in the library, and finds what the library would let through."""

import numpy as np
import pytest
from campaigns import model_files, right_models, wrong_models

from udl_pt import DBN
from udl_pt._support import storage
from udl_pt.models import _saved
from udl_pt.models._saved import OLD_FORMATS


def failures(run, tries):
    return [result for result in run(tries, 1) if result is not None]


def test_damaged_files_are_refused_or_load_as_saved():
    results = list(model_files.damaged(400, 1))
    assert len(results) == 400
    assert [result for result in results if result] == []


def test_files_that_are_well_formed_and_wrong_are_refused():
    assert len(wrong_models.cases()) > 1000
    assert len({what for what, _, _ in wrong_models.cases()}) > 1000
    assert failures(model_files.by_hand, 200) == []


@pytest.mark.exhaustive
def test_changed_files_of_all_models_are_refused_or_usable():
    results = list(model_files.of_all_models(120, 1))
    assert len(results) == 120
    assert [result for result in results if result] == []


def test_a_library_that_checks_no_attribute_is_found_out(monkeypatch):
    monkeypatch.setattr(_saved, "_check", lambda model: None)
    found = failures(model_files.of_all_models, 160)
    assert len(found) > 2


def test_files_that_are_right_load(tmp_path):
    for tensors, facts in right_models.contents():
        (tmp_path / "model.st").write_bytes(right_models.file_of(tensors, facts))
        dbn = DBN.load(tmp_path / "model.st")
        for number, (layer, own) in enumerate(zip(dbn.hidden_layers, facts["layers"], strict=True), start=1):
            for variable in (*layer.params, *layer.dparams):
                np.testing.assert_array_equal(variable.get_value(), tensors[f"{number}.{variable.name}"])
            for name in ("M", "id", "unit_interval"):
                assert getattr(layer, name) == own[name]


def test_a_library_that_trusts_is_found_out(monkeypatch):
    nan = [case for case in wrong_models.cases() if " with nan" in case[0]]
    with monkeypatch.context() as patch:
        for name, old in OLD_FORMATS.items():
            patch.setitem(OLD_FORMATS, name, old._replace(check=lambda facts, forms: None))
        found = failures(model_files.by_hand, 300)
        assert any("loaded with other values" in result for result in found)
        assert any("KeyError" in result for result in found)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "_check_finite", lambda name, array: None)
        patch.setattr(model_files, "cases", lambda: nan)
        assert len(failures(model_files.by_hand, 1000)) == len(nan) > 20


class Same(str):
    """A digest that equals any other."""

    __slots__ = ()

    def __ne__(self, other):
        return False

    __hash__ = str.__hash__


def test_a_library_that_ignores_the_digest_is_found_out(monkeypatch):
    digest = storage._digest
    monkeypatch.setattr(storage, "_digest", lambda arrays, facts: Same(digest(arrays, facts)))
    found = failures(model_files.damaged, 300)
    assert any("loaded with other values than were saved" in result for result in found)


@pytest.mark.parametrize(("limit", "message"), [("SECONDS", "took"), ("BYTES", "took")])
def test_a_library_that_takes_too_much_is_found_out(limit, message, monkeypatch):
    monkeypatch.setattr(model_files, limit, 0)
    assert any(message in result for result in failures(model_files.damaged, 20))
