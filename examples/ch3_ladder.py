"""
A ladder network
================

After chapter 3: denoising auto-encoders and a classifier that learn at the same time.
You see their errors beside those of an equal network that learns from the labels only.

Run it with ``python examples/ch3_ladder.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits.
"""

# %%
# Both networks have layers of the same ``sizes``, and learn at the same rate.

import sys
from functools import partial

from udl_pt import DNN, AutoEncoder, Ladder
from udl_pt.callbacks import LinearDecay
from udl_pt.datasets import load_data
from udl_pt.plots import plot_errors

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs = (1000, 500, 250), 20

data = load_data(place)
options = {
    "learning_rate": 0.1,
    "mu": 0.9,
    "epochs": epochs,
    "callbacks": [LinearDecay()],
}

# %%
# The first network has rectified units, and no pretraining:

labels_only = DNN(
    sizes,
    partial(AutoEncoder, hidden="relu"),
    random_state=0,
    dtype="float32",
)
labels_only.fit(*data, pretrain=False, **options)
errors = labels_only.errors
print(f"labels only, test error: {errors[0]:.1%} after 1 epoch, {errors[-1]:.1%} at the end")

# %%
# The ladder adds noise to each layer. It learns the labels, and it learns to remove the noise.

ladder = Ladder(sizes, noise=0.3, random_state=0, dtype="float32")
ladder.fit(*data, **options)
print(f"ladder, test error: {ladder.errors[0]:.1%} after 1 epoch, {ladder.errors[-1]:.1%} at the end")

# %%
# In the end there is an ordinary network, without noise:

dnn = ladder.dnn
error = float((dnn.predict(data.Xtest) != data.Ytest).mean())
print(f"the ladder's network, test error: {error:.1%}")

# %%
# Both errors by epoch:

# sphinx_gallery_alt = "Test errors by epoch of the network that learns labels only, and of the ladder."
plot_errors(
    {"labels only": labels_only.errors, "ladder": ladder.errors},
    "Labels only, or images too",
)
