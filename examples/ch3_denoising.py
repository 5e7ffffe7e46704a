"""Chapter 3: a stacked denoising auto-encoder, with the book's bitmask.

    python examples/ch3_denoising.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST.
"""

import sys

from udl_pt import DNN
from udl_pt.datasets import load_data


def corrupt(X, rng):
    bitmask = rng.binomial(n=1, p=0.7, size=X.shape)
    return bitmask * X


def main(data=None, sizes=(1000, 750, 500), epochs=3):
    Xtrain, Ytrain, Xtest, Ytest = load_data(data)
    dnn = DNN(sizes, corruption=corrupt)  # udl_pt.symbolic.corruption.masking(0.3) is the same
    dnn.fit(Xtrain, Ytrain, Xtest, Ytest, epochs=epochs)
    print("denoising auto-encoders first, error after each epoch:", dnn.errors)
    return dnn


if __name__ == "__main__":
    main(*sys.argv[1:])
