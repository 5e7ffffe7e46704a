"""
TRY BOTH: pretrained or not
===========================

A deep network whose weights start at random learns slowly: its lower layers hardly feel the error. The
book's cure is to train each layer as an auto-encoder first. Then it says: "TRY BOTH". In this tutorial you

- measure how small the gradients of lower layers are,
- pretrain a network layer by layer,
- compare both networks by their test errors.
"""

# %%
# The vanishing gradient
# ----------------------
# A network applies one layer after the other: :math:`z_1 = s(x W_1 + b_1)`, :math:`z_2 = s(z_1 W_2 + b_2)`,
# and so on. The gradient goes the other way. At each layer it is multiplied by :math:`s'(a) = s(a) (1 -
# s(a))`, which is at most 1/4. It is also multiplied by weights, which are small at first. So little is left
# for the first layer.
#
# We build such a network, and PyTensor computes the gradients of all its weights:

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt import DNN, load_mnist_subset

Xtrain, Ytrain, Xtest, Ytest = load_mnist_subset()
sizes = [300, 300, 300]

untrained = DNN(sizes, random_state=0, dtype="float32")
untrained.fit(Xtrain, Ytrain, pretrain=False, epochs=0)

x, y = pt.matrix("x", dtype="float32"), pt.lvector("y")
log_pY = pt.special.log_softmax(untrained.logits(x), axis=1)
cost = -log_pY[pt.arange(y.shape[0]), y].mean()
weights = [layer.W for layer in untrained.hidden_layers] + [untrained.W]
gradients = pytensor.grad(cost, weights)
compute = pytensor.function([x, y], gradients, mode="FAST_COMPILE")

names = ["layer 1", "layer 2", "layer 3", "output"]
batch = Xtrain[:100].astype("float32"), Ytrain[:100]
typical = [np.sqrt((g**2).mean()) for g in compute(*batch)]
for name, value in zip(names, typical, strict=True):
    print(f"{name}: a typical gradient is {value:.1e}")

# %%
# From the output to layer 1, the gradient gets smaller at each layer. So the first layer hardly learns.
#
# Greedy layer-wise pretraining
# -----------------------------
# The cure:
#
# 1. Train an auto-encoder on the digits. Keep only its way from the input to the hidden units.
# 2. Take its hidden values as the data for the next auto-encoder. And so on.
# 3. Put a logistic regression on top, and train all layers on the labels. This is called **fine-tuning**.
#
# It is called greedy, since each layer does what is best for itself. No layer needs a label until step 3.
# `udl_pt.DNN` does all of this in ``fit``:

fine_tuning = {"learning_rate": 0.05, "mu": 0.9, "epochs": 30}
layer = {"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}

pretrained = DNN(sizes, random_state=0, dtype="float32")
pretrained.fit(
    *(Xtrain, Ytrain, Xtest, Ytest),
    pretrain_epochs=10,
    pretrain_options=layer,
    **fine_tuning,
)
print(f"pretrained, after one epoch: {pretrained.errors[0]:.1%}")

# %%
# Without pretraining
# -------------------
# The other network has the same layers, the same rates and the same number of epochs. It only skips
# pretraining:

plain = DNN(sizes, random_state=0, dtype="float32")
plain.fit(Xtrain, Ytrain, Xtest, Ytest, pretrain=False, **fine_tuning)
print(f"not pretrained, after one epoch: {plain.errors[0]:.1%}")

# %%
# Both errors, on digits that neither network was trained on:

from udl_pt.plots import plot_errors

# sphinx_gallery_alt = "Test errors by epoch: the pretrained network is below the other one from the start."
plot_errors(
    {"pretrained": pretrained.errors, "not pretrained": plain.errors},
    "TRY BOTH",
)

# %%
# The pretrained network begins close to where it ends. The other one stays at the error of guessing, 90%,
# until its lower layers have found something to pass on.

reached = pretrained.errors[0]
epochs = [n for n, error in enumerate(plain.errors, 1) if error <= reached]
found = f"in epoch {epochs[0]}" if epochs else "never"
print(f"without pretraining, {reached:.1%} is reached {found}")

# %%
# Is this a fair comparison? Pretraining took ten epochs of each layer. But it needs no labels, and these
# are often what is scarce. A later invention also helps: rectified units, whose slope is 1. The
# `trials <../notebook.html>`_ compare both on the full MNIST.
#
# What to try next
# ----------------
# - Take away labels: fine-tune on ``Xtrain[:500], Ytrain[:500]``, but pretrain on all digits. The argument
#   ``keep_layers=True`` keeps layers that are trained already.
# - Pretrain denoising auto-encoders: ``DNN(sizes, corruption=masking(0.3))``.
# - Search over such choices with cross-validation: `ch3_grid_search.py <../gallery/ch3_grid_search.html>`_.
#
# Read on
# -------
# - The book: chapter 3, second half. Its program: `ch3_dnn.py <../gallery/ch3_dnn.html>`_.
# - Measured on the full MNIST: `results <../results/index.html>`_.
# - Reference: `DNN <../reference/models/dnn.html>`_.
# - Next: `the RBM <5_rbm.html>`_, another layer to stack.
