"""
SNE and t-SNE: a map of neighbours
==================================

PCA turns the data and looks at them from the best side. It cannot unroll a roll. Stochastic
neighbour embedding (SNE) moves each point by itself, until neighbours in the data are neighbours on the
map. In this tutorial you

- write symmetric SNE in NumPy, from its definitions,
- see points crowd, and how the t in t-SNE makes room,
- learn what such a map shows, and what it doesn't.
"""

# %%
# Neighbours as probabilities
# ---------------------------
# Imagine that you draw a pair of digits, and prefer pairs that are alike. The probability of the pair i, j is
#
# .. math:: p_{ij} = \frac{\exp(-\|x_i - x_j\|^2 / 2 s^2)}{\sum_{k \ne m} \exp(-\|x_m - x_k\|^2 / 2 s^2)}
#
# and :math:`p_{ii} = 0`. The number s says how far a neighbourhood reaches. On the map, each digit i is a
# point :math:`y_i` of the plane. Its pairs have probabilities :math:`q_{ij}` of the same form, without s.

import numpy as np

from udl_pt import load_mnist_subset

data = load_mnist_subset()
N = 300
X, labels = data.X[:N], data.Y[:N]


def squared_distances(A):
    lengths = (A**2).sum(axis=1)
    return np.maximum(lengths[:, None] + lengths - 2 * A @ A.T, 0)


def gaussian(D):
    weights = np.exp(-D)
    np.fill_diagonal(weights, 0)
    return weights


s = 2.5
P = gaussian(squared_distances(X) / (2 * s**2))
P /= P.sum()

# %%
# Are the likeliest neighbours alike? Here is a digit, and the five that it is drawn with most often:

from udl_pt.plots import plot_images

rows = [7, 8, 9]
nearest = {f"row {i}": X[[i, *np.argsort(-P[i])[:5]]] for i in rows}

# sphinx_gallery_alt = "Three digits, each followed by five that look alike."
plot_images(nearest, ["digit", *(f"{n}." for n in range(1, 6))])

# %%
# Move the points
# ---------------
# The map is good if Q is like P. The Kullback-Leibler divergence measures how much they differ:
#
# .. math:: C = \sum_{ij} p_{ij} \log \frac{p_{ij}}{q_{ij}}
#
# It is 0 if they are equal. We start with random points and go down its gradient, which is
#
# .. math:: \frac{\partial C}{\partial y_i} = 4 \sum_j (p_{ij} - q_{ij}) (y_i - y_j)
#
# Read it as springs. If :math:`p_{ij} > q_{ij}`, the points are too far apart, and the step pulls them
# together. Otherwise it pushes them apart.


def divergence(P, Q):
    pairs = P > 0
    return (P[pairs] * np.log(P[pairs] / Q[pairs])).sum()


def sne(P, steps=300, learning_rate=10.0, mu=0.8):
    Y = 0.1 * np.random.RandomState(0).randn(len(P), 2)
    velocity, costs = np.zeros_like(Y), []
    for _ in range(steps):
        Q = gaussian(squared_distances(Y))
        Q /= Q.sum()
        costs.append(divergence(P, np.maximum(Q, 1e-300)))
        F = P - Q
        gradient = 4 * (F.sum(axis=1)[:, None] * Y - F @ Y)
        velocity = mu * velocity - learning_rate * gradient
        Y = Y + velocity
    return Y, costs


Y, costs = sne(P)
print(f"divergence: {costs[0]:.2f} at first, {costs[-1]:.2f} at last")

# %%
# The function has never seen a label:

from udl_pt.plots import plot_embeddings

# sphinx_gallery_alt = "A map by symmetric SNE: equal digits tend to lie together, without gaps between them."
plot_embeddings({"": Y}, labels, "Symmetric SNE, in NumPy")

# %%
# The crowding problem
# --------------------
# Equal digits lie together. But there are no gaps. In 784 dimensions, a point can have many neighbours that
# are not neighbours of each other. The plane has no room for so many: all of them are pressed into the
# middle.
#
# t-SNE measures nearness on the map by another curve, that of Student's t-distribution:
#
# .. math:: q_{ij} = \frac{(1 + \|y_i - y_j\|^2)^{-1}}{\sum_{k \ne m} (1 + \|y_k - y_m\|^2)^{-1}}
#
# Compare the two curves. The t-distribution falls slowly. To get the same small q, points must lie much
# further apart.

from udl_pt.plots import Figure, open_grid

distance = np.linspace(0, 5, 200)
figure = Figure(figsize=(6, 3), layout="constrained")
axes = figure.add_subplot()
axes.plot(distance, np.exp(-(distance**2)), label="SNE: Gaussian")
axes.plot(distance, 1 / (1 + distance**2), label="t-SNE: Student's t")
axes.set(xlabel="distance on the map", ylabel="weight")
axes.legend(frameon=False)
open_grid(axes)

# sphinx_gallery_alt = "The Gaussian is zero from a distance of 2 on, Student's t falls slowly."
figure

# %%
# t-SNE also changes P. Each point has an s of its own, so that it has about as many neighbours as the
# others. This number of neighbours is called **perplexity**. `udl_pt.TSNE` does all of that. Its gradient
# is also one of springs.

from udl_pt import PCA, TSNE, SymmetricSNE

options = {"max_iter": 500, "random_state": 0, "dtype": "float32"}
maps = {
    "PCA": PCA(2).fit_transform(X),
    "symmetric SNE": SymmetricSNE(perplexity=20, **options).fit_transform(X),
    "t-SNE": TSNE(perplexity=20, **options).fit_transform(X),
}

# sphinx_gallery_alt = "Three maps. PCA mixes the digits, SNE groups them without gaps, t-SNE with gaps."
plot_embeddings(maps, labels, "The same 300 digits")

# %%
# Which perplexity?
# -----------------
# There is no right one. Small values show small groups, large ones show the whole. Look at several:

maps = {
    "perplexity 3": TSNE(perplexity=3, **options).fit_transform(X),
    "perplexity 20": maps["t-SNE"],
    "perplexity 80": TSNE(perplexity=80, **options).fit_transform(X),
}

# sphinx_gallery_alt = "t-SNE with perplexities 3, 20 and 80: many splinters, clear groups, a loose cloud."
plot_embeddings(maps, labels)

# %%
# How to read such a map
# ----------------------
# - Points that lie close together are alike. That is what the cost cares about.
# - The distance between two groups means little. So does the size of a group.
# - There is no formula for new points, unlike PCA's Q. A new digit needs a new map.
# - All pairs count, so time and memory grow with :math:`N^2`. For many points, use ``method="fft"``.
#
# What to try next
# ----------------
# - Change s to 1 or 5. What happens to the neighbours?
# - Make the first cell's ``N`` larger, and look at mistakes: digits inside the wrong group.
# - The derivation of the gradient, and its cost: `two gradients <../gradients.html>`_.
#
# Read on
# -------
# - The book: chapter 2. Its exercise, with automatic differentiation: `ch2_tsne.py
#   <../gallery/ch2_tsne.html>`_.
# - Reference: `TSNE <../reference/models/tsne.html>`_.
# - Next: `the auto-encoder <3_autoencoder.html>`_, which also maps new digits.
