"""Chapter 5: what each hidden node at each hidden layer has learned.

    python examples/ch5_features.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST. It writes ch5_filters.png and ch5_features.png.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from udl_pt import DBN, RBM
from udl_pt.datasets import load_data
from udl_pt.inspection.features import first_layer_features, maximize


def show(X, path, n=8):
    """Like plt.imshow(X, cmap='gray') for many X."""
    figure = Figure(figsize=(n, n))
    for axes, x in zip(figure.subplots(n, n).flat, X, strict=False):
        axes.imshow(x.reshape(28, 28), cmap="gray")
        axes.axis("off")
    figure.savefig(path)


def main(data=None, sizes=(500, 300, 100), epochs=5, k=0, steps=1000, folder="."):
    Xtrain = load_data(data).X
    dbn = DBN(sizes, UnsupervisedModel=RBM)
    dbn.fit(Xtrain, pretrain_epochs=epochs)

    # the first layer in closed form: proportional to W[:, j]
    show(first_layer_features(dbn), Path(folder) / "ch5_filters.png")

    # the author's way: one node of the last layer, -log Z[0, k], gradient descent on the input
    X = dbn.fit_to_input(k, learning_rate=1.0, mu=0.9, epochs=steps)
    print("cost of node", k, "from", dbn.costs[0], "to", dbn.costs[-1], "pixels from", X.min(), "to", X.max())

    # the exercise: all nodes of any layer, each on while the others of its layer are off
    features = maximize(dbn, 1, constraint="box", steps=steps)
    show(features, Path(folder) / "ch5_features.png")
    return dbn, np.asarray(features)


if __name__ == "__main__":
    main(*sys.argv[1:])
