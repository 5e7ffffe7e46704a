"""
Fine-tuning with all that helps
===============================

Chapter 3, and what a practitioner adds. One pretrained network is fine-tuned twice: as in the listing, and
with dropout, bounded weights, schedules and early stopping. You see both errors.

Run it with ``python examples/ch3_fine_tuning.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits.
"""

# %%
# The network is pretrained once, as a denoising auto-encoder:

import copy
import sys

from udl_pt import DNN
from udl_pt.callbacks import EarlyStopping, LinearDecay, LinearSchedule
from udl_pt.datasets import load_data
from udl_pt.plots import plot_errors
from udl_pt.symbolic.corruption import masking

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs, pretrain_epochs = (1000,), 60, 20

data = load_data(place)
pretrained = DNN(sizes, corruption=masking(0.25), random_state=0, dtype="float32")
options = {
    "learning_rate": 0.1,
    "mu": 0.9,
    "batch_sz": 50,
    "cost_scale": "batch",
}
pretrained = pretrained.fit(*data, epochs=0, pretrain_epochs=pretrain_epochs, pretrain_options=options)

# %%
# The listing's fine-tuning is plain gradient descent with momentum:

plain = copy.deepcopy(pretrained)
plain.fit(*data, keep_layers=True, learning_rate=0.1, mu=0.9, epochs=epochs)
print(f"as in the listing, test error: {plain.errors[-1]:.1%}")

# %%
# Each argument below fights overfitting. A tenth of the training images validates the epochs, and
# `udl_pt.callbacks.EarlyStopping` keeps the parameters of the best one.

dnn = copy.deepcopy(pretrained)
stop = EarlyStopping(dnn, patience=30)
dnn.fit(
    *data,
    keep_layers=True,
    learning_rate=0.6,
    epochs=epochs,
    dropout=(0.2, 0.5),  # of the pixels, and of the hidden units
    max_norm=8.0,
    validation=0.1,
    callbacks=[
        LinearDecay(),
        LinearSchedule("mu", 0.9, first=0.5, epochs=2),
        stop,
    ],
)
error = float((dnn.predict(data.Xtest) != data.Ytest).mean())
print(f"with all of that, epoch {stop.best_epoch} of {len(dnn.errors)}: {error:.1%}")

# %%
# Dropout makes the first epochs worse. It pays in the long run.

# sphinx_gallery_alt = "Test errors by epoch, as in the listing and with all of that."
plot_errors(
    {"as in the listing": plain.errors, "with all of that": dnn.errors},
    "Fine-tuning twice",
)
