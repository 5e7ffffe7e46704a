"""Of the calling rule: for rows of all kinds, arrays and graphs agree with each other and with NumPy."""

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layouts import FORMS
from scipy.special import expit, softmax

from udl_pt import DNN, RBM, AutoEncoder

D, M, K = 4, 3, 2
r = np.random.default_rng(0)
W, c, b, V = r.normal(size=(D, M)), r.normal(size=M), r.normal(size=D), r.normal(size=(M, K))


class Mine(AutoEncoder):
    """A subclass that overrides a method as any Python class would."""

    def forward_hidden(self, X):
        return 2 * super().forward_hidden(X)


# of each: the class, the method, and what it computes
CALLS = {
    "encoded": (AutoEncoder, "forward_hidden", lambda X: expit(X @ W + c)),
    "rebuilt": (AutoEncoder, "forward_output", lambda X: expit(expit(X @ W + c) @ W.T + b)),
    "overridden": (Mine, "forward_hidden", lambda X: 2 * expit(X @ W + c)),
    "free energy": (RBM, "free_energy", lambda X: -X @ b - np.logaddexp(0, X @ W + c).sum(axis=1)),
    "classified": (DNN, "forward", lambda X: softmax(expit(X @ W + c) @ V, axis=1)),
}
BACKENDS = {"jax": list(CALLS), "numba": ["encoded"]}  # Numba compiles for seconds


@cache
def model(kind, dtype, backend):
    data = np.zeros((2, D))
    if kind is DNN:
        dnn = DNN([M], dtype=dtype, random_state=0)
        dnn.fit(data, [0, 1], data, [0, 1], False, epochs=0, backend=backend)
        dnn.W.set_value(V.astype(dtype))
        layer = dnn.hidden_layers[0]
    else:
        layer = dnn = kind(M, dtype=dtype, random_state=0).fit(data, epochs=0, backend=backend)
    for p, value in zip(layer.params, (W, c, b), strict=True):
        p.set_value(value.astype(dtype))
    return dnn


@cache
def graph(name, dtype):
    kind, method, _ = CALLS[name]
    x = pt.matrix("x", dtype=dtype)
    return pytensor.function([x], getattr(model(kind, dtype, "jax"), method)(x), mode="FAST_COMPILE")


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """Return a function that puts an array into a memory-mapped file."""
    folder, numbers = tmp_path_factory.mktemp("mapped"), itertools.count()

    def make(array):
        path = folder / f"{next(numbers)}"
        array.tofile(path)
        return np.memmap(path, array.dtype, "r", shape=array.shape)

    return make


@pytest.fixture(autouse=True, scope="module")
def chunks_of_three_rows():
    """Call compiled functions for three rows at a time, so that few rows are several chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("udl_pt.symbolic.array_function.CHUNK", 3)
        yield


CALLS_ON_BACKENDS = [(backend, name) for backend, names in BACKENDS.items() for name in names]
DTYPES = ("bool", "int8", "uint8", "int64", "float16", "float32", "float64")
MADE = FORMS | {"read-only": read_only, "a list": np.ndarray.tolist, "a frame": pd.DataFrame}


@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_arrays_graphs_and_numpy_agree(mapped, data):
    backend, name = data.draw(st.sampled_from(CALLS_ON_BACKENDS), label="call")
    dtype = data.draw(st.sampled_from(["float32", "float64"]), label="model's dtype")
    rows = data.draw(st.sampled_from([1, 2, 3, 7]), label="rows")
    kind = data.draw(st.sampled_from(DTYPES), label="rows' dtype")
    seed = data.draw(st.integers(0, 2**32 - 1), label="seed")
    low = 0 if kind in ("bool", "uint8") else -3
    numbers = np.random.default_rng(seed).uniform(low, 3, (rows, D)).astype(kind)
    form = data.draw(st.sampled_from([*MADE, "mapped"]), label="form")
    given_rows = (MADE | {"mapped": mapped})[form](numbers)
    before = numbers.copy()

    cls, method, formula = CALLS[name]
    got = getattr(model(cls, dtype, backend), method)(given_rows)
    expected = formula(numbers.astype(dtype).astype(float))
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-13}
    np.testing.assert_allclose(got, expected, **tolerance)
    np.testing.assert_allclose(graph(name, dtype)(numbers.astype(dtype)), got, **tolerance)
    assert type(got) is np.ndarray
    assert got.dtype == dtype
    assert got.shape == expected.shape
    assert got.flags.writeable
    np.testing.assert_array_equal(np.asarray(given_rows, kind), before)
