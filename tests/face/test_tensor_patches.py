"""What `udl_pt.theano._patches_tensor` changes of variables and types, and that it is undone."""

import numpy as np
import pytest
from pytensor import scalar
from pytensor.link.c.params_type import ParamsType
from pytensor.tensor.type import TensorType

import udl_pt.theano
from udl_pt.theano import _patches_tensor


@pytest.fixture
def T(theano):
    undo = _patches_tensor.apply()
    yield theano.tensor
    undo()


def test_a_variable_is_true_and_a_comparison_has_no_truth_value(T):
    x = T.vector()
    assert bool(x)
    with pytest.raises(TypeError, match="no truth value"):
        bool(0 < x < 1)


def test_reshape_takes_ndim_by_its_place(T):
    m = T.dmatrix()
    reshaped = m.reshape(T.as_tensor_variable([3, 2]), 2)
    np.testing.assert_array_equal(reshaped.eval({m: np.arange(6.0).reshape(2, 3)}), [[0, 1], [2, 3], [4, 5]])


@pytest.mark.parametrize(
    ("kind", "printed"),
    [
        ("dscalar", "TensorType(float64, scalar)"),
        ("ivector", "TensorType(int32, vector)"),
        ("fmatrix", "TensorType(float32, matrix)"),
        ("drow", "TensorType(float64, row)"),
        ("dcol", "TensorType(float64, col)"),
        ("dtensor3", "TensorType(float64, 3D)"),
    ],
)
def test_types_print_as_theanos(T, kind, printed):
    assert str(getattr(T, kind)) == repr(getattr(T, kind)) == printed


def test_undo_leaves_pytensors_classes_as_they_were():
    before = TensorType.__str__, TensorType.__repr__
    undo = _patches_tensor.apply()
    assert before[0] is not TensorType.__str__
    undo()
    assert (TensorType.__str__, TensorType.__repr__) == before


def test_the_names_in_compiled_code_are_pytensors_own(theano):
    """One module of the compile cache has one code, with `install` and without it."""
    types = {"a": TensorType("float64", (None, 1)), "b": TensorType("int64", (3,)), "c": scalar.float32}
    inside = ParamsType(**types).name
    udl_pt.theano.uninstall()
    assert ParamsType(**types).name == inside
