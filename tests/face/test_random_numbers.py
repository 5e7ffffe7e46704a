"""Random numbers under Theano's names are the original's, bit for bit."""

import copy
import functools
import json
import pickle
from pathlib import Path

import numpy as np
import pytensor
import pytest
import random_cases

from udl_pt.theano import _face as theano
from udl_pt.theano._face.sandbox.multinomial import ChoiceFromUniform, MultinomialFromUniform
from udl_pt.theano._face.sandbox.rng_mrg import MRG_RandomStreams, guess_n_streams
from udl_pt.theano._face.tensor.raw_random import random_state_type
from udl_pt.theano._face.tensor.shared_randomstreams import RandomStreams, random_state_shared

T = theano.tensor
# as udl_pt.theano.install does; pytest has filters of its own
pytestmark = pytest.mark.filterwarnings("ignore:Setting default_update is deprecated:DeprecationWarning")
ORIGINAL = json.loads((Path(__file__).parent / "random.json").read_text())
NAMES = [(name, key) for name, numbers in ORIGINAL["float64"].items() for key in numbers]
# Box and Muller's logarithms, cosines and sums of products are rounded by each compiler in its way
ROUNDED = {"mrg_normals": 5e-15, "mrg_symbolic": 5e-15}


@functools.cache
def ours(name, floatX, mode):
    """Return what a program draws under Theano's names on PyTensor."""
    function, seed = random_cases.PROGRAMS[name]
    with pytensor.config.change_flags(floatX=floatX):
        return function(theano, seed, mode)


def same(name, key, floatX, mode):
    """Compare dtype, shape and numbers with the original's."""
    theirs = ORIGINAL[floatX][name][key]
    numbers = np.asarray(ours(name, floatX, mode)[key])
    assert (str(numbers.dtype), list(numbers.shape)) == (theirs["dtype"], theirs["shape"])
    rounding = ROUNDED.get(name.split()[0], 0)
    if numbers.dtype == "float32":
        rounding *= 2.0**29
    np.testing.assert_allclose(numbers.ravel(), theirs["numbers"], rtol=rounding, atol=rounding)


@pytest.mark.parametrize("floatX", ["float32", "float64"])
@pytest.mark.parametrize(("name", "key"), NAMES)
def test_numbers_are_the_originals(name, key, floatX):
    same(name, key, floatX, "FAST_COMPILE")


MORE = [
    pytest.param(name, mode, marks=pytest.mark.slow if "legacy" in name else pytest.mark.exhaustive)
    for name in ["legacy_integers 1", "legacy_sets 3", "legacy_scan 17", "mrg_sets 2", "mrg_symbolic 19"]
    for mode in ["CVM", "NUMBA", "JAX"]
    if (name, mode) != ("mrg_symbolic 19", "JAX")  # its sizes are inputs
]


@pytest.mark.parametrize(
    ("name", "mode"),
    [(name, mode) for name in ["legacy_states 5", "mrg_states 8"] for mode in ["CVM", "NUMBA", "JAX"]] + MORE,
)
def test_numbers_are_the_originals_on_each_backend(name, mode):
    with pytensor.config.change_flags(floatX="float64"):
        for key in ORIGINAL["float64"][name]:
            same(name, key, "float64", mode)


def test_the_first_numbers_of_both_generators():
    f = theano.function([], MRG_RandomStreams(42).uniform((2,), dtype="float64"), mode="FAST_COMPILE")
    np.testing.assert_allclose([f(), f()], [[0.08075202, 0.92676402], [0.08033995, 0.34734231]], atol=5e-9)
    f = theano.function([], RandomStreams(234).uniform((2,), dtype="float64"), mode="FAST_COMPILE")
    np.testing.assert_allclose([f(), f()], [[0.12672381, 0.97091597], [0.13989098, 0.88754825]], atol=5e-9)


@pytest.mark.parametrize(
    ("draw", "dtype", "broadcastable"),
    [
        (lambda s: s.uniform((2, 1)), "float64", (False, True)),
        (lambda s: s.normal((3,), np.float32(1), 2), "float64", (False,)),
        (lambda s: s.binomial((1,)), "int64", (False,)),
        (lambda s: s.random_integers((1, 5)), "int64", (True, False)),
        (lambda s: s.permutation(n=4), "int64", (False,)),
        (lambda s: s.multinomial((1,), 3, [[0.5, 0.5]]), "int64", (True, False)),
    ],
)
def test_types(draw, dtype, broadcastable):
    with pytensor.config.change_flags(floatX="float64"):
        x = draw(RandomStreams(1))
    assert (x.dtype, x.type.broadcastable) == (dtype, broadcastable)


def test_a_draw_knows_its_state_and_update():
    s = RandomStreams(2)
    x = s.uniform((2,))
    assert s.updates() == [x.update]
    assert x.update[0] is x.rng
    assert x.rng.tag.is_rng
    u = MRG_RandomStreams(2)
    y = u.uniform((2,))
    assert u.updates()[0][2:] == ((2,), None)
    assert not hasattr(y, "rstate")  # the sample's bounds are applied to the draw that has it


def test_states_are_copied_unless_borrowed():
    state = np.random.RandomState(5)
    shared, borrowed = random_state_shared(state), random_state_shared(state, borrow=True)
    assert borrowed.get_value(borrow=True) is state
    expected = copy.deepcopy(state).random_sample()
    state.random_sample()
    assert shared.get_value().random_sample() == expected
    assert shared.get_value().random_sample() == expected
    assert shared.get_value(borrow=True).random_sample() == expected
    assert shared.get_value().random_sample() != expected
    shared.set_value(state)
    assert shared.get_value(borrow=True) is not state
    shared.set_value(state, borrow=True)
    assert shared.get_value(borrow=True) is state


def test_the_type_of_states():
    kind = random_state_type
    a, b = np.random.RandomState(1), np.random.RandomState(1)
    assert kind == pickle.loads(pickle.dumps(kind))
    assert kind.values_eq(a, b)
    a.normal()
    assert not kind.values_eq(a, b)
    b.normal()
    assert kind.values_eq(a, b)
    assert kind.is_valid_value(a)
    assert not kind.is_valid_value(np.random.default_rng(1))
    assert not kind.may_share_memory(a, b)
    with pytest.raises(TypeError, match=r"expected a numpy.random.RandomState, got 3"):
        kind.filter(3)
    with pytest.raises(TypeError, match=r"expected a numpy.random.RandomState"):
        random_state_shared(np.random.default_rng(1))


@pytest.mark.parametrize("streams", [RandomStreams, MRG_RandomStreams])
def test_functions_are_pickled_with_their_states(streams):
    f = theano.function([], streams(6).uniform((3,)), mode="FAST_COMPILE")
    f()
    g = pickle.loads(pickle.dumps(f))
    np.testing.assert_array_equal(f(), g())
    np.testing.assert_array_equal(f(), g())


@pytest.mark.parametrize("streams", [RandomStreams, MRG_RandomStreams])
def test_gradients_reach_parameters_but_not_draws(streams):
    x = T.dvector()
    s = streams(3)
    noise = s.normal((2,), dtype="float64")
    f = theano.function([x], [T.grad((x * noise).sum(), x), noise], mode="FAST_COMPILE")
    gradient, drawn = f([1.0, 2.0])
    np.testing.assert_array_equal(gradient, drawn)
    with pytest.raises(pytensor.gradient.NullTypeGradError):
        T.grad(s.uniform((2,), low=x).sum(), x)


def test_numbers_of_streams():
    assert [guess_n_streams(size) for size in [(2,), (6,), (7,), (3, 4), [200, 300], (10**4, 10**4)]] == [
        2, 6, 1, 2, 10000, 15360,
    ]  # fmt: skip
    assert guess_n_streams(T.lvector()) == guess_n_streams((np.int64(2),)) == 15360
    with pytest.warns(UserWarning, match="Can't determine #streams"):
        guess_n_streams(T.lvector(), warn=True)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.uniform((2, 0)), ValueError, "value <= 0"),
        (lambda s: s.uniform([2, 3]), TypeError, "size must be a tuple"),
        (lambda s: s.uniform((2,), low=[[1.0, 2.0], [3.0, 4.0]]), Exception, "broadcast"),
        (lambda s: s.uniform((2,), speed=3), TypeError, "speed"),
        (lambda s: s.binomial((2,), n=2), NotImplementedError, "n > 1"),
        (lambda s: s.normal((-1,)), ValueError, "positive"),
        (lambda s: s.normal("2"), ValueError, "size must be"),
        (lambda s: s.multinomial(pvals=[0.5, 0.5]), NotImplementedError, "pvals.ndim = 2"),
        (lambda s: s.multinomial(size=(2,), pvals=[[0.5, 0.5]]), ValueError, "size argument"),
        (lambda s: s.multinomial(), TypeError, "pvals"),
        (lambda s: s.choice(p=[[0.5, 0.5]]), NotImplementedError, "replace=False"),
        (lambda s: s.choice(a=3, replace=False, p=[[0.5, 0.5]]), TypeError, "a has to be None"),
        (lambda s: s.choice(replace=False), TypeError, "p has to be specified"),
        (lambda s: s.choice(replace=False, p=[0.5, 0.5]), NotImplementedError, "p.ndim = 2"),
        (lambda s: s.seed(0), ValueError, "should not be 0"),
        (lambda s: s.seed(2**31 - 21069), ValueError, "less than 2147462579"),
        (lambda s: s.seed((0, 0, 0, 1, 2, 3)), ValueError, "first 3"),
        (lambda s: s.seed((1, 2, 3, 0, 0, 0)), ValueError, "last 3"),
        (lambda s: s.seed((1, 2, 2**31 - 1, 1, 2, 3)), ValueError, "less than 2147483647"),
        (lambda s: s.seed((1, 2)), TypeError, "1 integer or 6"),
    ],
)
def test_errors_of_mrg(call, error, says):
    with pytest.raises(error, match=says):
        call(MRG_RandomStreams(1))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.uniform((2,), ndim=3), ValueError, "ndim is 3"),
        (lambda s: s.uniform((2,), low=[[1.0]]), ValueError, "2 dimensions"),
        (lambda s: s.uniform((2.5,)), TypeError, "integers"),
        (lambda s: s.uniform(T.lmatrix()), TypeError, "vector"),
        (lambda s: s.uniform((-1,)), ValueError, "-1 in dimension 0"),
        (lambda s: s.poisson(lam=2.0), TypeError, "pass size="),
        (lambda s: s.permutation(ndim=2), TypeError, "ndim=2"),
    ],
)
def test_errors_of_legacy_draws(call, error, says):
    with pytest.raises(error, match=says):
        call(RandomStreams(1))


def test_errors_when_a_function_draws():
    s = RandomStreams(1)
    draw = theano.function([], s.multinomial((2,), 1, [[0.7, 0.7]]), mode="FAST_COMPILE")
    with pytest.raises(AssertionError, match=r"sum to 1\.4"):
        draw()
    size = T.lvector()
    draw = theano.function([size], s.uniform(size, ndim=2), mode="FAST_COMPILE")
    with pytest.raises(ValueError, match="Shape mismatch"):
        draw([2, 2, 2])


def test_multinomials_of_given_uniforms():
    p, u = T.dmatrix(), T.dvector()
    rows = np.array([[0.25, 0.25, 0.5], [0.5, 0.5, 0.0]])
    count = theano.function([p, u], MultinomialFromUniform("auto")(p, u, 2), mode="FAST_COMPILE")
    # a uniform number at a border belongs to the next outcome
    np.testing.assert_array_equal(count(rows, [0.25, 0.1, 0.5, 0.75]), [[0.0, 1, 1], [1, 1, 0]])
    choose = theano.function([p, u], ChoiceFromUniform("auto")(p, u, 2), mode="FAST_COMPILE")
    # of the first row 0.5 and 0.5 remain, and of the second the middle alone
    np.testing.assert_array_equal(choose(rows, [0.3, 0.1, 0.6, 0.99]), [[1, 2], [0, 1]])
    for f in (count, choose):
        with pytest.raises(ValueError, match="unis"):
            f(rows, [0.1, 0.2, 0.3])
    choose = theano.function([p, u], ChoiceFromUniform("auto")(p, u, 4), mode="FAST_COMPILE")
    with pytest.raises(ValueError, match="Cannot sample without replacement"):
        choose(rows, np.full(8, 0.5))


def test_shapes_are_known_without_a_draw():
    s, m, n = RandomStreams(1), MRG_RandomStreams(1), T.iscalar()
    draws = [s.uniform((n, 3)), m.uniform((n, 3))]
    f = theano.function([n], [x.shape for x in draws], no_default_updates=True, mode="CVM")
    assert [shape.tolist() for shape in f(4)] == [[4, 3], [4, 3]]
    ops = {type(node.op).__name__ for node in f.maker.fgraph.apply_nodes}
    assert not ops & {"RandomFunction", "mrg_uniform"}


def test_importing_the_face_leaves_pytensor_alone():
    with pytest.raises(TypeError, match="RandomState"):
        pytensor.shared(np.random.RandomState(1))
