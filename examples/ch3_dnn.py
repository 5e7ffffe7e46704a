"""
A deep network, pretrained or not
=================================

Chapter 3's main program, which says "TRY BOTH". You see one network start from auto-encoders, and one from
random weights.

Run it with ``python examples/ch3_dnn.py [FOLDER or train.csv]``. Without an argument it takes the embedded
digits. There an epoch is 50 steps, and 410 with the book's data. So a network without pretraining learns
little in 10 epochs.
"""

# %%
# ``epochs`` are those with pretraining and without.

import sys

import numpy as np

from udl_pt import DNN
from udl_pt.datasets import load_data
from udl_pt.plots import plot_errors

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs = (1000, 750, 500), (3, 10)

Xtrain, Ytrain, Xtest, Ytest = load_data(place)
np.random.seed(0)

# %%
# With pretraining, each layer first learns to reconstruct its input for one epoch:

dnn = DNN(sizes)
dnn.fit(Xtrain, Ytrain, Xtest, Ytest, epochs=epochs[0])
print(f"pretrained, test error: {dnn.errors[0]:.1%} after 1 epoch, {dnn.errors[-1]:.1%} at the end")

# %%
# Without it, all weights start at random:

plain = DNN(sizes)
plain.fit(Xtrain, Ytrain, Xtest, Ytest, pretrain=False, epochs=epochs[1])
print(f"not pretrained, test error: {plain.errors[0]:.1%} after 1 epoch, {plain.errors[-1]:.1%} at the end")

# %%
# An error of 90% is that of guessing.

# sphinx_gallery_alt = "Test errors by epoch: the pretrained network starts far below the other one."
plot_errors({"pretrained": dnn.errors, "not pretrained": plain.errors}, "TRY BOTH")
