"""
Tricking a network, and hardening it
====================================

A network that reads digits well can be misled by changes that you hardly see. In this tutorial you

- find such changes with one gradient,
- see that their direction matters, not their size,
- train a network that withstands some of them, and learn which ones it doesn't.
"""

# %%
# A network to trick
# ------------------

from udl_pt import DNN, load_mnist_subset

Xtrain, Ytrain, Xtest, Ytest = load_mnist_subset()
Xtest, Ytest = Xtest[:500], Ytest[:500]

training = {"learning_rate": 0.1, "mu": 0.9, "epochs": 20, "pretrain": False}
dnn = DNN([200, 100], random_state=0, dtype="float32")
dnn.fit(Xtrain, Ytrain, Xtest, Ytest, **training)
print(f"test error: {dnn.errors[-1]:.1%}")

# %%
# One step
# --------
# Training goes down the gradient :math:`\partial J / \partial W` of the cost J, with the digit fixed. Now
# fix the weights, and go **up** the gradient with respect to the digit, :math:`\partial J / \partial x`.
# Every pixel may change by at most :math:`\epsilon`. So each one moves by :math:`\epsilon` where the sign
# of its derivative points:
#
# .. math:: x' = x + \epsilon \, \mathrm{sign} \left( \frac{\partial J}{\partial x} \right)
#
# `input_gradient` returns the derivative, and NumPy does the rest. Pixels stay between 0 and 1.

import numpy as np

from udl_pt.inspection.attacks import input_gradient

epsilon = 0.1
gradient = input_gradient(dnn, Xtest, Ytest)
tricked = np.clip(Xtest + epsilon * np.sign(gradient), 0, 1)

print(f"error before: {np.mean(dnn.predict(Xtest) != Ytest):.1%}")
print(f"error after:  {np.mean(dnn.predict(tricked) != Ytest):.1%}")

# %%
# Above and below each digit you see what the network reads:

from udl_pt.plots import plot_adversarial

before, after = (dnn.predict(images[:10]).astype(str) for images in (Xtest, tricked))

# sphinx_gallery_alt = "Ten digits, the changes, and the changed digits, with the network's readings."
plot_adversarial(Xtest[:10], tricked[:10], before, after, 1 / epsilon)

# %%
# It is the direction
# -------------------
# Is the network just sensitive to any change? Noise of the same size is the control:

from udl_pt.inspection.attacks import (
    outcome,
    projected_gradient,
    random_noise,
)

noisy = random_noise(Xtest, epsilon)
found = outcome(dnn, Xtest, Ytest, noisy)
print(f"error after noise: {found.error_after:.1%}")

# %%
# Noise pushes every pixel a little, here up and there down. For a unit that sums up hundreds of pixels,
# most of it cancels. The gradient's signs agree with the weights, so all pushes add up. That works better
# the more pixels there are.
#
# Many small steps
# ----------------
# The gradient changes on the way. So many small steps, each followed by a return to within
# :math:`\epsilon`, find better changes. They can also aim: with a ``target``, the network is to read a 3.

many = projected_gradient(dnn, Xtest, Ytest, epsilon)
found = outcome(dnn, Xtest, Ytest, many)
print(f"error after many steps: {found.error_after:.1%}")

X, Y = Xtest[Ytest != 3], Ytest[Ytest != 3]
threes = projected_gradient(dnn, X, Y, epsilon, target=3)
seen = outcome(dnn, X, Y, threes, target=3)
print(f"read as a 3: {seen.success_rate:.1%}")

# %%
# How does the error grow with :math:`\epsilon`?

from udl_pt.plots import Figure, open_grid


def errors_of(network, attack, sizes):
    changed = [attack(network, size) for size in sizes]
    return [100 * outcome(network, Xtest, Ytest, X).error_after for X in changed]


def noise(network, size):
    return random_noise(Xtest, size)


def steps(network, size):
    return projected_gradient(network, Xtest, Ytest, size)


def draw(curves, sizes):
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot()
    for name, errors in curves.items():
        axes.plot(sizes, errors, marker="o", label=name)
    axes.set(xlabel="change of a pixel", ylabel="error (%)", ylim=(0, 100))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    open_grid(axes)
    return figure


sizes = [0.02, 0.05, 0.1, 0.2]
curves = {
    "noise": errors_of(dnn, noise, sizes),
    "many steps": errors_of(dnn, steps, sizes),
}

# sphinx_gallery_alt = "Error by the size of the change: noise does little, many steps do much."
draw(curves, sizes)

# %%
# Hardening
# ---------
# A shifted 3 is still a 3. So is a tricked one. If such images are in the training set, the network has
# to read them. ``augment`` changes each batch before its step: `shift` moves digits by a pixel,
# `adversarial` tricks the network as it is then.

from udl_pt.inspection.augmentation import adversarial, shift

hard = DNN([200, 100], random_state=0, dtype="float32")
augment = [shift(1), adversarial(hard, epsilon)]
hard.fit(Xtrain, Ytrain, Xtest, Ytest, augment=augment, **training)
print(f"hardened, test error: {hard.errors[-1]:.1%}")

curves["many steps, hardened"] = errors_of(hard, steps, sizes)

# sphinx_gallery_alt = "The same curves, and that of the hardened network below the one of the first network."
draw(curves, sizes)

# %%
# Hardening helps against what the network was trained on, and a bit beyond. It doesn't make a network see
# as you do.
#
# What to try next
# ----------------
# - Train for longer, with more units, or with a larger ``epsilon`` in `adversarial`.
# - Find the smallest change that tricks the network: `udl_pt.inspection.attacks.smallest_change`.
# - Do tricks carry over? Show digits that trick ``dnn`` to ``hard``.
# - All attacks and their limits: `How to trick a network <../tricking.html>`_.
#
# Read on
# -------
# - The book: chapter 6. Its exercise: `ch6_tricking.py <../gallery/ch6_tricking.html>`_.
# - Reference: `inspection <../reference/inspection.html>`_.
# - Next: `the same step in four libraries <9_four_ways.html>`_.
