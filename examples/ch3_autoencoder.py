"""Chapter 3: one auto-encoder learns to reconstruct digits.

    python examples/ch3_autoencoder.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST. Draws test digits and what the auto-encoder makes
of them into ch3_autoencoder.png.
"""

import sys

from udl_pt import AutoEncoder
from udl_pt.datasets import load_data
from udl_pt.plots import plot_reconstructions


def main(data=None, M=300, epochs=2, picture="ch3_autoencoder.png"):
    Xtrain, _, Xtest, Ytest = load_data(data)
    autoencoder = AutoEncoder(M)
    autoencoder.fit(Xtrain, epochs=epochs)
    for i, cost in enumerate(autoencoder.costs):
        print("epoch:", i, "cost:", cost)

    Xhat = autoencoder.forward_output(Xtest[:10])
    labels = [str(y) for y in Ytest[:10]]
    plot_reconstructions(Xtest[:10], Xhat, labels, f"{M} hidden units").savefig(picture, dpi=120)
    print("see", picture)
    return autoencoder


if __name__ == "__main__":
    main(*sys.argv[1:])
