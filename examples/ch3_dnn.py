"""Chapter 3: a deep network, pretrained or not.

    python examples/ch3_dnn.py [FOLDER or train.csv]

The book's main program; without an argument it takes the embedded subset of MNIST, where one epoch is 50
steps (the book's data make 410), so a network without pretraining doesn't get far in 10.
"""

import sys

from udl_pt import DNN
from udl_pt.datasets import load_data


def main(data=None, sizes=(1000, 750, 500), epochs=(3, 10)):
    Xtrain, Ytrain, Xtest, Ytest = load_data(data)
    # TRY BOTH!
    dnn = DNN(sizes)
    dnn.fit(Xtrain, Ytrain, Xtest, Ytest, epochs=epochs[0])
    print("pretrained, error after each epoch:", dnn.errors)
    # vs
    plain = DNN(sizes)
    plain.fit(Xtrain, Ytrain, Xtest, Ytest, pretrain=False, epochs=epochs[1])
    print("not pretrained, error after each epoch:", plain.errors)
    return dnn, plain


if __name__ == "__main__":
    main(*sys.argv[1:])
