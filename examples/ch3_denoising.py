"""
Denoising auto-encoders
=======================

Chapter 3: a stacked denoising auto-encoder, with the book's bitmask. Its layers learn to repair images with
missing pixels. You see such images, and the error of the network that is built on these layers.

Run it with ``python examples/ch3_denoising.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits.
"""

# %%
# The network has hidden layers of these ``sizes``.

import sys

import numpy as np

from udl_pt import DNN
from udl_pt.datasets import load_data
from udl_pt.plots import plot_costs, plot_images

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs = (1000, 750, 500), 3

Xtrain, Ytrain, Xtest, Ytest = load_data(place)
np.random.seed(0)

# %%
# A corruption is a function of a batch and a random stream. This one sets 30% of the pixels to zero.
# `udl_pt.symbolic.corruption.masking` is the same.


def corrupt(X, rng):
    bitmask = rng.binomial(n=1, p=0.7, size=X.shape)
    return bitmask * X


# %%
# The function also works with NumPy's generator, so we can look at it:

# sphinx_gallery_alt = "Eight digits, and below them the same digits without a third of their pixels."
rows = {
    "original": Xtrain[:8],
    "corrupted": corrupt(Xtrain[:8], np.random.RandomState(0)),
}
plot_images(rows, [str(y) for y in Ytrain[:8]])

# %%
# Pretraining corrupts its batches. Fine-tuning then sees whole digits.

dnn = DNN(sizes, corruption=corrupt)
dnn.fit(Xtrain, Ytrain, Xtest, Ytest, epochs=epochs)
print(f"test error: {dnn.errors[0]:.1%} after 1 epoch, {dnn.errors[-1]:.1%} at the end")

# %%
# The error of the test digits, which are not corrupted:

# sphinx_gallery_alt = "The test error falls from epoch to epoch."
plot_costs(
    {"denoising auto-encoders": dnn.errors},
    "Test error",
    "error rate",
    "epoch of fine-tuning",
)
