"""What messages show, and which advice they give; what arrays and numbers are taken."""

import decimal
import fractions

import numpy as np
import pytest

import udl_pt
from udl_pt import RBM, TSNE, AutoEncoder, eager
from udl_pt._support.arguments import check_count, check_number, check_option, check_switch
from udl_pt._support.arrays import check_matrix
from udl_pt._support.messages import plain, shown

X = np.random.RandomState(0).rand(40, 6)


class Loader:
    def __iter__(self):
        return iter([X[:20], X[20:]])

    def __len__(self):
        return 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        ("a", "'a'"),
        (np.zeros((9, 2)), "an array of shape (9, 2) and dtype float64"),
        (np.array([1, 2]), "array([1, 2])"),
        (np.float32(0.5), "np.float32(0.5)"),
        (
            type("Placeholder", (), {"shape": (None, 3), "__repr__": lambda self: "Placeholder"})(),
            "Placeholder",
        ),
        (type("Mute", (), {"__repr__": lambda self: 1 / 0})(), "an object of type Mute"),
    ],
)
def test_a_value_is_shown_on_one_line(value, expected):
    assert shown(value) in (expected, f"<{type(value).__name__} instance at {id(value):#x}>")
    assert len(shown("x" * 10**6)) < 100
    assert "\n" not in shown(np.zeros((2, 2)))


@pytest.mark.parametrize("number", [0, 1, -0.5, 1.0000001, 1e300, 0.1, 1 / 3, 123456789.0])
def test_a_number_is_written_so_that_it_can_be_told_from_all_others(number):
    assert float(plain(number)) == number


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        ((X - 0.5) / 0.3, "standardised .*output='linear'.*cost='squared_error'.*visible='gaussian'"),
        (X * 255, "divide by 255"),
        ((X * 15).astype(np.uint8), "divide by 255"),
        (X * 65535, "divide by 65535"),
        ((X * 99).astype(np.uint16), "divide by 65535"),
        (X * 100, "by 100, if these are percentages"),
        (X * 7, "the largest value that there can be"),
        (X + 1e-7 * (X.max() == X) + (1 - X.max()), r"to 1.00000\d+, .*rounding.*numpy.clip"),
        (X - X.min() - 1e-9, r"from -1.*e-09 .*numpy.clip"),
    ],
)
@pytest.mark.parametrize("kind", [AutoEncoder, eager.RBM])
def test_advice_comes_from_the_values(kind, data, advice):
    with pytest.raises(ValueError, match=advice):
        kind(3).fit(data, batch_sz=10)


@pytest.mark.parametrize("side", [udl_pt, eager], ids=lambda side: side.__name__)
def test_advice_on_codes_is_not_that_on_data(side):
    model = side.AutoEncoder(2, random_state=0).fit(X, epochs=0)
    with pytest.raises(
        ValueError, match=r"^H has values from -3 to 2, .*pass codes such as forward_hidden ret"
    ):
        model.backward([[2.0, -3.0]])
    with pytest.raises(ValueError, match=r" or udl_pt\.RBM\(…, visible='gaussian'\)"):
        side.RBM(2).fit(-X)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "X is None, .*pass the data"),
        ("data.csv", r"X is 'data.csv', .*numpy.load"),
        ({"a": [1], "b": [2]}, r"numpy.column_stack\(list\(X.values\(\)\)\)"),
        ({1, 2}, "a set has no order"),
        ((row for row in X), r"numpy.stack\(list\(X\)\).*numpy.concatenate\(list\(X\)\)"),
        (iter([X]), "numpy.concatenate"),
        (Loader(), r"Loader.*numpy.concatenate\(\[numpy.asarray\(batch\) for batch in X\]\)"),
        (np.mean, "call the function"),
        (AutoEncoder, "not a class"),
        (RBM(3), "RBM"),
        ([[1, None]], r"replace the entries that are not numbers, then call numpy.asarray\(X, dtype=float\)"),
        (X.astype(complex), r"X has dtype complex128.*X.real.*abs\(X\)"),
        (np.zeros(3, [("a", float)]), "structured_to_unstructured"),
        (np.full((3, 2), np.datetime64("2026-01-01")), "turn times into numbers"),
    ],
)
def test_what_holds_no_matrix_has_a_way_out_of_its_own(data, message):
    with pytest.raises(TypeError, match=message) as caught:
        check_matrix(data, dtype="float64")
    assert not isinstance(data, np.ndarray) or ".astype(float)" not in str(caught.value)
    if not hasattr(data, "astype"):
        assert "astype" not in str(caught.value)


def unaligned():
    raw = np.zeros(X.nbytes + 1, np.uint8)
    odd = raw[1:].view(float).reshape(X.shape)
    odd[:] = X
    assert not odd.flags.aligned
    return odd


def read_only():
    locked = X.copy()
    locked.flags.writeable = False
    return locked


ODD = {
    "unaligned": unaligned,
    "byte-swapped": lambda: X.astype(X.dtype.newbyteorder()),
    "read-only": read_only,
    "from the end": lambda: X[::-1].copy()[::-1],
    "half": lambda: X.astype(np.float16).astype(float).astype(np.float16),
    "long": lambda: X.astype(np.longdouble),
    "Fortran": lambda: np.asfortranarray(X),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_arrays_train_and_pass_as_plain_ones(name):
    odd = ODD[name]()
    plain_X = np.array(odd, float)
    one, other = (AutoEncoder(3, random_state=0).fit(data, batch_sz=10) for data in (odd, plain_X))
    np.testing.assert_array_equal(one.W.get_value(), other.W.get_value())
    np.testing.assert_array_equal(one.forward_hidden(odd), other.forward_hidden(plain_X))
    twin = eager.AutoEncoder(3, random_state=0).fit(odd, batch_sz=10)
    np.testing.assert_allclose(twin.W, one.W.get_value(), rtol=1e-9)


@pytest.mark.torch
def test_a_tensor_that_requires_a_gradient_is_detached():
    import torch

    tensor = torch.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(check_matrix(tensor, dtype="float64"), X)
    assert check_number(torch.tensor(0.5, requires_grad=True), "mu") == 0.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (fractions.Fraction(1, 4), 0.25),
        (decimal.Decimal("0.25"), 0.25),
        (np.float32(0.25), 0.25),
        (np.array(0.25), 0.25),
        (np.int8(1), 1),
    ],
)
def test_numbers_of_all_kinds(value, expected):
    assert check_number(value, "mu", at_least=0, at_most=1) == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: check_number(1.0000001, "mu", at_most=1),
            r"mu is 1.0000001, .* of at most 1$",
        ),
        (lambda: check_number(True, "mu"), "mu is True, expected a finite number$"),
        (lambda: check_number(np.array([0.5]), "mu"), r"mu is array\(\[0.5\]\)"),
        (lambda: check_number(None, "mu", at_least=0), "mu is None, expected a finite number of at least 0"),
        (
            lambda: check_number(1, "p", above=0, below=1),
            r"p is 1, .* above 0 and below 1$",
        ),
        (
            lambda: TSNE(perplexity=float("nan")).fit(X),
            "perplexity is nan, expected a finite number above 0$",
        ),
        (lambda: AutoEncoder(10**20), "M is 100000000000000000000, expected at most 2147483647"),
        (lambda: check_count(2.0, "M"), "M is 2.0, expected an integer"),
        (lambda: check_switch("no", "persistent"), "persistent is 'no', expected True or False"),
        (lambda: check_option(np.zeros((2, 3)), "cost", ["a"]), r"cost is an array of shape \(2, 3\)"),
        (lambda: RBM(3).fit(X, persistent="no"), "persistent is 'no', expected True or False"),
        (lambda: RBM(3).fit(X, sparsity_cost="no"), "sparsity_cost is 'no', expected a finite number"),
    ],
)
def test_numbers_and_switches_that_are_refused(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_array_methods_name_their_own_argument_and_take_it_by_name():
    rbm = RBM.createFromArrays(X, np.zeros(6), np.zeros(40))
    with pytest.raises(ValueError, match="H has 2 features, expected 6"):
        rbm.backward(H=np.zeros((1, 2)))
    with pytest.raises(ValueError, match="V has 2 features, expected 40"):
        rbm.free_energy(np.zeros((1, 2)))
