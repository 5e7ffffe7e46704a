"""
PCA of the digits
=================

Chapter 1's exercise. You see 784 pixels become two numbers per digit. You also see how few components a
classifier needs.

Run it with ``python examples/ch1_pca.py [FOLDER or train.csv]``. Without an argument it takes the embedded
digits. It draws ``ch1_scatter.png`` and ``ch1_variance.png``.
"""

# %%
# The classifier learns from the first ``K`` components of ``N`` digits.

import sys

from sklearn.linear_model import LogisticRegression

from udl_pt import PCA, error_rate
from udl_pt.datasets import load_data
from udl_pt.plots import plot_embeddings, plot_variance

place = sys.argv[1] if sys.argv[1:] else None
K, N = 50, 2000

Xtrain, Ytrain, Xtest, Ytest = load_data(place)

# %%
# PCA needs no labels. They only colour the points.

pca = PCA()
Z = pca.fit_transform(Xtrain)

# sphinx_gallery_alt = "Digits on their first two components: zeros and ones lie apart, others overlap."
figure = plot_embeddings({"": Z[:N, :2]}, Ytrain[:N], "Two components")
figure.savefig("ch1_scatter.png", dpi=120)
figure

# %%
# Two components keep little of the variance. Some dozens keep most of it.

# sphinx_gallery_alt = "Share of the variance against the number of components: it rises fast, then slowly."
figure = plot_variance(pca.explained_variance_ratio_)
figure.savefig("ch1_variance.png", dpi=120)
figure

# %%
# So a classifier can do with the first ``K`` columns of Z. New digits go through the same PCA.

model = LogisticRegression(max_iter=1000).fit(Z[:N, :K], Ytrain[:N])
error = error_rate(model.predict(pca.transform(Xtest)[:, :K]), Ytest)
print(f"test error with {K} of {Z.shape[1]} columns: {error:.1%}")
