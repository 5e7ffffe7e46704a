"""``images2neibs`` and ``neibs2images`` return the original's numbers, and refuse what it refuses."""

import importlib

import numpy as np
import pytensor
import pytest
from of_original import check, names

from udl_pt.theano._ops.neighbours import MODES, Images2Neibs

FITTING = {"valid": (4, 6), "ignore_borders": (5, 7), "half": (4, 6), "full": (4, 7), "wrap_centered": (5, 7)}


def case(theano, *name, mode="FAST_COMPILE"):
    return importlib.import_module("conv_cases").result(*name, mode=mode)


@pytest.mark.parametrize(("group", "name", "dtype"), names("neibs"))
def test_neighbourhoods_and_derivatives_are_the_originals(theano, group, name, dtype):
    check(case(theano, group, name, dtype), group, name, dtype)


@pytest.mark.parametrize("mode", ["CVM", "NUMBA", "JAX"])
def test_backends_agree_with_the_original(theano, mode):
    check(case(theano, "neibs", "overlap", "float64", mode=mode), "neibs", "overlap", "float64")


@pytest.mark.parametrize("kind", MODES)
def test_gradients_are_those_of_finite_differences(kind):
    """Also where the original has none: half, full and wrap_centered."""
    rng = np.random.default_rng(4)
    shape = (3, 3) if kind == "wrap_centered" else (2, 2) if kind in ("half", "valid") else (2, 3)
    step = (1, 1) if kind == "full" else shape
    pytensor.gradient.verify_grad(
        lambda x: Images2Neibs(kind)(x, shape, step),
        [rng.normal(size=(1, 2, *FITTING[kind]))],
        rng=rng,
        mode="FAST_COMPILE",
    )


@pytest.mark.parametrize(
    ("error", "kind", "shape", "step"),
    [
        (TypeError, "valid", (2, 3), (2, 3)),
        (TypeError, "wrap_centered", (2, 3), (1, 1)),
        (TypeError, "wrap_centered", (7, 3), (1, 1)),
        (TypeError, "full", (2, 2), (3, 1)),
        (ValueError, "valid", (2, 2), (0, 1)),
        (ValueError, "valid", (0, 2), (1, 1)),
    ],
)
@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA"])
def test_neighbourhoods_that_do_not_fit_raise_an_error(theano, error, kind, shape, step, mode):
    T, neighbours = theano.tensor, importlib.import_module("theano.tensor.nnet.neighbours")
    x, a, b = T.tensor4(dtype="float64"), T.lvector(), T.lvector()
    f = theano.function([x, a, b], neighbours.images2neibs(x, a, b, kind), mode=mode)
    with pytest.raises(error):
        f(np.ones((1, 1, 5, 7)), shape, step)


def test_unknown_modes_are_refused(theano):
    neighbours = importlib.import_module("theano.tensor.nnet.neighbours")
    with pytest.raises(NotImplementedError):
        neighbours.images2neibs(theano.tensor.tensor4(), (2, 2), mode="same")
    with pytest.raises(NotImplementedError):
        neighbours.neibs2images(theano.tensor.matrix(), (2, 2), (1, 1, 4, 4), mode="half")
