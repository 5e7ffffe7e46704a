"""
An auto-encoder
===============

Chapter 3: a network learns to reconstruct its own input through a few hidden units.
You see the cost fall, and digits beside their reconstructions.

Run it with ``python examples/ch3_autoencoder.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits. It draws ``ch3_autoencoder.png``.
"""

# %%
# ``M`` is the number of hidden units.

import sys

import numpy as np

from udl_pt import AutoEncoder
from udl_pt.datasets import load_data
from udl_pt.plots import plot_reconstructions

place = sys.argv[1] if sys.argv[1:] else None
M, epochs = 300, 2

Xtrain, _, Xtest, Ytest = load_data(place)
np.random.seed(0)

# %%
# The cost is the cross-entropy between a digit and its reconstruction.

ae = AutoEncoder(M)
ae.fit(Xtrain, epochs=epochs)
for epoch, cost in enumerate(ae.costs, start=1):
    print(f"epoch {epoch}: cost {cost:.1f}")

# %%
# These digits are not in the training set:

# sphinx_gallery_alt = "Ten test digits, and below their reconstructions, which can be read."
Xhat = ae.forward_output(Xtest[:10])
labels = [str(y) for y in Ytest[:10]]
figure = plot_reconstructions(Xtest[:10], Xhat, labels, f"{M} hidden units")
figure.savefig("ch3_autoencoder.png", dpi=120)
figure
