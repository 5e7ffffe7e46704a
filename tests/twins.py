"""What the tests of the eager twins share: data, and models of one kind."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest
from parity import value
from scipy.special import expit

CORE = pytest.mark.core
X = np.random.RandomState(0).rand(40, 6)
Y = np.arange(40) % 4
BATCH = {"batch_sz": 10}
LABELLED = {"X": X, "Y": Y, "Xtest": X, "Ytest": Y} | BATCH


def values(model, *names):
    return {name: value(getattr(model, name)) for name in names}


def tensor(array):
    import torch

    return torch.from_numpy(np.array(array))


def random_parameters(model):
    """Return all parameters random values, large enough that no gradient is tiny; hand back views of them."""
    chance, arrays = np.random.RandomState(1), [value(p) for p in model.params]
    for array in arrays:
        array[...] = chance.randn(*array.shape)
    return arrays


UNITS = {"sigmoid": expit, "linear": lambda a: a, "relu": lambda a: np.maximum(a, 0)}


def stack(models, sizes, kinds):
    """Return a DNN of fitted layers of several kinds, with views of its parameters."""
    makers = {
        "autoencoder": models.AutoEncoder,
        "linear": functools.partial(models.AutoEncoder, hidden="linear"),
        "relu": functools.partial(models.AutoEncoder, hidden="relu"),
        "rbm": models.RBM,
    }
    dnn = models.DNN(sizes, [makers[kind] for kind in kinds], random_state=0)
    dnn.fit(**LABELLED, pretrain=False, learning_rate=0.1, epochs=3)
    return dnn, random_parameters(dnn)


def up(x, forward, kinds):
    """Pass rows up through layers of ``[W, b, W, b, ...]``."""
    for W, b, kind in zip(forward[::2], forward[1::2], kinds, strict=True):
        x = UNITS[kind if kind in UNITS else "sigmoid"](x @ W + b)
    return x


def fitted(models):
    """Return one of each model."""
    return SimpleNamespace(
        ae=models.AutoEncoder(3, random_state=0).fit(X, **BATCH),
        rbm=models.RBM(3, random_state=0).fit(X, persistent=True, **BATCH),
        dnn=models.DNN([4, 3], random_state=0).fit(**LABELLED, pretrain_options=BATCH),
    )


fitted_once = functools.cache(fitted)
