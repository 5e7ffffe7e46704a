"""
A restricted Boltzmann machine
==============================

Chapter 4: one RBM learns digits by contrastive divergence. You see what its hidden units look for.
You also see what it dreams of, when it starts from noise.

Run it with ``python examples/ch4_rbm.py [FOLDER or train.csv]``. Without an argument it takes the embedded
digits. It draws ``ch4_filters.png`` and ``ch4_fantasies.png``.
"""

# %%
# ``M`` is the number of hidden units. ``steps`` are the lengths of the dreams.

import sys

import numpy as np

from udl_pt import RBM
from udl_pt.datasets import load_data
from udl_pt.models.sampling import fantasies
from udl_pt.plots import plot_fantasies, plot_filters

place = sys.argv[1] if sys.argv[1:] else None
M, epochs, steps = 300, 10, (1, 10, 100, 1000)

Xtrain = load_data(place).X
np.random.seed(0)

# %%
# The cost is that of reconstructions. Contrastive divergence doesn't follow its gradient, but it falls
# nevertheless.

rbm = RBM(M)
rbm.fit(Xtrain, epochs=epochs)
for epoch, cost in enumerate(rbm.costs, start=1):
    print(f"epoch {epoch}: cost {cost:.1f}")

# %%
# Each image is the weights of a hidden unit. Blue pixels switch it on, red ones switch it off.

# sphinx_gallery_alt = "Weights of hidden units as images: strokes and blobs in blue and red."
figure = plot_filters(rbm.W.get_value(), title=f"{M} hidden units")
figure.savefig("ch4_filters.png", dpi=120)
figure

# %%
# A dream is a Gibbs chain: it draws hidden units, then pixels, and so on.

# sphinx_gallery_alt = "Six chains that start at noise, after more and more Gibbs steps."
figure = plot_fantasies(fantasies(rbm, 6, steps), steps, "After so many Gibbs steps")
figure.savefig("ch4_fantasies.png", dpi=120)
figure
