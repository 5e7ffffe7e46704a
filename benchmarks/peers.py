"""The steps of `problems` in other libraries, each as its own users would write it.

Each maker takes a `Problem`, and returns a function that takes one step, and one that returns the first
layer's weights. PyTorch's optimiser is the fused one; costs are computed from logits. `torch.compile` gets
the cost, or all of CD-1. JAX is jitted and waited for, with and without donated buffers. CD-1 is written out,
which is faster than differentiating the free energy. scikit-learn's is `BernoulliRBM.partial_fit`.
"""

from functools import partial

import numpy as np
from problems import CD, DEEP, DENOISING, MASKED, MU, PCD, RATE, RBMS, K

from udl_pt import eager
from udl_pt.symbolic.corruption import masking


def logits(kind, params, H, affine, sigmoid):
    params = params if kind == DEEP else [*params[:2], params[0].T, params[2]]
    for i in range(0, len(params) - 2, 2):
        H = sigmoid(affine(params[i + 1], H, params[i]))
    return affine(params[-1], H, params[-2])


def torch_step(problem, *, compiled=False):
    import torch
    from torch.nn import functional as F

    kind, share = problem.kind, RATE / problem.batch
    X, Y, start = problem.arrays()
    X, Y, params = torch.from_numpy(X), torch.from_numpy(Y).long(), [torch.from_numpy(p) for p in start]
    compile_it = torch.compile if compiled else (lambda function: function)
    if kind in RBMS:
        W, c, b = params
        chains = torch.bernoulli(torch.full((problem.batch, len(c)), 0.5, dtype=X.dtype))

        @torch.no_grad()
        @compile_it
        def contrast(v0, W, c, b, chains):
            p0 = torch.sigmoid(torch.addmm(c, v0, W))
            h = torch.bernoulli(p0) if kind == CD else chains
            v1 = torch.bernoulli(torch.sigmoid(torch.addmm(b, h, W.T)))
            p1 = torch.sigmoid(torch.addmm(c, v1, W))
            if kind == PCD:
                chains.copy_(torch.bernoulli(p1))
            W.addmm_(v0.T, p0, alpha=share).addmm_(v1.T, p1, alpha=-share)
            c.add_((p0 - p1).sum(0), alpha=share)
            b.add_((v0 - v1).sum(0), alpha=share)

        return partial(contrast, X, W, c, b, chains), W.numpy
    optimiser = torch.optim.SGD([p.requires_grad_() for p in params], lr=RATE, momentum=MU, fused=True)

    @compile_it
    def cost(params, X, Y):
        seen = X * torch.bernoulli(torch.full_like(X, 1 - MASKED)) if kind == DENOISING else X
        a = logits(kind, params, seen, torch.addmm, torch.sigmoid)
        if kind == DEEP:
            return F.cross_entropy(a, Y, reduction="sum") / len(X)
        return F.binary_cross_entropy_with_logits(a, X, reduction="sum") / len(X)

    def step():
        optimiser.zero_grad(set_to_none=True)
        cost(params, X, Y).backward()
        optimiser.step()

    return step, lambda: params[0].detach().numpy()


def jax_step(problem, *, donated=False):
    import jax

    kind, dtype, share = problem.kind, problem.dtype, RATE / problem.batch
    X, Y, start = problem.arrays()
    jit = partial(jax.jit, donate_argnums=(0, 1)) if donated else jax.jit

    def cost(params, X, Y, key):
        seen = X * jax.random.bernoulli(key, 1 - MASKED, X.shape) if kind == DENOISING else X
        a = logits(kind, params, seen, lambda b, x, W: x @ W + b, jax.nn.sigmoid)
        if kind == DEEP:
            return -(jax.nn.log_softmax(a) * jax.nn.one_hot(Y, K, dtype=dtype)).sum() / len(X)
        return (jax.nn.softplus(a) - X * a).sum() / len(X)

    @jit
    def update(params, state, X, Y):
        velocities, key = state
        key, now = jax.random.split(key)
        gradients = jax.grad(cost)(params, X, Y, now)
        velocities = [MU * v - RATE * g for v, g in zip(velocities, gradients, strict=True)]
        return [p + v for p, v in zip(params, velocities, strict=True)], (velocities, key)

    def draw(key, p):
        return (jax.random.uniform(key, p.shape, dtype) < p).astype(dtype)

    @jit
    def contrast(params, state, v0, _):
        (W, c, b), (chains, key) = params, state
        key, for_h, for_v = jax.random.split(key, 3)
        p0 = jax.nn.sigmoid(v0 @ W + c)
        v1 = draw(for_v, jax.nn.sigmoid((draw(for_h, p0) if kind == CD else chains) @ W.T + b))
        p1 = jax.nn.sigmoid(v1 @ W + c)
        gradients = [v0.T @ p0 - v1.T @ p1, (p0 - p1).sum(0), (v0 - v1).sum(0)]
        moved = chains if kind == CD else draw(for_h, p1)
        return [p + share * g for p, g in zip(params, gradients, strict=True)], (moved, key)

    with jax.enable_x64(dtype == "float64"):
        chains = np.zeros((problem.batch if kind == PCD else 1, problem.sizes[0]), dtype)
        kept = chains if kind in RBMS else [np.zeros_like(p) for p in start]
        state = [start, (kept, jax.random.PRNGKey(0))]
        data = jax.device_put((X, Y))
    jitted = contrast if kind in RBMS else update

    def step():
        with jax.enable_x64(dtype == "float64"):
            state[:] = jax.block_until_ready(jitted(*state, *data))

    return step, lambda: state[0][0]


def sklearn_step(problem):
    from sklearn.neural_network import BernoulliRBM

    if problem.kind not in RBMS:  # its persistent chains are PCD-1
        raise ValueError("it has no such model")
    X, _, (W, c, b) = problem.arrays()
    rbm = BernoulliRBM(problem.sizes[0], learning_rate=RATE, random_state=0)
    rbm.partial_fit(X)
    rbm.components_, rbm.intercept_hidden_, rbm.intercept_visible_ = np.asarray(W.T, order="F"), c, b
    return lambda: rbm.partial_fit(X), lambda: rbm.components_.T


def twin(problem):
    """Return a model of `udl_pt.eager`, and what its `fit` takes."""
    X, Y, _ = problem.arrays()
    made = {"random_state": 0, "dtype": problem.dtype}
    if problem.kind == DEEP:
        return eager.DNN(problem.sizes, **made), (X, Y, X, Y, False), {"mu": MU}
    if problem.kind in RBMS:
        return eager.RBM(problem.sizes[0], **made), (X,), {"persistent": problem.kind == PCD}
    corruption = masking(MASKED) if problem.kind == DENOISING else None
    return eager.AutoEncoder(problem.sizes[0], corruption=corruption, **made), (X,), {"mu": MU}


PEERS = {
    "PyTorch, eager": torch_step,
    "PyTorch, compiled": partial(torch_step, compiled=True),
    "JAX, jitted": jax_step,
    "JAX, donated": partial(jax_step, donated=True),
    "scikit-learn": sklearn_step,
}
