"""
What do units look for?
=======================

A trained network is a pile of numbers. To find out what a unit has learned, turn training around: keep the
weights, and change the image until the unit is on. In this tutorial you

- derive the best image for a unit of the first layer,
- climb to such images for the layers above,
- check them with digits from the data.
"""

# %%
# A network to look into
# ----------------------
# It has two layers, and learned from digits without labels:

from udl_pt import DBN, RBM, load_mnist_subset

Xtrain = load_mnist_subset().X
dbn = DBN([100, 50], UnsupervisedModel=RBM, random_state=0, dtype="float32")
dbn = dbn.fit(
    Xtrain,
    pretrain_epochs=20,
    pretrain_options={"learning_rate": 0.05, "mu": 0.9},
)

# %%
# The first layer: a formula
# --------------------------
# Unit j is on when :math:`s(w^T x + c_j)` is near 1, where w is column j of W. The sigmoid grows with its
# argument, so we want the x that maximises :math:`w^T x`. Without a bound there is none: twice the image is
# twice as good. So we fix the length of x, :math:`x^T x = 1`. With a Lagrange multiplier :math:`\lambda`,
#
# .. math:: \frac{\partial}{\partial x} \left( w^T x - \lambda (x^T x - 1) \right) = w - 2 \lambda x = 0
#
# So x is proportional to w: the weights are themselves the picture.

import numpy as np

from udl_pt.inspection.features import first_layer_features
from udl_pt.plots import plot_filters

best = first_layer_features(dbn)
W = dbn.hidden_layers[0].W.get_value()
print(np.allclose(best[0], W[:, 0] / np.linalg.norm(W[:, 0]), atol=1e-6))

# sphinx_gallery_alt = "Weights of the 100 units of the first layer as images: strokes and blobs."
plot_filters(best.T, title="First layer: blue pixels switch a unit on")

# %%
# The layers above: gradient descent on the image
# -----------------------------------------------
# A unit of the second layer depends on x through all units of the first. There is no formula. But the
# derivative with respect to x is as easy as that with respect to weights. The book asks for an image that
# switches unit j **on** and all others of its layer **off**. `maximize` finds it:

from udl_pt.inspection.features import maximize
from udl_pt.plots import plot_images

units = list(range(10))
free = maximize(dbn, 1, units, steps=500)
print(f"pixels from {free.min():.1f} to {free.max():.1f}")

# %%
# Is that an image? Its pixels are negative, or larger than 1. No digit has such pixels.
# ``constraint="box"`` keeps pixels between 0 and 1:

boxed = maximize(dbn, 1, units, constraint="box", steps=500)
rows = {
    "free": (free - free.min()) / (free.max() - free.min()),
    "in the box": boxed,
}

# sphinx_gallery_alt = "Ten images that switch on one unit of the second layer each, free and inside the box."
plot_images(rows, [f"unit {unit}" for unit in units], cmap="gray")

# %%
# In the box, the images are scattered pixels: nothing asks for strokes. Does each image do what it should?
# Entry i, j is the value of unit j for image i:

H = dbn.forward(boxed)
on = H[units, units]
off = (H.sum(axis=1) - on) / (H.shape[1] - 1)
print(f"on average, the unit itself: {on.mean():.2f}")
print(f"on average, the others: {off.mean():.2f}")

# %%
# Check with real digits
# ----------------------
# Such an image may be something that no one has ever drawn. So look also at the digits that switch on the
# same unit most:

from udl_pt.inspection.features import strongest_images
from udl_pt.plots import plot_features

found = Xtrain[strongest_images(dbn, 1, Xtrain, n=6)[units]]

# sphinx_gallery_alt = "For ten units a synthesised image, and the six digits that switch on the unit most."
plot_features({"second layer": (boxed, found)})

# %%
# Some units care for a digit, others for a stroke that several digits share. A single unit seldom means a
# single thing.
#
# What to try next
# ----------------
# - ``objective="unit"`` ignores the other units of the layer. What changes?
# - Look into a network that has learned labels: `maximize` also takes a `udl_pt.DNN`.
# - More on the two costs, with checks: `Features of hidden units <../features.html>`_.
#
# Read on
# -------
# - The book: chapter 5. Its exercise: `ch5_features.py <../gallery/ch5_features.html>`_.
# - Reference: `inspection <../reference/inspection.html>`_.
# - Next: `tricking a network <8_tricking.html>`_. It changes images too, for another purpose.
