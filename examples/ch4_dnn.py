"""Chapter 4: a deep network on restricted Boltzmann machines.

    python examples/ch4_dnn.py [FOLDER or train.csv]

The book's main program; without an argument it takes the embedded subset of MNIST.
"""

import sys

from udl_pt import DNN, RBM
from udl_pt.datasets import load_data


def main(data=None, sizes=(1000, 750, 500), epochs=3):
    Xtrain, Ytrain, Xtest, Ytest = load_data(data)
    dnn = DNN(sizes, UnsupervisedModel=RBM)
    dnn.fit(Xtrain, Ytrain, Xtest, Ytest, epochs=epochs)
    # we compare with no pretraining in ch3_dnn.py
    print("error after each epoch:", dnn.errors)
    return dnn


if __name__ == "__main__":
    main(*sys.argv[1:])
