"""After chapter 3: denoising auto-encoders and a classifier that learn at the same time.

    python examples/ch3_ladder.py [FOLDER or train.csv]

A ladder network, and the ordinary network that it ends as; beside it one of the same layers that learns the
labels only. Without an argument it takes the embedded subset of MNIST.
"""

import sys
from functools import partial

from udl_pt import DNN, AutoEncoder, Ladder
from udl_pt.callbacks import LinearDecay
from udl_pt.datasets import load_data


def main(data=None, sizes=(1000, 500, 250), epochs=20):
    data = load_data(data)
    options = {"learning_rate": 0.1, "mu": 0.9, "epochs": epochs, "callbacks": [LinearDecay()]}

    labels_only = DNN(sizes, partial(AutoEncoder, hidden="relu"), random_state=0, dtype="float32")
    labels_only.fit(*data, pretrain=False, **options)
    print("labels only, error after each epoch:", labels_only.errors)

    ladder = Ladder(sizes, noise=0.3, random_state=0, dtype="float32")
    ladder.fit(*data, **options)
    dnn = ladder.dnn  # an ordinary network: no noise, no way down, nothing standardised
    error = float((dnn.predict(data.Xtest) != data.Ytest).mean())
    print("labels and clean images of noisy ones:", ladder.errors)
    print("the ladder's network, test error:", error)
    return labels_only, ladder


if __name__ == "__main__":
    main(*sys.argv[1:])
