"""
What hidden units look for
==========================

Chapter 5: what each hidden node of each hidden layer has learned.
You see the inputs that switch on the units of a deep belief network.

Run it with ``python examples/ch5_features.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits. It draws ``ch5_filters.png`` and ``ch5_features.png``.
"""

# %%
# ``k`` is a unit of the last layer, and ``steps`` is the number of steps towards its input.

import sys

import numpy as np

from udl_pt import DBN, RBM
from udl_pt.datasets import load_data
from udl_pt.inspection.features import first_layer_features, maximize
from udl_pt.plots import Figure

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs, k, steps = (500, 300, 100), 5, 0, 1000

Xtrain = load_data(place).X
np.random.seed(0)

# %%
# The network learns without labels:

dbn = DBN(sizes, UnsupervisedModel=RBM)
dbn = dbn.fit(
    Xtrain,
    pretrain_epochs=epochs,
    pretrain_options={"learning_rate": 0.05, "mu": 0.9},
)

# %%
# The book draws an input with ``plt.imshow(X, cmap="gray")``. This does so for many.


def show(X, n=8):
    figure = Figure(figsize=(n, n), layout="constrained")
    for axes, x in zip(figure.subplots(n, n).flat, X, strict=False):
        axes.imshow(x.reshape(28, 28), cmap="gray")
    for axes in figure.axes:
        axes.axis("off")
    return figure


# %%
# The first layer has a closed form: the best input of unit j is proportional to ``W[:, j]``.

# sphinx_gallery_alt = "A grid of 64 gray images: strokes and blobs that switch on units of the first layer."
figure = show(first_layer_features(dbn))
figure.savefig("ch5_filters.png")
figure

# %%
# Above it, there is only gradient descent on the input. The author's cost is ``-log Z[0, k]`` for one node.

X = dbn.fit_to_input(k, learning_rate=1.0, mu=0.9, epochs=steps)
print(f"cost of node {k} from {dbn.costs[0]:.2g} to {dbn.costs[-1]:.2g}")
print(f"pixels from {X.min():.1f} to {X.max():.1f}")

# %%
# The exercise asks for one unit that is on while the others of its layer are off. Here are units of the
# second layer:

# sphinx_gallery_alt = "A grid of gray images: each switches on one unit of the second layer."
features = maximize(dbn, 1, constraint="box", steps=steps)
figure = show(features)
figure.savefig("ch5_features.png")
figure
