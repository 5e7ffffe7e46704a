"""
The deep belief network and its dreams
======================================

Stack RBMs as we stacked auto-encoders, and you get a deep belief network (DBN). The top RBM knows what goes
together. The layers below turn this into an image. In this tutorial you

- train a DBN without a single label,
- watch it dream of digits,
- wake it up as a classifier.
"""

# %%
# Train layer by layer
# --------------------
# The first RBM learns from pixels. The second learns from the first one's hidden values. So it finds out
# which strokes occur together.

from udl_pt import DBN, RBM, load_mnist_subset

Xtrain, Ytrain, Xtest, Ytest = load_mnist_subset()

dbn = DBN([200, 200], UnsupervisedModel=RBM, random_state=0, dtype="float32")
dbn = dbn.fit(
    Xtrain,
    pretrain_epochs=20,
    pretrain_options={"learning_rate": 0.05, "mu": 0.9},
)

# %%
# Dream
# -----
# The top RBM runs a Gibbs chain: it draws its hidden units from its visible ones, then the other way round,
# and so on. Now and then we take its visible units, and pass them down to the pixels.
#
# First the chains begin at test digits. A good model stays with what it sees, and wanders off slowly.

from udl_pt.plots import plot_fantasies

steps = (1, 10, 100, 1000)
dreams = dbn.generate(Xtest[:6], steps=steps)

# sphinx_gallery_alt = "Six chains that begin at test digits, after 1, 10, 100 and 1,000 Gibbs steps."
plot_fantasies(dreams, steps, "Dreams that begin at a digit")

# %%
# Then they begin at noise. Whatever appears comes from the weights alone.

dreams = dbn.generate(6, steps=steps)

# sphinx_gallery_alt = "Six chains that begin at noise, after 1, 10, 100 and 1,000 Gibbs steps."
plot_fantasies(dreams, steps, "Dreams that begin at noise")

# %%
# The chains come to look alike. A chain moves by small steps, so it seldom crosses unlikely states. In
# training, CD-1 looks only one step away from the data. So it never sees the dreams that lie far off. Chains
# that persist from one training step to the next do find them, and training makes them less likely:

options = {"learning_rate": 0.02, "mu": 0.5, "persistent": True}
persistent = DBN([200, 200], UnsupervisedModel=RBM, random_state=0, dtype="float32")
persistent.fit(Xtrain, pretrain_epochs=20, pretrain_options=options)
dreams = persistent.generate(6, steps=steps)

# sphinx_gallery_alt = "Six chains of a network that was trained with persistent chains, from noise."
plot_fantasies(dreams, steps, "Trained with persistent chains")

# %%
# The dreams change, but they still have a favourite. Two small layers and twenty epochs are not enough for
# all ten digits.
#
# Wake up
# -------
# Put a logistic regression on the top layer, and the dreamer becomes a classifier. A `udl_pt.DNN` with
# ``RBM`` as its layer does that: it pretrains a DBN, then learns from labels.

from udl_pt import DNN

dnn = DNN([200, 200], UnsupervisedModel=RBM, random_state=0, dtype="float32")
dnn.fit(
    *(Xtrain, Ytrain, Xtest, Ytest),
    pretrain_epochs=20,
    pretrain_options={"learning_rate": 0.05, "mu": 0.9},
    learning_rate=0.05,
    mu=0.9,
    epochs=20,
)
for epoch in (1, 20):
    print(f"test error after epoch {epoch}: {dnn.errors[epoch - 1]:.1%}")

# %%
# Which digits does it still confuse?

import numpy as np

from udl_pt.plots import plot_confusion

counts = np.zeros((10, 10), dtype=int)
np.add.at(counts, (Ytest, dnn.predict(Xtest)), 1)

# sphinx_gallery_alt = "Confusion matrix of the test digits. Most counts are on the diagonal."
plot_confusion(counts, "Test digits")

# %%
# What to try next
# ----------------
# - Train for longer: ``pretrain_epochs=200``. Do the chains visit more digits?
# - Add a third layer: ``DBN([200, 200, 200], ...)``. Do the dreams get better?
# - Keep a model in a file: ``dbn.save("dbn.st")``, and `udl_pt.load`. See `saving <../saving.html>`_.
# - Compare with auto-encoders as layers: `TRY BOTH: pretrained or not <4_try_both.html>`_.
#
# Read on
# -------
# - The book: chapter 4, second half. Its program: `ch4_dnn.py <../gallery/ch4_dnn.html>`_.
# - Measured on the full MNIST: `results <../results/index.html>`_.
# - Reference: `DBN <../reference/models/dbn.html>`_.
# - Next: `what units look for <7_features.html>`_.
