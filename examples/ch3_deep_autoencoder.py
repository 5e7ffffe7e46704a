"""
A deep auto-encoder: a digit as two numbers
===========================================

Chapter 3: auto-encoders in layers, there and back. You see a map of the digits that a network has learned,
beside PCA's.

Run it with ``python examples/ch3_deep_autoencoder.py [FOLDER or train.csv]``. Without an argument it takes
the embedded digits. It draws ``ch3_deep_autoencoder.png``.
"""

# %%
# The last of ``sizes`` is the number of values that stand for a digit.

import sys

import numpy as np

from udl_pt import PCA, DeepAutoEncoder
from udl_pt.callbacks import LinearDecay
from udl_pt.datasets import load_data
from udl_pt.plots import plot_embeddings

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs = (500, 250, 2), 20

Xtrain, _, Xtest, Ytest = load_data(place)
np.random.seed(0)

# %%
# In pretraining, each layer learns to reconstruct the output of the one below. The last layer has linear
# units: the code. Then all layers learn together to reconstruct the digits.

layer = {"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}
code = {"learning_rate": 0.005, "mu": 0.9, "cost_scale": "batch"}
deep = DeepAutoEncoder(sizes)
deep = deep.fit(
    Xtrain,
    learning_rate=0.01,
    mu=0.95,
    epochs=epochs,
    pretrain_epochs=5,
    pretrain_options=[layer] * (len(sizes) - 1) + [code],
    callbacks=[LinearDecay()],
)

# %%
# PCA with as many components reconstructs worse, since it is linear:

pca = PCA(sizes[-1]).fit(Xtrain)
print(f"squared error of a test image: {deep.reconstruction_error(Xtest):.1f}")
print(f"with so many principal components: {pca.reconstruction_error(Xtest):.1f}")

# %%
# Both maps of the test digits:

# sphinx_gallery_alt = "Test digits in two dimensions, by PCA and by the deep auto-encoder."
maps = {
    "PCA": pca.transform(Xtest)[:, :2],
    "deep auto-encoder": deep.encode(Xtest)[:, :2],
}
figure = plot_embeddings(maps, Ytest, "Test digits as two numbers")
figure.savefig("ch3_deep_autoencoder.png", dpi=120)
figure
