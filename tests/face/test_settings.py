"""theano.config: THEANO_FLAGS, .theanorc, and settings that a script changes."""

import importlib
import subprocess
import sys
import warnings

import numpy as np
import pytensor
import pytest

import udl_pt.theano
from udl_pt.theano import _config


@pytest.fixture
def imported(monkeypatch):
    """Import theano with these flags and this .theanorc; the fixture ends both."""

    def imported(flags="", files="/nothing"):
        monkeypatch.setenv("THEANO_FLAGS", flags)
        monkeypatch.setenv("THEANORC", str(files))
        udl_pt.theano.install()
        import theano

        return theano

    yield imported
    udl_pt.theano.uninstall()
    assert pytensor.config.floatX == "float64"


def test_flags_are_read_and_undone(imported):
    config = imported(
        "floatX=float32,warn.sum_sum_bug=True,optimizer=fast_compile,unknown=3,lib.cnmem=0.5"
    ).config
    assert pytensor.config.floatX == config.floatX == "float32"
    assert config.warn.sum_sum_bug is True
    assert config.optimizer == "fast_compile"
    assert config.lib.cnmem == 0.5


def test_flags_win_over_files_and_later_files_over_earlier_ones(imported, tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("[global]\nfloatX = float32\non_unused_input = warn\n[warn]\nround = True\n")
    second.write_text("[global]\non_unused_input = ignore\nallow_gc = False\n")
    config = imported("on_unused_input=raise", f"{first}:{second}").config
    assert config.floatX == "float32"
    assert config.warn.round is True
    assert config.on_unused_input == "raise"
    assert config.allow_gc is False
    udl_pt.theano.uninstall()
    assert pytensor.config.allow_gc is True


def test_a_script_sets_floatx_and_what_only_theano_has(theano):
    config = theano.config
    config.floatX = "float32"
    try:
        assert theano.tensor.matrix().dtype == "float32"
    finally:
        config.floatX = "float64"
    config.warn.subtensor_merge_bug = False
    config.dnn.conv.algo_fwd = "time_once"
    assert config.dnn.conv.algo_fwd == "time_once"
    config.dnn.conv.algo_fwd = "small"
    config.anything = 3  # as in Theano
    assert config.anything == 3


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("floatX", "float31", ValueError, "float31"),
        ("optimizer", "fastest", ValueError, "Valid options are"),
        ("optimizer_verbose", "perhaps", ValueError, "not a bool"),
        ("device", "cpu", Exception, "Can't change the value"),
        ("base_compiledir", "elsewhere", Exception, "Can't change the value"),
    ],
)
def test_wrong_values_and_fixed_settings_are_refused(theano, name, value, error, message):
    before = getattr(theano.config, name)
    with pytest.raises(error, match=message):
        setattr(theano.config, name, value)
    assert getattr(theano.config, name) == before


def test_an_unknown_setting_is_an_attribute_error(theano):
    with pytest.raises(AttributeError, match=r"theano.config has no setting 'warn.nothing'"):
        theano.config.warn.nothing  # noqa: B018


@pytest.mark.parametrize("device", ["gpu", "gpu0", "cuda", "opencl0:0", "tpu"])
def test_devices_that_are_not_there_are_refused_when_theano_is_imported(imported, device):
    with pytest.raises(ValueError, match=device):
        imported(f"device={device}")


def test_change_flags_changes_settings_for_a_block_and_for_a_function(theano):
    with theano.change_flags({"warn.round": True}, floatX="float32"):
        assert (theano.config.warn.round, theano.config.floatX) == (True, "float32")
    assert (theano.config.warn.round, theano.config.floatX) == (False, "float64")

    @theano.change_flags(on_unused_input="ignore")
    def inside():
        return theano.config.on_unused_input

    assert inside() == "ignore"
    assert theano.config.on_unused_input == "raise"
    with pytest.raises(AssertionError, match="no setting 'nothing'"):
        theano.change_flags(nothing=1)
    with pytest.raises(ValueError, match="float0"), theano.change_flags(allow_gc=False, floatX="float0"):
        pass
    assert theano.config.allow_gc is True


def test_a_flag_without_value_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="Config key 'floatX' has no value"):
        assert _config.flags_of("floatX,device=cpu,") == {"device": "cpu"}


def test_a_flag_that_a_script_sets_before_the_import_counts():
    code = (
        "import os, udl_pt.theano; udl_pt.theano.install(); os.environ['THEANO_FLAGS'] = 'floatX=float32'\n"
        "import theano; print(theano.tensor.vector().dtype)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "float32\n"


def test_uninstall_sets_back_what_a_script_changed(imported):
    theano = imported()
    theano.config.floatX, theano.config.compute_test_value = "float32", "warn"
    theano.config.warn.round = True
    udl_pt.theano.uninstall()
    assert pytensor.config.floatX == "float64"
    config = imported().config
    assert (config.compute_test_value, config.warn.round) == ("off", False)


def test_no_script_reads_pytensors_advice_on_newer_names(imported):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        udl_pt.theano.uninstall()
        udl_pt.theano.install()
        theano = importlib.import_module("theano")
        T = theano.tensor
        theano.compile.ops.as_op([T.dscalar], [T.dscalar])
        T.batched_dot(T.tensor3(), T.tensor3())
        T.batched_tensordot(T.tensor3(), T.tensor3())
        T.nlinalg.trace(T.matrix())
        T.sgn(T.matrix())
        T.xlogx.xlogx(T.vector())
        T.extract_constant(T.constant(3))
        T.TensorType("float64", broadcastable=(True, False))
        theano.sparse.sub(theano.sparse.csr_matrix(), theano.sparse.csr_matrix())
        theano.shared(np.ones(2), broadcastable=(False,))
        warnings.warn("the script's own is deprecated", FutureWarning, stacklevel=1)
    assert [str(w.message) for w in caught] == ["the script's own is deprecated"]
