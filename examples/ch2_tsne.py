"""
A naive t-SNE, and the library's
================================

Chapter 2's exercise: write t-SNE from its definitions and differentiate it automatically.
You see what plain gradient descent reaches, and what the library's tricks add.

Run it with ``python examples/ch2_tsne.py [FOLDER or train.csv]``. Without an argument it takes the embedded
digits. It draws ``ch2_tsne.png``.
"""

# %%
# The naive program makes several matrices of N x N in each step. So it takes few digits.

import sys

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt import TSNE, joint_probabilities, momentum_updates, tsne_cost
from udl_pt.datasets import load_data
from udl_pt.plots import plot_embeddings

place = sys.argv[1] if sys.argv[1:] else None
N, perplexity, steps = 300, 20.0, 500

data = load_data(place)
X, Y = data.X[:N], data.Y[:N]
np.random.seed(0)

# %%
# ``P`` holds the probability that two digits are neighbours. The points of the map begin at random, and
# move so that their own probabilities approach ``P``. The cost is the Kullback-Leibler divergence. PyTensor
# finds its gradient.

P = joint_probabilities(X, perplexity)
points = pytensor.shared(1e-2 * np.random.randn(N, 2), name="Y")
cost = tsne_cost(pt.constant(P), points)
train_op = pytensor.function(
    [],
    cost,
    updates=momentum_updates(cost, [points], learning_rate=10.0, mu=0.8),
)
costs = [float(train_op()) for _ in range(steps)]
print(f"naive, KL from {costs[0]:.2f} to {costs[-1]:.2f}")

# %%
# The library's `udl_pt.TSNE` has the same cost. It adds exaggeration at the start, and a rate for each
# coordinate.

tsne = TSNE(perplexity=perplexity, random_state=0)
Z = tsne.fit_transform(X)
print(f"the library's, KL: {tsne.kl_divergence_:.2f}")

# %%
# Both maps, with the labels that neither has seen:

# sphinx_gallery_alt = "Two maps of the digits. In both, equal digits lie together."
maps = {
    "naive, plain momentum": points.get_value(),
    "with exaggeration and gains": Z,
}
figure = plot_embeddings(maps, Y, f"t-SNE of {N} digits")
figure.savefig("ch2_tsne.png", dpi=120)
figure
