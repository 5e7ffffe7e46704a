"""
Tricking a network
==================

Chapter 6: in which direction does a change of X change the cost J most? You see changes that a person
hardly notices, and that mislead a network. Then you see a network that was trained against them.

Run it with ``python examples/ch6_tricking.py [FOLDER or train.csv]``. Without an argument it takes the
embedded digits. It draws ``ch6_tricks.png``.
"""

# %%
# A pixel may change by ``epsilon``. Pixels lie between 0 and 1.

import sys

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt import DNN
from udl_pt.datasets import load_data
from udl_pt.inspection.attacks import (
    outcome,
    projected_gradient,
    random_noise,
)
from udl_pt.inspection.augmentation import adversarial, shift
from udl_pt.plots import plot_adversarial

place = sys.argv[1] if sys.argv[1:] else None
sizes, epochs, epsilon = (500, 300), 20, 0.1

Xtrain, Ytrain, Xtest, Ytest = load_data(place)
Xtest, Ytest = Xtest[:200], Ytest[:200]
np.random.seed(0)

options = {"learning_rate": 0.1, "mu": 0.9, "epochs": epochs, "pretrain": False}
dnn = DNN(sizes)
dnn.fit(Xtrain, Ytrain, Xtest, Ytest, **options)
print(f"error before: {dnn.errors[-1]:.1%}")

# %%
# In a symbolic library, dJ/dX takes three lines:

X, Y = pt.matrix("X", dtype=dnn.dtype), pt.lvector("Y")
J = -pt.special.log_softmax(dnn.logits(X), axis=1)[pt.arange(Y.shape[0]), Y].mean()
dJdX = pytensor.function([X, Y], pytensor.grad(J, X))

# %%
# A step of ``epsilon`` for every pixel, up where the cost grows. Noise of the same size does less harm.

tricked = np.clip(Xtest + epsilon * np.sign(dJdX(Xtest.astype(dnn.dtype), Ytest)), 0, 1)
noisy = random_noise(Xtest, epsilon)
print(f"error after one step: {outcome(dnn, Xtest, Ytest, tricked).error_after:.1%}")
print(f"error after noise: {outcome(dnn, Xtest, Ytest, noisy).error_after:.1%}")

# %%
# The numbers are what the network sees before and after:

# sphinx_gallery_alt = "Eight digits, the changes, and the changed digits, with the network's readings."
before, after = (dnn.predict(images[:8]).astype(str) for images in (Xtest, tricked))
figure = plot_adversarial(Xtest[:8], tricked[:8], before, after, 1 / epsilon)
figure.savefig("ch6_tricks.png")
figure

# %%
# The library's attacks take many small steps. They can also aim at a digit: "make it see a 3".

others = Ytest != 3
threes = projected_gradient(dnn, Xtest[others], Ytest[others], epsilon, target=3)
aimed = outcome(dnn, Xtest[others], Ytest[others], threes, target=3)
print(f"seen as a 3: {aimed.success_rate:.1%}")
many_steps = outcome(dnn, Xtest, Ytest, projected_gradient(dnn, Xtest, Ytest, epsilon))
print(f"error after many steps: {many_steps.error_after:.1%}")

# %%
# A shifted digit is still the same digit, and so is a tricked one. Such images make the network more robust:

hard = DNN(sizes)
augment = [shift(1), adversarial(hard, epsilon)]
hard.fit(Xtrain, Ytrain, Xtest, Ytest, augment=augment, **options)
again = outcome(hard, Xtest, Ytest, projected_gradient(hard, Xtest, Ytest, epsilon))
print(f"error of the hardened network after many steps: {again.error_after:.1%}")
