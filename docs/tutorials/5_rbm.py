"""
The RBM and contrastive divergence
==================================

A restricted Boltzmann machine (RBM) has the layers of an auto-encoder, but it is a probability
distribution. It can say how likely an image is, fill in what is missing, and draw new images. In this
tutorial you

- write an RBM in NumPy and train it by contrastive divergence,
- check that the likelihood rises, on an RBM so small that it can be computed,
- complete digits of which only the upper half is known.
"""

# %%
# Energy
# ------
# An RBM has visible units v (the pixels) and hidden units h. All are 0 or 1. Each pair of states has an
# energy:
#
# .. math:: E(v, h) = -b^T v - c^T h - v^T W h
#
# Low energy means likely: :math:`P(v, h) = e^{-E(v, h)} / Z`. The partition function Z adds up
# :math:`e^{-E}` over all states, so that the probabilities sum to 1.
#
# "Restricted" means that no two hidden units are connected, and no two visible ones. So each side is easy
# to draw, given the other:
#
# .. math:: P(h_j = 1 | v) = s(c_j + v^T W_{:j}) \qquad P(v_i = 1 | h) = s(b_i + W_{i:} h)
#
# What is hard is Z. With 784 pixels there are :math:`2^{784}` images to add up.
#
# The free energy
# ---------------
# We only see v. The sum over all h defines the free energy, with :math:`P(v) = e^{-F(v)} / Z`:
#
# .. math:: F(v) = -b^T v - \sum_j \log(1 + e^{c_j + v^T W_{:j}})
#
# Training should make the data likely. The gradient of :math:`-\log P(v)` has two parts:
#
# .. math:: \frac{\partial F(v)}{\partial w} - \sum_{v'} P(v') \frac{\partial F(v')}{\partial w}
#
# The first part lowers the energy of the data. The second raises the energy of the images that the model
# expects. It is a sum over all images. Contrastive divergence (CD) replaces the sum by a single
# draw:
#
# 1. Start at a digit v0. Draw h0 from it.
# 2. Draw v1 from h0. This is what the model makes of v0.
# 3. Lower the free energy of v0, and raise that of v1.
#
# In NumPy
# --------

import numpy as np

from udl_pt import load_mnist_subset

Xtrain, Ytrain, Xtest, Ytest = load_mnist_subset()
rng = np.random.RandomState(0)


def s(a):
    return 1 / (1 + np.exp(-a))


def draw(p):
    return (rng.rand(*p.shape) < p).astype(float)


def cd_step(W, c, b, v0, learning_rate=0.1):
    p_h0 = s(v0 @ W + c)
    h0 = draw(p_h0)
    v1 = draw(s(h0 @ W.T + b))
    p_h1 = s(v1 @ W + c)
    rate = learning_rate / len(v0)
    W = W + rate * (v0.T @ p_h0 - v1.T @ p_h1)
    c = c + rate * (p_h0 - p_h1).sum(axis=0)
    b = b + rate * (v0 - v1).sum(axis=0)
    return W, c, b


M = 100
W, c, b = 0.01 * rng.randn(784, M), np.zeros(M), np.zeros(784)
for epoch in range(1, 4):
    for batch in rng.permutation(Xtrain).reshape(50, 100, 784):
        W, c, b = cd_step(W, c, b, batch)
    Xhat = s(s(Xtrain[:1000] @ W + c) @ W.T + b)
    errors = ((Xtrain[:1000] - Xhat) ** 2).sum(axis=1)
    print(f"epoch {epoch}: squared error {errors.mean():.1f}")

# %%
# The digits are grey, and the units are 0 or 1. We treat a grey pixel as the probability of a 1, as the
# book does.
#
# `udl_pt.RBM` makes the same step: PyTensor differentiates :math:`F(v_0) - F(v_1)`. Momentum makes it faster.

from udl_pt import RBM
from udl_pt.plots import plot_filters

rbm = RBM(200, random_state=0, dtype="float32")
rbm.fit(Xtrain, learning_rate=0.05, mu=0.9, epochs=15)

# sphinx_gallery_alt = "Weights of 100 hidden units as images: strokes and blobs."
plot_filters(rbm.W.get_value(), title="100 of 200 hidden units")

# %%
# Does the likelihood rise?
# -------------------------
# CD is `not the gradient of the likelihood <../contrastive_divergence.html>`_. To see if it helps, take an
# RBM so small that Z can be computed: with 10 hidden units, there are only 1,024 hidden states to add up. The
# data are binary digits.

from udl_pt.inspection.likelihood import log_likelihood
from udl_pt.plots import plot_costs

binary = (Xtrain[:1000] > 0.5).astype(float)
likelihoods = []


def record(progress):
    likelihoods.append(log_likelihood(progress.model, binary).mean())


small = RBM(10, random_state=0)
small.fit(binary, learning_rate=0.05, epochs=15, callbacks=[record])
first, last = small.costs[0], small.costs[-1]
print(f"reconstruction cost: {first:.0f} at first, {last:.0f} at last")

# sphinx_gallery_alt = "The mean log-likelihood of the data rises from epoch to epoch."
plot_costs(
    {"log-likelihood": likelihoods},
    "An RBM with 10 hidden units",
    "nats per digit",
)

# %%
# It does. The cost of the reconstruction falls at the same time, although nothing minimises it. Larger RBMs
# need an estimate of Z, `by annealing <../likelihood.html>`_.
#
# Complete a digit
# ----------------
# An auto-encoder needs the whole image. An RBM can also draw some pixels, given the others: it runs a Gibbs
# chain (hidden units, pixels, hidden units, ...) and sets the known pixels back after each step.

from udl_pt.models.sampling import complete
from udl_pt.plots import plot_completions

missing = np.arange(784) >= 392  # the lower half
completed = complete(rbm, Xtest[:10], missing)

# sphinx_gallery_alt = "Ten digits, their upper halves, and the digits that the RBM made of these."
labels = [str(y) for y in Ytest[:10]]
plot_completions(Xtest[:10], missing, completed, labels)

# %%
# What to try next
# ----------------
# - Take more Gibbs steps for v1: ``fit(k=5)``. Or continue the chains from step to step:
#   ``fit(persistent=True)``.
# - Hide the left half: ``missing = np.arange(784) % 28 < 14``.
# - Why is the gradient of the free energy the step in NumPy? `Symbolic or eager?
#   <../symbolic_or_eager.html>`_ has the proof.
#
# Read on
# -------
# - The book: chapter 4, first half. Its program: `ch4_rbm.py <../gallery/ch4_rbm.html>`_.
# - Reference: `RBM <../reference/models/rbm.html>`_, `likelihoods <../reference/inspection.html>`_.
# - Next: `the deep belief network <6_dbn.html>`_, with RBMs on top of RBMs.
