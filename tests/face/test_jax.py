"""Functions on JAX: the original's numbers, dtypes and errors; what JAX can't compile runs in other code."""

import numpy as np
import pytest
from cases import run
from test_cases import CASES, RESULTS, TOLERANCE, differences

from udl_pt import set_backend
from udl_pt.theano._report import report

NAMES = [
    "elementwise.operators_of_integers",
    "elementwise.arithmetic_of_comparisons",
    "functions.outputs_of_constants",
    "functions.eval",
    "functions.ifelse",
    "functions.op_of_the_time",
    "functions.runtime_errors",
    "nnet.sigmoid",
    "programs.copies_return_lists",
    "programs.verify_grad_of_an_op_in_python",
    "reductions.prod_gradient_with_zeros",
    "scans.scan_backwards",
    "shapes.arange",
    "subtensors.index_by_a_mask",
    "subtensors.inc_subtensor_duplicates",
]


@pytest.fixture
def jax_theano(theano):
    """Theano's top module; functions compile on JAX, and the report is empty."""
    set_backend("jax")
    report.reset()
    with theano.configparser.change_flags(mode="FAST_RUN"):
        yield theano
    set_backend(None)


@pytest.mark.filterwarnings("ignore:JAX refused")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_case_returns_what_the_original_returns(jax_theano, name, floatX):
    with jax_theano.configparser.change_flags(floatX=floatX):
        got = run(CASES[name], jax_theano)
    assert not list(differences(got, RESULTS[name][floatX], TOLERANCE[floatX]))


def test_jax_compiles_what_depends_on_lengths_alone(jax_theano):
    T = jax_theano.tensor
    x = T.dmatrix()
    sums, _ = jax_theano.scan(lambda row, total: total + row, sequences=x, outputs_info=T.zeros_like(x[0]))
    flat = x.reshape((x.shape[0] * x.shape[1],))
    f = jax_theano.function([x], [sums, T.grad((sums**2).sum(), x), flat * T.arange(2 * x.shape[1] * 1)])
    X = np.array([[1.0, -2.0], [0.5, 3.0]])
    total = X.cumsum(axis=0)
    np.testing.assert_allclose(f(X)[0], total)
    np.testing.assert_allclose(f(X)[1], 2 * total[::-1].cumsum(axis=0)[::-1])
    np.testing.assert_allclose(f(X)[2], X.ravel() * np.arange(4))
    assert report.refused == []


def test_other_code_runs_where_sizes_depend_on_values(jax_theano):
    T = jax_theano.tensor
    n, count = T.lscalar(), jax_theano.shared(np.int64(0))
    f = jax_theano.function([n], T.arange(n) * 0.5, updates=[(count, count + n)], name="half")
    with pytest.warns(UserWarning, match="JAX refused the function half, which runs on") as caught:
        np.testing.assert_array_equal(f(3), [0, 0.5, 1])
    assert [w.filename for w in caught] == [__file__]
    np.testing.assert_array_equal(f(2), [0, 0.5])
    assert count.get_value() == 5
    assert f.name == "half"
    assert len(report.refused) == 1
    assert report.refused[0].startswith("NotImplementedError: JAX needs the limits of arange")


def test_a_wrong_shape_is_an_error_and_the_function_stays_on_jax(jax_theano):
    T = jax_theano.tensor
    x, y = T.dvectors("xy")
    f = jax_theano.function([x, y], x + y)
    with pytest.raises(ValueError, match=r"mismatch|broadcast"):
        f([1.0, 2.0], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(f([1.0, 2.0], [1.0, 2.0]), [2, 4])
    assert report.refused == []


def test_an_increment_of_all_elements_turned_around(jax_theano):
    """JAX's compiler ends the process for ``zeros.at[:n].add(y)[::-1]``."""
    x = jax_theano.tensor.dvector()
    T = jax_theano.tensor
    f = jax_theano.function([x], T.inc_subtensor(T.zeros_like(x)[: x.shape[0]], 2 * x)[::-1])
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0]), [6, 4, 2])


def test_a_check_of_lengths_is_an_error(jax_theano):
    T = jax_theano.tensor
    x = T.dvector()
    f = jax_theano.function([x], T.opt.Assert("too short")(x, T.gt(x.shape[0], 2)))
    assert f([1.0, 2.0, 3.0]).sum() == 6
    with pytest.raises(AssertionError, match="too short"):
        f([1.0])
