"""
A cost of your own
==================

After chapter 3. A model that is called with a PyTensor variable returns a graph.
You see how the graph of a trained auto-encoder becomes part of a new cost.

The new cost is that of a contractive auto-encoder (Rifai and others, ICML 2011). It adds the squared norm
of dZ/dX to the squared error. For sigmoid units the norm is ``sum_j (z_j (1 - z_j))^2 sum_i W_ij^2``.

Run it with ``python examples/ch3_compose.py``.
"""

# %%
# First an ordinary auto-encoder, trained for one epoch:

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt import AutoEncoder, load_mnist_subset, momentum_updates
from udl_pt.plots import plot_costs

N, M, steps, strength, batch_sz = 5000, 300, 200, 0.1, 100

np.random.seed(0)
X = load_mnist_subset().X[:N].astype(pytensor.config.floatX)
ae = AutoEncoder(M).fit(X)

# %%
# A variable goes in, and a graph comes out. So the penalty is two lines, and PyTensor differentiates it.

x = pt.matrix("x")
Z = ae.forward_hidden(x)  # a graph, (batch, M)
error = ((x - ae.forward_output(x)) ** 2).sum(axis=1).mean()
contraction = (((Z * (1 - Z)) ** 2).dot((ae.W**2).sum(axis=0))).mean()
cost = error + strength * contraction

# %%
# `udl_pt.momentum_updates` returns the updates of a training step. The function returns both parts of the
# cost.

updates = momentum_updates(cost, ae.params, learning_rate=0.01, mu=0.9)
train = pytensor.function([x], [error, contraction], updates=updates)
history = [train(X[j % N : j % N + batch_sz]) for j in range(0, steps * batch_sz, batch_sz)]
for step in (0, len(history) - 1):
    print(f"step {step}: squared error {history[step][0]:.2f}, contraction {history[step][1]:.2f}")

# %%
# The error falls while the penalty holds the contraction down:

# sphinx_gallery_alt = "Squared error and contraction by step."
errors, contractions = np.transpose([[float(value) for value in step] for step in history])
plot_costs(
    {"squared error": errors, "contraction": contractions},
    "One batch after the other",
    xlabel="step",
)
