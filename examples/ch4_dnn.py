"""
A deep network on RBMs
======================

Chapter 4's main program: the layers of a deep network are pretrained as restricted Boltzmann machines (RBMs).
You see its test error after each epoch.

Run it with ``python examples/ch4_dnn.py [FOLDER or train.csv]``. Without an argument it takes the embedded
digits.
"""

# %%
# The network has hidden layers of these ``sizes``.

import sys

import numpy as np

from udl_pt import DNN, RBM
from udl_pt.datasets import load_data
from udl_pt.plots import plot_confusion, plot_errors

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs = (1000, 750, 500), 3

Xtrain, Ytrain, Xtest, Ytest = load_data(place)
np.random.seed(0)

# %%
# The program of chapter 3 differs from this one by a single argument:

dnn = DNN(sizes, UnsupervisedModel=RBM)
dnn.fit(Xtrain, Ytrain, Xtest, Ytest, epochs=epochs)
print(f"test error: {dnn.errors[0]:.1%} after 1 epoch, {dnn.errors[-1]:.1%} at the end")

# %%
# The curve of ``ch3_dnn.py`` without pretraining is the one to compare with.

# sphinx_gallery_alt = "The test error falls from epoch to epoch."
plot_errors({"pretrained as RBMs": dnn.errors}, "A deep network on RBMs")

# %%
# Which digits does it take for which others?

# sphinx_gallery_alt = "Confusion matrix of the test digits: most counts are on the diagonal."
counts = np.zeros((10, 10), dtype=int)
np.add.at(counts, (Ytest, dnn.predict(Xtest)), 1)
plot_confusion(counts, "Test digits")
