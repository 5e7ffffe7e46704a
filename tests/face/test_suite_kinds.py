"""What Theano's own test suite asks for, in small."""

import numpy as np
import pytest
import scipy.sparse

MISMATCH = r"align|mismatch|inconsistent|dimension"


@pytest.mark.parametrize("shapes", [((5,), (6,)), ((4, 5), (6,)), ((4, 5), (6, 7)), ((4, 5), (2, 6, 7))])
def test_a_product_of_known_shapes_is_checked_at_the_call(theano, shapes):
    T = theano.tensor
    x = T.dscalar()
    f = theano.function([x], T.dot(*(T.alloc(x, *shape) for shape in shapes)), mode="FAST_COMPILE")
    with pytest.raises(ValueError, match=MISMATCH):
        f(1.0)


def test_tensordot_of_known_shapes_is_checked_at_the_call(theano):
    T = theano.tensor
    x = T.dscalar()
    product = T.tensordot(T.alloc(x, 2, 3), T.alloc(x, 4, 5), axes=1)
    f = theano.function([x], product, mode="FAST_COMPILE")
    with pytest.raises(ValueError, match=MISMATCH):
        f(1.0)


def test_a_default_update_can_be_deleted(theano):
    x = theano.shared(1.0)
    x.default_update = x + 1
    f = theano.function([], x, mode="FAST_COMPILE")
    del x.default_update
    g = theano.function([], x, mode="FAST_COMPILE")
    f(), g(), g()
    assert x.get_value() == 2


def test_an_update_of_an_input_without_a_value_reads_inputs_alone(theano):
    x, s = theano.tensor.scalars("xs")
    with pytest.raises(theano.gof.MissingInputError, match="s"):
        theano.function([theano.In(x, update=s + x)], x)


def test_defaults_of_a_function(theano):
    x, a, s = theano.tensor.dscalars("xas")
    inputs = [x, theano.In(a, value=1.0), theano.In(s, value=2.0, update=s + x)]
    f = theano.function(inputs, x + a + s, mode="FAST_COMPILE")
    assert f.defaults == [(True, False, None), (False, True, 1.0), (False, False, 2.0)]


@pytest.mark.parametrize("dense_is_left", [True, False])
def test_a_product_of_dense_and_sparse(theano, dense_is_left):
    import theano.sparse as sparse

    x, y = theano.tensor.dmatrix(), sparse.csr_matrix(dtype="float64")
    order = (x, y) if dense_is_left else (y, x)
    f = theano.function([x, y], theano.dot(*order), mode="FAST_COMPILE")
    X, Y = np.arange(9.0).reshape(3, 3), scipy.sparse.csr_matrix([[0, 1.0, 0], [2, 0, 0], [0, 0, 3]])
    expected = X @ Y.toarray() if dense_is_left else Y.toarray() @ X
    np.testing.assert_array_equal(f(X, Y), expected)


def test_unravel_index_ignores_the_order(theano):
    i = theano.tensor.lvector()
    f = theano.function([i], theano.tensor.unravel_index(i, (2, 3), order="F"), mode="FAST_COMPILE")
    np.testing.assert_array_equal(f([1, 5]), [[0, 1], [1, 2]])  # the original's
    with pytest.raises(ValueError, match="order must be"):
        theano.tensor.unravel_index(i, (2, 3), order="K")


def test_least_squares_of_a_vector_on_numba(theano):
    T = theano.tensor
    a, b = T.dmatrix(), T.dvector()
    f = theano.function([a, b], T.nlinalg.lstsq()(a, b, -1)[0], mode="NUMBA")
    A, B = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]]), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(f(A, B), np.linalg.solve(A.T @ A, A.T @ B), rtol=1e-12)


def test_a_loop_takes_a_dictionary_whose_sequence_is_too_short(theano):
    x = theano.tensor.dvector()
    out, _ = theano.scan(lambda v: 2 * v, sequences={"input": x}, n_steps=3)
    f = theano.function([x], out, mode="FAST_COMPILE")
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0, 4.0]), [2, 4, 6])
    with pytest.raises(ValueError, match="fewer elements than n_steps"):
        f([1.0, 2.0])
