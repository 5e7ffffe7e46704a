"""What the face's modes rewrite, where PyTensor does not or is wrong. Numbers: Theano 1.0.5."""

import numpy as np
import pytest
from pytensor.compile.mode import Mode

QUICK = Mode("py", "fast_run")
X = np.array([[1000.0, 1, 2], [3, -800.0, 710]])
SMALL = 8.99086122645542e-308  # exp(3 - 710)
PROBABILITIES = [[1, 0, 0], [SMALL, 0, 1]]
BY_FIRST = [[0, 0, 0], [SMALL, 0, -SMALL]]
OF_LOGARITHM = [[0, 0, 0], [1, 0, -1]]
OF_COST = [[0.5, -0.5, 0], [-0.5, 0, 0.5]]


def softmaxes(T, x):
    shared = T.exp(x)
    return {
        "keepdims": T.exp(x) / T.exp(x).sum(axis=1, keepdims=True),
        "dimshuffle": T.exp(x) / T.exp(x).sum(axis=1).dimshuffle(0, "x"),
        "one exponential": shared / shared.sum(axis=-1, keepdims=True),
    }


@pytest.mark.parametrize("form", ["keepdims", "dimshuffle", "one exponential"])
def test_a_softmax_by_hand_does_not_overflow(theano, form):
    T = theano.tensor
    x = T.dmatrix()
    p = softmaxes(T, x)[form]
    cost = -T.mean(T.log(p)[T.arange(2), np.array([1, 0])])
    outputs = [p, T.grad(p[:, 0].sum(), x), T.grad(T.log(p)[:, 0].sum(), x), T.grad(cost, x)]
    f = theano.function([x], outputs, mode=QUICK)
    for value, wanted in zip(f(X), [PROBABILITIES, BY_FIRST, OF_LOGARITHM, OF_COST], strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=0)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", QUICK], ids=["FAST_COMPILE", "py"])
def test_sums_of_rows_that_divide_columns_are_no_softmax(theano, mode):
    T = theano.tensor
    x = T.dmatrix()
    wrong_by_a_transposition = T.exp(x) / T.exp(x).sum(axis=1)
    value = theano.function([x], wrong_by_a_transposition, mode=mode)([[1, 2], [3, 4]])
    wanted = [[0.2689414213699951, 0.0989380198014472], [1.9872232498290405, 0.7310585786300048]]
    np.testing.assert_allclose(value, wanted, rtol=1e-12)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", QUICK], ids=["FAST_COMPILE", "py"])
def test_an_increment_of_zeros_is_added_to_what_is_broadcast(theano, mode):
    T = theano.tensor
    x = T.dmatrix()
    total = T.inc_subtensor(T.zeros_like(x)[:, 0], 1.0) + x.sum(axis=1, keepdims=True)
    value = theano.function([x], total, mode=mode)([[1, 2], [3, 4]])
    np.testing.assert_array_equal(value, [[4, 3], [8, 7]])


def test_in_a_loop_too(theano):
    T = theano.tensor
    sequence, W = T.dtensor3(), T.dmatrix()

    def step(h, before, W):
        e = T.exp(T.dot(h, W) + before)
        return e / e.sum(axis=1, keepdims=True)

    states, _ = theano.scan(step, sequence, T.zeros((2, 2)), W)
    f = theano.function([sequence, W], [states, T.grad(states[-1, 0, 0], W)], mode=QUICK)
    small = np.array([[1.0, 2], [3, 4]])
    values, gradient = f(np.array([small, 400 * small, small]), [[1.0, -300], [20, 1000]])
    np.testing.assert_allclose(values, np.tile([0.0, 1.0], (3, 2, 1)), atol=1e-100)
    np.testing.assert_allclose(gradient, np.zeros((2, 2)), atol=1e-100)


def test_the_modes_of_pytensor_are_unchanged(theano):
    from pytensor.compile.mode import get_mode

    from udl_pt.backends._rewrites import with_rewrites

    names = {r.name for r in get_mode("CVM").optimizer if hasattr(r, "name")}
    ours = with_rewrites(get_mode("CVM"))
    assert "udl_pt_softmax_by_hand" not in get_mode("CVM")._optimizer.include
    assert "udl_pt_softmax_by_hand" in ours._optimizer.include
    assert names == {r.name for r in get_mode("CVM").optimizer if hasattr(r, "name")}


def test_settings_of_nan_guard_mode_are_kept(theano):
    from udl_pt.backends._rewrites import with_rewrites

    mode = theano.compile.nanguardmode.NanGuardMode(nan_is_error=False, inf_is_error=True, big_is_error=False)
    assert type(with_rewrites(mode)) is type(mode)
    x = theano.tensor.dvector()
    f = theano.function([x], theano.tensor.log(x), mode=mode)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(f([-1.0, 1.0]), [np.nan, 0])


def test_the_logarithm_of_a_softmax_is_stable_in_fast_compile(theano):
    x = theano.tensor.dmatrix()
    f = theano.function([x], theano.tensor.log(theano.tensor.nnet.softmax(x)), mode="FAST_COMPILE")
    np.testing.assert_allclose(f(X), [[0, -999, -998], [-707, -1510, 0]])
