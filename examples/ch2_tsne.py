"""Chapter 2's exercise: a naive t-SNE from its definitions and automatic differentiation, then the library's.

    python examples/ch2_tsne.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST, a few hundred images of it: the naive one makes
several matrices of N x N at each step. Draws ch2_tsne.png.
"""

import sys
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt import TSNE, joint_probabilities, momentum_updates, tsne_cost
from udl_pt.datasets import load_data
from udl_pt.plots import plot_embeddings


def naive(P, steps=500, learning_rate=10.0):
    Y = pytensor.shared(1e-2 * np.random.randn(len(P), 2), name="Y")
    cost = tsne_cost(pt.constant(P), Y)
    updates = momentum_updates(cost, [Y], learning_rate=learning_rate, mu=0.8)
    train_op = pytensor.function([], cost, updates=updates)
    costs = [float(train_op()) for _ in range(steps)]
    return Y.get_value(), costs


def main(data=None, N=300, perplexity=20.0, steps=500, picture="ch2_tsne.png"):
    Xtrain, Ytrain, _, _ = load_data(data)
    X, Y = Xtrain[:N], Ytrain[:N]
    by_hand, costs = naive(joint_probabilities(X, perplexity), steps)
    print("naive, KL from", costs[0], "to", costs[-1])

    tsne = TSNE(perplexity=perplexity)
    Z = tsne.fit_transform(X)
    print("the library's, KL:", tsne.kl_divergence_)
    maps = {"naive, plain momentum": by_hand, "with exaggeration and gains": Z}
    plot_embeddings(maps, Y, f"t-SNE of {N} digits").savefig(Path(picture), dpi=120)
    print("see", picture)
    return costs, tsne.kl_divergence_


if __name__ == "__main__":
    main(*sys.argv[1:])
