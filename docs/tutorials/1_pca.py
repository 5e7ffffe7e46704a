"""
PCA: as few numbers as possible
===============================

An image of 28 x 28 pixels is 784 numbers. Do we need all of them? Principal components analysis (PCA) finds
new numbers to describe an image, sorted by how much they tell. In this tutorial you

- compute PCA in five lines of NumPy, and see why they work,
- see digits with two, ten and fifty numbers each,
- use the numbers in a classifier.
"""

# %%
# The data
# --------
# The library has 5,000 handwritten digits to train on, and 1,000 for tests. Each row is an image, with
# pixels from 0 to 1.

from udl_pt import load_mnist_subset
from udl_pt.plots import plot_images

Xtrain, Ytrain, Xtest, Ytest = load_mnist_subset()
print(Xtrain.shape, Xtest.shape)

# sphinx_gallery_alt = "The first ten training digits."
plot_images({"": Xtrain[:10]}, [str(y) for y in Ytrain[:10]])

# %%
# Neighbouring pixels are alike: if one is black, the next one probably is, too. So 784 numbers say much
# twice. PCA removes such repetitions.
#
# What PCA looks for
# ------------------
# PCA multiplies the data by a matrix, :math:`Z = XQ`. It chooses Q such that
#
# - the columns of Z are not correlated, so none repeats another;
# - the first column has the largest variance that is possible, the second one the largest of the rest, and
#   so on.
#
# Why variance? A number that is equal for all images tells nothing about an image. One that differs much
# tells a lot.
#
# Both wishes are about one matrix. With the means m of the columns, the covariance of X is
#
# .. math:: C = \frac{1}{N} (X - m)^T (X - m)
#
# Its diagonal has the variances. The other entries say which columns vary together. Z has the covariance
# :math:`Q^T C Q`. We want this matrix to be diagonal, with falling entries.
#
# The eigenvectors of C do that. An eigenvector v keeps its direction: :math:`C v = e v`. The matrix V has the
# eigenvectors as columns, and E has the eigenvalues e on its diagonal. So :math:`C V = V E`. C is symmetric,
# so :math:`V^T V = I`. With :math:`Q = V` the covariance of Z is
#
# .. math:: V^T C V = V^T V E = E
#
# So Q consists of eigenvectors, sorted by their eigenvalues. The eigenvalues are the variances of Z's
# columns.
#
# Five lines of NumPy
# -------------------

import numpy as np

m = Xtrain.mean(axis=0)
C = (Xtrain - m).T @ (Xtrain - m) / len(Xtrain)
e, V = np.linalg.eigh(C)  # the smallest eigenvalue first
e, Q = e[::-1], V[:, ::-1]
Z = (Xtrain - m) @ Q

# %%
# Is Z what we wanted? Its first columns have the eigenvalues as variances, and aren't correlated:

np.set_printoptions(precision=3, suppress=True)
print(e[:3])
print(np.cov(Z[:, :3].T, bias=True))

# %%
# `udl_pt.PCA` does the same, with checks of its input. An eigenvector may point both ways, so signs can
# differ.

from udl_pt import PCA

pca = PCA().fit(Xtrain)
print(np.allclose(abs(pca.transform(Xtrain)[:, :3]), abs(Z[:, :3])))

# %%
# How much do few numbers tell?
# -----------------------------
# The eigenvalues answer: each is the share of a column in the whole variance.

from udl_pt.plots import plot_variance

share = np.cumsum(pca.explained_variance_ratio_)
for K in (2, 10, 50, 200):
    print(f"{K} columns: {share[K - 1]:.0%}")

# sphinx_gallery_alt = "Share of the variance against the number of components: it rises fast, then slowly."
plot_variance(pca.explained_variance_ratio_)

# %%
# Here is what this means for images. We keep the first K columns of Z and go back: :math:`\hat X = Z_K
# Q_K^T + m`.

rows = {"original": Xtest[:10]}
for K in (2, 10, 50, 200):
    Z_K = (Xtest[:10] - m) @ Q[:, :K]
    rows[f"K = {K}"] = Z_K @ Q[:, :K].T + m

# sphinx_gallery_alt = "Ten digits and their reconstructions: blurred from 2 numbers, readable from 50."
plot_images(rows, [str(y) for y in Ytest[:10]])

# %%
# No other K columns of a linear map come closer to the images: PCA also minimises the squared error
# :math:`\| X - \hat X \|^2`. Remember this cost. The auto-encoder's is almost the same.
#
# Two columns make a picture
# --------------------------
# PCA never saw the labels. Still, some digits lie apart:

from udl_pt.plots import plot_embeddings

# sphinx_gallery_alt = "Digits on their first two components: 0 and 1 lie apart, 4, 7 and 9 overlap."
plot_embeddings({"": Z[:2000, :2]}, Ytrain[:2000], "Two components")

# %%
# Fifty columns make a classifier
# -------------------------------
# A classifier that learns from 50 numbers is faster than one that learns from 784. The last columns are
# mostly noise, so it may even be better. New digits go through the same Q.

from sklearn.linear_model import LogisticRegression

from udl_pt import error_rate

for K in (2, 10, 50, 200):
    model = LogisticRegression(max_iter=1000).fit(Z[:2000, :K], Ytrain[:2000])
    error = error_rate(model.predict((Xtest - m) @ Q[:, :K]), Ytest)
    print(f"K = {K:3}: test error {error:.1%}")

# %%
# What to try next
# ----------------
# - Change ``K`` in the last cell. Where is the best one?
# - Whiten the columns, so that all have variance 1: ``PCA(50, whiten=True)``. Does the classifier get better?
# - Use PCA inside a pipeline: `scikit-learn <../scikit_learn.html>`_.
#
# Read on
# -------
# - The book: chapter 1. Its exercise: `ch1_pca.py <../gallery/ch1_pca.html>`_.
# - Reference: `PCA <../reference/models/pca.html>`_.
# - Next: `SNE and t-SNE <2_tsne.html>`_. They bend the map that PCA only turns.
