"""
The auto-encoder: a network that predicts its input
===================================================

A classifier learns ``fit(X, Y)``. An auto-encoder learns ``fit(X, X)``: its target is its input. That
sounds useless, but the input has to pass through a few hidden units. In this tutorial you

- train an auto-encoder and look at what passes,
- see that PCA is a linear auto-encoder,
- make the task harder, so that the units learn more.
"""

# %%
# There and back
# --------------
# The hidden units are :math:`z = s(x W + b_h)`. The reconstruction is :math:`\hat x = s(z W^T + b_o)`.
# The sigmoid :math:`s(a) = 1 / (1 + e^{-a})` keeps both between 0 and 1, as pixels are.
# Both ways use the same weights W. That halves their number, and leaves less to overfit with.

from udl_pt import AutoEncoder, load_mnist_subset

Xtrain, Ytrain, Xtest, Ytest = load_mnist_subset()
options = {"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}

ae = AutoEncoder(50, random_state=0, dtype="float32")
ae = ae.fit(Xtrain, epochs=20, **options)

# %%
# ``learning_rate`` is the size of a step, and ``mu`` the momentum. ``cost_scale="batch"`` makes the step
# independent of the number of digits. An epoch is a pass over all digits.
#
# The cost is the cross-entropy between pixels and reconstructions,
#
# .. math:: J = - \sum_i \left( x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i) \right)
#
# It reads a pixel as the probability of being black. Its minimum is where :math:`\hat x = x`.

from udl_pt.plots import plot_costs

# sphinx_gallery_alt = "The cost falls fast in the first epochs, then slowly."
plot_costs({"cost": ae.costs}, "Reconstruction of the training digits")

# %%
# What passes through 50 units
# ----------------------------
# These digits are from the test set. PCA with 50 components is below:

from udl_pt import PCA
from udl_pt.plots import plot_images

pca = PCA(50).fit(Xtrain)
rows = {
    "original": Xtest[:10],
    "auto-encoder": ae.forward_output(Xtest[:10]),
    "PCA": pca.inverse_transform(pca.transform(Xtest[:10])),
}

# sphinx_gallery_alt = "Ten digits, and their reconstructions by the auto-encoder and by PCA."
plot_images(rows, [str(y) for y in Ytest[:10]])

# %%
# Do you see grey clouds around PCA's digits? PCA adds and subtracts whole images. A sigmoid can be close to
# 0, which is white.
#
# PCA is a linear auto-encoder
# ----------------------------
# Leave out the sigmoids and the biases, and take the squared error:
#
# .. math:: J = \| X - X W W^T \|^2
#
# This is the cost of PCA, with W for Q. So a linear auto-encoder should find the same as PCA. Does it?

m = Xtrain.mean(axis=0)
linear = AutoEncoder(10, hidden="linear", output="linear", random_state=0)
linear.fit(
    Xtrain - m,
    learning_rate=0.005,
    mu=0.9,
    epochs=20,
    cost="squared_error",
    cost_scale="batch",
)

difference = Xtest - m - linear.forward_output(Xtest - m)
print(f"linear auto-encoder: {(difference**2).sum(axis=1).mean():.2f}")
print(f"PCA: {PCA(10).fit(Xtrain).reconstruction_error(Xtest):.2f}")

# %%
# The errors are almost equal. The columns of W need not be the eigenvectors, but they span the same space.
#
# What the units look for
# -----------------------
# Each column of W belongs to a hidden unit. Drawn as an image, it shows which pixels switch the unit on
# (blue) and off (red).

from udl_pt.plots import plot_filters

# sphinx_gallery_alt = "Weights of 50 hidden units as images: blobs and strokes."
plot_filters(ae.W.get_value(), title="50 hidden units")

# %%
# A harder task: remove noise
# ---------------------------
# With very many units, the auto-encoder could just copy. So we make the task harder: we set some pixels to
# 0, and ask for the digit without the damage. A cat with some pixels missing is still a cat. This is a
# **denoising** auto-encoder.

from udl_pt.symbolic.corruption import masking

corruption = masking(0.3)  # of the pixels
denoising = AutoEncoder(50, corruption=corruption, random_state=0, dtype="float32")
denoising = denoising.fit(Xtrain, epochs=20, **options)

# %%
# Who repairs better? We remove half of the pixels of test digits:

import numpy as np

damaged = Xtest[:10] * (np.random.RandomState(0).rand(10, 784) < 0.5)
rows = {
    "damaged": damaged,
    "plain": ae.forward_output(damaged),
    "denoising": denoising.forward_output(damaged),
}

# sphinx_gallery_alt = "Ten digits without half of their pixels, and repaired by both auto-encoders."
plot_images(rows, [str(y) for y in Ytest[:10]])

# %%
# In numbers, over the whole test set:

damaged = Xtest * (np.random.RandomState(0).rand(*Xtest.shape) < 0.5)
for name, model in [("plain", ae), ("denoising", denoising)]:
    errors = ((Xtest - model.forward_output(damaged)) ** 2).sum(axis=1)
    print(f"{name:10} squared error {errors.mean():.1f}")

# %%
# What to try next
# ----------------
# - Change the number of units to 10 or 300. How does the cost change?
# - Use ``masking(0.5)``, or `udl_pt.symbolic.corruption.gaussian`.
# - Write a `cost of your own <../write_your_own.html>`_.
# - Find out `what the cross-entropy measures <../cross_entropy.html>`_.
#
# Read on
# -------
# - The book: chapter 3, first half. Its program: `ch3_autoencoder.py <../gallery/ch3_autoencoder.html>`_.
# - Reference: `AutoEncoder <../reference/models/autoencoder.html>`_,
#   `corruptions <../reference/symbolic.html>`_.
# - Next: `TRY BOTH <4_try_both.html>`_, with auto-encoders on top of auto-encoders.
