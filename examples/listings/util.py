import numpy as np

from sklearn.utils import shuffle


def error_rate(p, t):
    return np.mean(p != t)


def init_weights(shape):
    return np.random.randn(*shape) / np.sqrt(sum(shape))


def getKaggleMNIST():
    import pandas as pd
    train = pd.read_csv('../large_files/train.csv').values.astype(np.float32)
    train = shuffle(train)
    Xtrain = train[:-1000, 1:] / 255
    Ytrain = train[:-1000, 0].astype(np.int32)
    Xtest = train[-1000:, 1:] / 255
    Ytest = train[-1000:, 0].astype(np.int32)
    return Xtrain, Ytrain, Xtest, Ytest
