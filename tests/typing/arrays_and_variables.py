"""An array in, an array out; a variable in, a variable out: `make lint` has mypy and pyright check it."""

from typing import Any, assert_type

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor.variable import TensorVariable

from udl_pt import DBN, DNN, PCA, RBM, AutoEncoder, DeepAutoEncoder, sne_cost, tsne_cost
from udl_pt.inspection.attacks import fast_gradient_sign, gradient_step, input_gradient, projected_gradient
from udl_pt.inspection.likelihood import pseudo_likelihood, stochastic_pseudo_likelihood
from udl_pt.models.sampling import complete, fantasies

Variable = TensorVariable[Any, Any]
LISTS = [[0.0, 1.0], [1.0, 0.0]]


def layers(layer: AutoEncoder | RBM, x: Variable, w: SharedVariable, X: np.ndarray) -> None:
    """Encode, decode and reconstruct."""
    assert_type(layer.forward_hidden(x), Variable)
    assert_type(layer.forward_hidden(w), Variable)
    assert_type(layer.forward_hidden(X), np.ndarray)
    assert_type(layer.forward_hidden(LISTS), np.ndarray)
    assert_type(layer.backward(x), Variable)
    assert_type(layer.backward(X), np.ndarray)
    assert_type(layer.forward_output(x), Variable)
    assert_type(layer.forward_output(X), np.ndarray)


def machines(rbm: RBM, dbn: DBN, x: Variable, X: np.ndarray) -> None:
    """Draw, and estimate likelihoods."""
    assert_type(rbm.fit(X), RBM)
    assert_type(RBM.load("rbm.st"), RBM)
    assert_type(rbm.state_dict(), dict[str, np.ndarray])
    assert_type(rbm.free_energy(x), Variable)
    assert_type(rbm.free_energy(X), np.ndarray)
    assert_type(rbm.sample_h_given_v(x), Variable)
    assert_type(rbm.sample_h_given_v(X), np.ndarray)
    assert_type(rbm.sample_v_given_h(x), Variable)
    assert_type(rbm.sample_v_given_h(X), np.ndarray)
    assert_type(rbm.gibbs(x, k=3), Variable)
    assert_type(rbm.gibbs(X, 3), np.ndarray)
    assert_type(fantasies(rbm, x), Variable)
    assert_type(fantasies(rbm, 16, steps=[1, 10]), np.ndarray)
    assert_type(complete(rbm, x, X > 0), Variable)
    assert_type(complete(rbm, X, X > 0), np.ndarray)
    assert_type(pseudo_likelihood(rbm, x), Variable)
    assert_type(pseudo_likelihood(rbm, X), np.ndarray)
    assert_type(stochastic_pseudo_likelihood(rbm, x), Variable)
    assert_type(stochastic_pseudo_likelihood(rbm, X), np.ndarray)
    assert_type(dbn.forward(x), Variable)
    assert_type(dbn.forward(X), np.ndarray)
    assert_type(dbn.generate(x), Variable)
    assert_type(dbn.generate(16), np.ndarray)


def networks(dnn: DNN, deep: DeepAutoEncoder, x: Variable, X: np.ndarray, Y: np.ndarray) -> None:
    """Classify, encode, and attack."""
    assert_type(dnn.logits(x), Variable)
    assert_type(dnn.logits(X), np.ndarray)
    assert_type(dnn.forward(x), Variable)
    assert_type(dnn.forward(X), np.ndarray)
    assert_type(dnn.predict(x), Variable)
    assert_type(dnn.predict(X), np.ndarray)
    assert_type(deep.encode(x), Variable)
    assert_type(deep.encode(X), np.ndarray)
    assert_type(deep.decode(x), Variable)
    assert_type(deep.decode(X), np.ndarray)
    assert_type(deep.forward(x), Variable)
    assert_type(deep.forward(X), np.ndarray)
    assert_type(input_gradient(dnn, x, Y), Variable)
    assert_type(input_gradient(dnn, X, Y), np.ndarray)
    assert_type(gradient_step(dnn, x, Y, 0.1), Variable)
    assert_type(gradient_step(dnn, X, Y, 0.1), np.ndarray)
    assert_type(fast_gradient_sign(dnn, x, Y, 0.1), Variable)
    assert_type(fast_gradient_sign(dnn, X, Y, 0.1, target=3), np.ndarray)
    assert_type(projected_gradient(dnn, x, Y, 0.1, steps=3), Variable)
    assert_type(projected_gradient(dnn, X, Y, 0.1, random_state=0), np.ndarray)


def maps(pca: PCA, x: Variable, X: np.ndarray) -> None:
    """Project, and compare maps with probabilities."""
    assert_type(pca.forward(x), Variable)
    assert_type(pca.forward(X), np.ndarray)
    assert_type(pca.transform(x), Variable)
    assert_type(pca.transform(X), np.ndarray)
    assert_type(pca.transform(LISTS), np.ndarray)
    assert_type(tsne_cost(X, x), Variable)
    assert_type(tsne_cost(x, X), Variable)
    assert_type(tsne_cost(x, x), Variable)
    assert_type(tsne_cost(X, X), np.ndarray)
    assert_type(sne_cost(X, x), Variable)
    assert_type(sne_cost(X, X), np.ndarray)
