"""
"Try both" as a grid search
===========================

Chapter 3 as a grid search of scikit-learn: pretrained or not, on pixels or on the principal components of
chapter 1. You see the cross-validated error of each choice.

Run it with ``python examples/ch3_grid_search.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits.
"""

# %%
# ``sizes`` are the candidates for the hidden layers, and ``K`` is the number of components.

import sys

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from udl_pt import PCA
from udl_pt.datasets import load_data
from udl_pt.estimators import DNNClassifier
from udl_pt.plots import Figure

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs, N, K = ((300,), (500, 300)), 30, 2000, 50

Xtrain, Ytrain, Xtest, Ytest = load_data(place)

# %%
# A step that is ``"passthrough"`` does nothing: the network then learns from pixels.

dnn = DNNClassifier(
    learning_rate=0.05,
    mu=0.9,
    epochs=epochs,
    pretrain_epochs=30,
    pretrain_options={"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"},
    random_state=0,
    dtype="float32",
)
pipeline = Pipeline([("pca", PCA(K)), ("dnn", dnn)])
choices = {
    "pca": [PCA(K), "passthrough"],
    "dnn__pretrain": [True, False],
    "dnn__hidden_layer_sizes": sizes,
}
search = GridSearchCV(pipeline, choices, cv=3).fit(Xtrain[:N], Ytrain[:N])

# %%
# Cross-validation needs no test set:

results = search.cv_results_
cv_errors = 1 - results["mean_test_score"]
names = []
for chosen, cv_error in zip(results["params"], cv_errors, strict=True):
    inputs = "pixels" if chosen["pca"] == "passthrough" else "PCA"
    start = "pretrained" if chosen["dnn__pretrain"] else "not pretrained"
    names.append(f"{inputs}, {start}, {chosen['dnn__hidden_layer_sizes']}")
    print(f"{cv_error:.1%} {names[-1]}")

# %%
# The same as a picture. Does pretraining help on pixels? And on components, which PCA has decorrelated?

# sphinx_gallery_alt = "A bar for the cross-validated error of each choice."
figure = Figure(figsize=(7, 0.4 * len(names) + 1), layout="constrained")
axes = figure.add_subplot()
axes.barh(names, 100 * cv_errors)
axes.set(xlabel="error in cross-validation (%)")
axes.invert_yaxis()
figure

# %%
# So the test set is used once, at the end. The best choice was trained again, on all rows of the search.

error = 1 - search.score(Xtest, Ytest)
print(f"test error of the best choice: {error:.1%}")
