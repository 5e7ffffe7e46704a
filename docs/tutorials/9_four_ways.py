"""
The same step, four ways
========================

The book is written in Theano, which is symbolic: you describe a computation, then compile it. NumPy is
eager: each line computes. PyTorch and JAX lie between. In this tutorial you write one step of an RBM's
training in each of them, and

- see where the gradient comes from,
- check that all four compute the same numbers,
- see what a compiler changes in it.
"""

# %%
# The task
# --------
# The step is that of contrastive divergence: draw hidden units from the digits v0, draw v1 from them, then
# lower the free energy of v0 and raise that of v1. `The RBM and contrastive divergence <5_rbm.html>`_
# explains why.
#
# A draw is "uniform number < probability". All four ways get the same uniform numbers and the same weights,
# so they must agree.

import numpy as np

from udl_pt import load_mnist_subset

M, rate = 100, 0.1
v0 = load_mnist_subset().X[:100]
rng = np.random.RandomState(0)
for_h, for_v = rng.rand(100, M), rng.rand(100, 784)
start = 0.01 * rng.randn(784, M), np.zeros(M), np.zeros(784)  # W, c, b

# %%
# NumPy: write the gradient yourself
# ----------------------------------
# NumPy doesn't differentiate. So the derivatives of the free energy are written out. Each line can be
# printed and checked. But a wrong sign would go unnoticed.


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def numpy_step(W, c, b):
    p0 = sigmoid(v0 @ W + c)
    h0 = (for_h < p0).astype(float)
    v1 = (for_v < sigmoid(h0 @ W.T + b)).astype(float)
    p1 = sigmoid(v1 @ W + c)
    changes = (
        v0.T @ p0 - v1.T @ p1,
        (p0 - p1).sum(axis=0),
        (v0 - v1).sum(axis=0),
    )
    pairs = zip((W, c, b), changes, strict=True)
    return [p + rate / len(v0) * change for p, change in pairs]


by_numpy = numpy_step(*start)

# %%
# PyTensor: describe, differentiate, compile
# ------------------------------------------
# This is how the book does it in Theano. ``W``, ``c`` and ``b`` are shared variables, which keep their
# values between calls. No line computes a number until ``pytensor_step()`` is called. ``pytensor.grad``
# adds the gradient to the graph. v1 is held constant, since a draw has no useful derivative.

import pytensor
import pytensor.tensor as pt

W, c, b = params = [pytensor.shared(value) for value in start]


def free_energy(V):
    return -V.dot(b) - pt.softplus(V.dot(W) + c).sum(axis=1)


h0 = (for_h < pt.sigmoid(pt.dot(v0, W) + c)).astype("float64")
v1 = (for_v < pt.sigmoid(h0.dot(W.T) + b)).astype("float64")
cost = free_energy(pt.constant(v0)).mean() - free_energy(v1).mean()
gradients = pytensor.grad(cost, params, consider_constant=[v1])
updates = [(p, p - rate * g) for p, g in zip(params, gradients, strict=True)]
pytensor_step = pytensor.function([], updates=updates)

pytensor_step()
by_pytensor = [p.get_value() for p in params]

# %%
# In Theano, only the first lines differ: ``import theano.tensor as T``, ``T.nnet.sigmoid``,
# ``theano.function``.
#
# PyTorch: compute, and remember how
# ----------------------------------
# Every operation computes at once, and is also recorded. ``autograd.grad`` goes back along this record.
# The draws are made without it.

import torch

tensors = [torch.tensor(value, requires_grad=True) for value in start]
x, u_h, u_v = (torch.tensor(value) for value in (v0, for_h, for_v))


def torch_energy(V):
    W, c, b = tensors
    a = V @ W + c
    return -V @ b - torch.logaddexp(a, torch.zeros_like(a)).sum(dim=1)


def torch_step():
    W, c, b = tensors
    with torch.no_grad():
        h0 = (u_h < torch.sigmoid(x @ W + c)).double()
        v1 = (u_v < torch.sigmoid(h0 @ W.T + b)).double()
    cost = torch_energy(x).mean() - torch_energy(v1).mean()
    gradients = torch.autograd.grad(cost, tensors)
    with torch.no_grad():
        for p, g in zip(tensors, gradients, strict=True):
            p -= rate * g


torch_step()
by_torch = [p.detach().numpy() for p in tensors]

# %%
# JAX: differentiate a function
# -----------------------------
# ``jax.grad`` takes a function and returns another one: its gradient. ``jax.jit`` compiles it at its first
# call. Parameters go in and come out, and nothing is changed in place.

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def jax_energy(params, V):
    W, c, b = params
    return -V @ b - jnp.logaddexp(V @ W + c, 0).sum(axis=1)


def contrast(params, v1):
    return jax_energy(params, v0).mean() - jax_energy(params, v1).mean()


@jax.jit
def jax_step(params):
    W, c, b = params
    h0 = (for_h < jax.nn.sigmoid(v0 @ W + c)).astype(float)
    v1 = (for_v < jax.nn.sigmoid(h0 @ W.T + b)).astype(float)
    gradients = jax.grad(contrast)(params, v1)
    return [p - rate * g for p, g in zip(params, gradients, strict=True)]


by_jax = jax_step(start)

# %%
# Do they agree?
# --------------

for name, result in [
    ("PyTensor", by_pytensor),
    ("PyTorch", by_torch),
    ("JAX", by_jax),
]:
    pairs = zip(result, by_numpy, strict=True)
    apart = max(abs(np.asarray(p) - q).max() for p, q in pairs)
    print(f"{name:8} differs from NumPy by at most {apart:.0e}")

# %%
# The rest is rounding: sums in another order. Does it grow? Here are 30 more steps of each way:

from udl_pt.plots import plot_costs

apart = {"PyTensor": [], "PyTorch": [], "JAX": []}
for _ in range(30):
    by_numpy = numpy_step(*by_numpy)
    pytensor_step()
    torch_step()
    by_jax = jax_step(by_jax)
    found = params[0].get_value(), tensors[0].detach().numpy(), by_jax[0]
    for name, weights in zip(apart, found, strict=True):
        apart[name].append(abs(np.asarray(weights) - by_numpy[0]).max())

figure = plot_costs(apart, "Rounding", "difference from NumPy", "step")
figure.axes[0].set_yscale("log")

# sphinx_gallery_alt = "The largest difference of a weight from NumPy's, by step, below 1e-13."
figure

# %%
# It grows, but stays far below the seventh digit, where float32 ends.
#
# What does a compiler do?
# ------------------------
# NumPy and PyTorch run each operation alone, and write its result to memory. PyTensor and JAX see the whole
# step. They merge what is computed twice, and fuse operations that follow each other into one loop:

outputs = [new for _, new in updates]
described = pytensor.graph.FunctionGraph(outputs=outputs, clone=True)
compiled = pytensor_step.maker.fgraph
print(f"{len(described.apply_nodes)} operations described")
print(f"{len(compiled.apply_nodes)} compiled")

# %%
# Is that worth the wait for the compiler? `A table of measured times <../symbolic_or_eager.html>`_ says after
# how many steps.
#
# The largest part of a step is its matrix products, which are alike in all four. `udl_pt.compare` measures
# whole models fairly: each way in a process of its own, with import and compile times, memory, and the
# differences. From a shell it is ``udl-pt compare rbm``.
#
# Which one, when?
# ----------------
# - To understand an algorithm: NumPy. Nothing stands between the formula and the numbers.
# - For a cost that changes every hour: PyTorch, or JAX without ``jit``. There is nothing to wait for.
# - For long training with the same step: PyTensor or JAX, which compile the whole step.
#
# What to try next
# ----------------
# - Differentiate through a draw: remove ``consider_constant`` or ``no_grad``. Which library raises an error,
#   and which is silently wrong? `Symbolic or eager? <../symbolic_or_eager.html>`_ has the answer.
# - Train the whole RBM in NumPy, `udl_pt.eager.RBM`, or in PyTorch, `udl_pt.eager.torch.RBM`.
# - From a script in Theano to PyTensor: `From Theano to PyTensor <../porting_from_theano.html>`_.
#
# Read on
# -------
# - The book: chapter 4, "Contrastive Divergence".
# - Reference: `NumPy and PyTorch <../reference/eager.html>`_, `comparison <../reference/comparison.html>`_.
