"""Theano's Ops as classes and Grad Ops, places of values, labels out of bounds. Numbers: Theano 1.0.5."""

import pickle

import numpy as np
import pytest

P = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
LABELS, D = np.array([1, 2]), np.array([2.0, -3])
QUICK = "FAST_COMPILE"


def weighted(array):
    """Return a number that depends on each element and its place."""
    return float((array * np.arange(array.size).reshape(array.shape)).sum())


def waves(*shape, step, wave=np.sin):
    return wave(np.arange(np.prod(shape)) * step).reshape(shape)


def test_correlations_in_two_dimensions(theano):
    from theano.tensor.nnet.corr import CorrMM, CorrMM_gradInputs, CorrMM_gradWeights

    x, w, top = (theano.tensor.dtensor4() for _ in range(3))
    images, filters = waves(2, 2, 5, 4, step=1.7), waves(3, 2, 3, 2, step=0.9, wave=np.cos)
    wide = {"border_mode": (1, 0)}
    y = CorrMM(**wide)(x, w)
    assert isinstance(y.owner.op, CorrMM)
    value = theano.function([x, w], y, mode=QUICK)(images, filters)
    assert value.shape == (2, 3, 5, 3)
    outputs = [CorrMM_gradWeights(**wide)(x, top), CorrMM_gradInputs(**wide)(w, top)]
    gradients = theano.function([x, w, top], outputs, mode=QUICK)(images, filters, value)
    found = [weighted(array) for array in (value, *gradients)]
    np.testing.assert_allclose(found, [49.86026905303271, -122.51901263578154, 288.64294177375683])

    half = {"border_mode": "half", "subsample": (2, 1)}
    value = theano.function([x, w], CorrMM(**half)(x, w), mode=QUICK)(images, filters)
    outputs = [CorrMM_gradWeights(**half)(x, top, (3, 2)), CorrMM_gradInputs(**half)(w, top, x.shape[2:])]
    gradients = theano.function([x, w, top], outputs, mode=QUICK)(images, filters, value)
    found = [weighted(array) for array in (value, *gradients)]
    np.testing.assert_allclose(found, [1.7689232984769099, -58.704261596744736, 228.0386113336054])
    for op in CorrMM_gradWeights, CorrMM_gradInputs:
        with pytest.raises(ValueError, match="pass shape="):
            op(subsample=(2, 1))(x, top)


def test_correlations_in_three_dimensions(theano):
    from theano.tensor.nnet.corr3d import Corr3dMM, Corr3dMM_gradInputs, Corr3dMM_gradWeights

    x, w, top = (theano.tensor.TensorType("float64", (False,) * 5)() for _ in range(3))
    images, filters = waves(1, 2, 4, 4, 3, step=1.7), waves(2, 2, 3, 2, 2, step=0.9, wave=np.cos)
    full = {"border_mode": "full", "filter_dilation": (1, 2, 1)}
    value = theano.function([x, w], Corr3dMM(**full)(x, w), mode=QUICK)(images, filters)
    outputs = [Corr3dMM_gradWeights(**full)(x, top), Corr3dMM_gradInputs(**full)(w, top)]
    gradients = theano.function([x, w, top], outputs, mode=QUICK)(images, filters, value)
    assert value.shape == (1, 2, 6, 6, 4)
    np.testing.assert_allclose(weighted(value), 10.768828569163631)
    np.testing.assert_allclose(list(map(weighted, gradients)), [398.72940221288854, -463.8942803159462])


def test_an_image_for_which_no_output_fits_is_refused(theano):
    from theano.tensor.nnet.abstract_conv import AbstractConv2d_gradInputs

    w, top = theano.tensor.dtensor4(), theano.tensor.dtensor4()
    op = AbstractConv2d_gradInputs(filter_dilation=(2, 2))
    f = theano.function([w, top], op(w, top, (1, 1)), mode=QUICK)
    with pytest.raises(ValueError, match="shape"):
        f(np.ones((1, 1, 2, 2)), np.ones((1, 1, 0, 0)))


def test_gradients_as_ops(theano):
    from theano.tensor.nnet import (
        crossentropy_categorical_1hot_grad,
        crossentropy_softmax_1hot_with_bias_dx,
        softmax_grad,
    )

    T = theano.tensor
    d, p, y = T.dvector(), T.dmatrix(), T.lvector()
    outputs = [
        crossentropy_softmax_1hot_with_bias_dx(d, p, y),
        softmax_grad(p * p, p),
        crossentropy_categorical_1hot_grad(d, p, y),
    ]
    wanted = [
        [[0.4, -1.0, 0.6], [-0.3, -0.3, 0.6]],
        [[-0.024, 0.045, -0.021], [-0.0504, -0.0504, 0.1008]],
        [[0, -4, 0], [0, 0, 3.75]],
    ]
    for value, right in zip(
        theano.function([d, p, y], outputs, mode=QUICK)(D, P, LABELS), wanted, strict=True
    ):
        np.testing.assert_allclose(value, right, rtol=1e-12)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_refused(theano, label):
    T, nnet = theano.tensor, theano.tensor.nnet
    p, y = T.dmatrix(), T.lvector()
    for cost in (
        nnet.crossentropy_softmax_1hot(p, y)[0],
        nnet.categorical_crossentropy(nnet.softmax(p), y),
        nnet.crossentropy_softmax_1hot_with_bias_dx(p[:, 0], p, y),
    ):
        f = theano.function([p, y], cost, mode=QUICK)
        assert f(P, LABELS).shape[0] == 2
        with pytest.raises(ValueError, match="y_i value out of bounds"):
            f(P, [0, label])


def test_two_functions_share_a_state(theano):
    x, s = theano.tensor.dscalars("xs")
    inc = theano.function([x, theano.In(s, update=s + x, value=10.0)], [], mode=QUICK)
    dec = theano.function([x, theano.In(s, update=s - x, value=inc.container[s])], [], mode=QUICK)
    assert dec[s] is inc[s]
    assert inc.container["s"].storage is dec.container[1].storage
    inc[s] = 2
    assert dec[s] == 2
    dec(1)
    assert inc[s] == inc.container[s].value == 1
    with pytest.raises(KeyError):
        inc.container["another"]


def test_an_update_of_another_type_is_refused(theano):
    with pytest.raises(TypeError, match="update"):
        theano.In(theano.tensor.dscalar(), update=theano.tensor.dvector())


def test_numbers_too_large_for_an_input(theano):
    T = theano.tensor
    a, b = T.wvector(), T.bscalar()
    f = theano.function([theano.In(a, allow_downcast=True), b], a + b, mode=QUICK)
    assert f([2**20], 1).tolist() == [1]
    with pytest.raises(TypeError):
        f([3], 806)


def test_a_pickle_keeps_trust_input(theano):
    x = theano.tensor.dscalar("x")
    f = theano.function([x], x + 1, mode=QUICK)
    f.trust_input = True
    assert pickle.loads(pickle.dumps(f)).trust_input


def test_settings_that_a_script_may_change(theano):
    with theano.config.change_flags(conv__assert_shape=True):
        x, w = theano.tensor.dtensor4(), theano.tensor.dtensor4()
        y = theano.tensor.nnet.conv2d(x, w, input_shape=(2, 1, 5, 5))
        f = theano.function([x, w], y, mode=QUICK)
        with pytest.raises(AssertionError):
            f(np.ones((3, 1, 5, 5)), np.ones((1, 1, 2, 2)))
    with pytest.raises(Exception, match="Can't change"):
        theano.config.cmodule.age_thresh_use = 3


def test_sparse_operations_as_classes(theano):
    sparse = theano.sparse
    x, v = sparse.csc_matrix(dtype="float64"), theano.tensor.dvector()
    import scipy.sparse

    matrix = scipy.sparse.csc_matrix([[1.0, 0], [2, 3]])
    outputs = [sparse.Neg()(x), sparse.SquareDiagonal()(v), sparse.MulSS()(x, x)]
    values = theano.function([x, v], [sparse.dense_from_sparse(y) for y in outputs], mode=QUICK)(
        matrix, [4.0, 5]
    )
    wanted = [[[-1, 0], [-2, -3]], [[4, 0], [0, 5]], [[1, 0], [4, 9]]]
    for value, right in zip(values, wanted, strict=True):
        np.testing.assert_array_equal(value, right)
    assert sparse.enable_sparse


def test_a_loop_has_a_gradient_while_test_values_are_computed(theano):
    T = theano.tensor
    with theano.config.change_flags(compute_test_value="raise"):
        x = T.dvector("x")
        x.tag.test_value = np.array([1.0, 2])
        squares, _ = theano.scan(lambda a, before: before + a * a, x, T.zeros_like(x[0]))
        gradient = T.grad(squares[-1], x)
        np.testing.assert_allclose(theano.gof.op.get_test_value(gradient), [2, 4])


def test_monitor_mode_passes_three_arguments(theano):
    seen = []
    x = theano.tensor.dscalar()
    mode = theano.compile.MonitorMode(post_func=lambda i, node, fn: seen.append(fn.outputs[0][0]))
    assert theano.function([x], x * 2, mode=mode)(3) == 6
    assert [float(value) for value in seen] == [6]


def test_two_functions_share_a_default_value(theano):
    x, a = theano.tensor.dscalars("xa")
    first = theano.function([theano.In(a, value=0.0)], a, mode=QUICK)
    second = theano.function([x, theano.In(a, value=first.container[a])], a + x, mode=QUICK)
    first[a] = 1
    assert second[a] == 1
    assert second(2) == 3
    second[a] = 5
    assert first() == 5


def test_arguments_of_a_function_in_a_file(theano, tmp_path):
    x = theano.tensor.dvector("x")
    theano.function_dump(str(tmp_path / "f"), [x], x + 1)
    f = theano.function(**pickle.loads((tmp_path / "f").read_bytes()), mode=QUICK)
    assert f([1]).tolist() == [2]


def test_a_functions_graph_is_printed(theano, capsys):
    x = theano.tensor.dscalar("x")
    theano.printing.debugprint(theano.function([x], x * 2, mode=QUICK), print_type=True)
    text = capsys.readouterr().out
    assert "Mul" in text
    assert "x" in text
    assert theano.printing.debugprint([x, x + 1], file="str").count("\n") >= 3
