"""Chapter 6: in what direction to change X, such that it results in the maximum change in J.

    python examples/ch6_tricking.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST. It writes ch6_tricks.png.
"""

import sys

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt import DNN
from udl_pt.datasets import load_data
from udl_pt.inspection.attacks import outcome, projected_gradient, random_noise
from udl_pt.inspection.augmentation import adversarial, shift
from udl_pt.plots import plot_adversarial


def main(data=None, sizes=(500, 300), epochs=10, epsilon=0.1, picture="ch6_tricks.png"):
    Xtrain, Ytrain, Xtest, Ytest = load_data(data)
    Xtest, Ytest = Xtest[:200], Ytest[:200]
    dnn = DNN(sizes)
    dnn.fit(Xtrain, Ytrain, Xtest, Ytest, learning_rate=0.1, mu=0.9, epochs=epochs)

    # dJ/dX takes three lines in a symbolic library
    X, Y = pt.matrix("X", dtype=dnn.dtype), pt.lvector("Y")
    J = -pt.special.log_softmax(dnn.logits(X), axis=1)[pt.arange(Y.shape[0]), Y].mean()
    dJdX = pytensor.function([X, Y], pytensor.grad(J, X))

    # a step of epsilon for every pixel, up where the cost grows
    tricked = np.clip(Xtest + epsilon * np.sign(dJdX(Xtest.astype(dnn.dtype), Ytest)), 0, 1)
    print("errors after one step:", outcome(dnn, Xtest, Ytest, tricked).error_after)

    # the library's attacks: many small steps, and "make it see a 3"
    others = Ytest != 3
    threes = projected_gradient(dnn, Xtest[others], Ytest[others], epsilon, target=3)
    seen = outcome(dnn, Xtest[others], Ytest[others], threes, target=3)
    print("seen as a 3:", seen.success_rate)
    print("errors after noise:", outcome(dnn, Xtest, Ytest, random_noise(Xtest, epsilon)).error_after)
    before, after = (dnn.predict(images[:8]).astype(str) for images in (Xtest, tricked))
    plot_adversarial(Xtest[:8], tricked[:8], before, after, 1 / epsilon).savefig(picture)

    # more robust: shifted digits are still digits, and so are tricked ones
    hard = DNN(sizes)
    augment = [shift(1), adversarial(hard, epsilon)]
    hard.fit(Xtrain, Ytrain, Xtest, Ytest, learning_rate=0.1, mu=0.9, epochs=epochs, augment=augment)
    again = outcome(hard, Xtest, Ytest, projected_gradient(hard, Xtest, Ytest, epsilon))
    print("errors of the hardened network, many steps:", again.error_after)
    return dnn, hard, tricked


if __name__ == "__main__":
    main(*sys.argv[1:])
