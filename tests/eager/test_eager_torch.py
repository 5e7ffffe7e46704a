"""What is PyTorch's own about its twins: tensors, and when gradients are followed."""

import functools
from types import SimpleNamespace

import numpy as np
import parity
import pytest
from parity import value
from scipy.special import expit
from twins import BATCH, LABELLED, X, Y, fitted, tensor

from udl_pt._support.exceptions import NotFittedError

pytestmark = pytest.mark.torch


def test_tensors_in_tensors_out_and_arrays_in_arrays_out():
    twins = parity.side("torch")
    models = fitted(twins)
    H = expit(X[:, :3])
    calls = [
        *((getattr(models.ae, name), X) for name in ("forward_hidden", "hidden_op", "forward_output")),
        *((getattr(models.rbm, name), X) for name in ("forward_hidden", "free_energy", "sample_h_given_v")),
        (models.ae.backward, H),
        (models.rbm.sample_v_given_h, np.round(H)),
        (functools.partial(models.rbm.gibbs, k=3), np.round(X)),
        *((getattr(models.dnn, name), X) for name in ("logits", "forward", "predict")),
        (lambda x: twins.input_gradient(models.dnn, x, Y), X),
        (lambda x: twins.fast_gradient_sign(models.dnn, x, Y, 0.1), X),
    ]
    for call, argument in calls:
        generator = models.rbm.rng.generator
        state = generator.bit_generator.state
        array = call(argument)
        generator.bit_generator.state = state
        result = call(tensor(argument))
        assert type(array) is np.ndarray
        assert type(result) is type(tensor(argument))
        assert not result.requires_grad
        np.testing.assert_array_equal(value(result), array)


def test_what_is_given_tensors_can_be_differentiated():
    twins = parity.side("torch")
    models = fitted(twins)
    W, bh, _ = map(value, models.ae.params)
    x = tensor(X).requires_grad_(True)
    models.ae.forward_hidden(x).sum().backward()
    Z = expit(X @ W + bh)
    np.testing.assert_allclose(x.grad, Z * (1 - Z) @ W.T, rtol=1e-10)

    x = tensor(X).requires_grad_(True)
    models.rbm.free_energy(x).sum().backward()
    W, c, b = map(value, models.rbm.params)
    np.testing.assert_allclose(x.grad, -b - expit(X @ W + c) @ W.T, rtol=1e-10)

    x = tensor(X).requires_grad_(True)
    models.dnn._cost(x, Y).backward()
    np.testing.assert_allclose(x.grad, twins.input_gradient(models.dnn, X, Y), rtol=1e-10, atol=1e-15)
    assert all(p.grad is None for p in models.dnn.params)


def test_parameters_ask_for_gradients_only_within_a_step():
    twins = parity.side("torch")
    asked, broken = [], []

    class Watch:
        def on_batch(self, progress):
            asked.append([p.requires_grad for p in progress.model.params])

        def __call__(self, progress):
            pass

    def corruption(X, stream):
        broken.append(ae.W.requires_grad if hasattr(ae, "W") else None)
        if len(broken) == 3:
            raise RuntimeError("broken")
        return X

    dnn = twins.DNN([4], random_state=0).fit(**LABELLED, pretrain_options=BATCH, callbacks=[Watch()])
    assert len(asked) == 8
    assert not any(map(any, asked))
    x = dnn._param(X[:3].copy())
    with pytest.raises(IndexError):
        dnn._gradients(value(x), Y[:3] + 100, 0.0, 1.0)
    assert not any(p.requires_grad for p in dnn.params)

    ae = SimpleNamespace()
    ae = twins.AutoEncoder(3, corruption=corruption, random_state=0)
    with pytest.raises(RuntimeError, match="broken"):
        ae.fit(X, **BATCH)
    assert not any(p.requires_grad for p in ae.params)


def test_a_step_is_followed_though_the_caller_wants_no_gradients():
    import torch

    models = parity.side("torch")
    with torch.no_grad():
        inside = fitted(models)
    for a, b in zip(vars(inside).values(), vars(fitted(models)).values(), strict=True):
        np.testing.assert_array_equal(value(a.W), value(b.W))


def test_a_model_without_parameters_refuses_tensors():
    for name in ("AutoEncoder", "RBM"):
        with pytest.raises(NotFittedError, match="no parameters yet"):
            getattr(parity.side("torch"), name)(3).forward_hidden(tensor(X))
