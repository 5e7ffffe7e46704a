"""Chapter 3: auto-encoders in layers, there and back: digits as two numbers.

    python examples/ch3_deep_autoencoder.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST. Draws a map of the test digits into
ch3_deep_autoencoder.png.
"""

import sys

from udl_pt import PCA, DeepAutoEncoder
from udl_pt.callbacks import LinearDecay
from udl_pt.datasets import load_data
from udl_pt.plots import plot_embeddings


def main(data=None, sizes=(500, 250, 2), epochs=20, picture="ch3_deep_autoencoder.png"):
    Xtrain, _, Xtest, Ytest = load_data(data)
    # each layer reconstructs the output of the one below; the last, of linear units, is the code
    layer = {"learning_rate": 0.1, "mu": 0.9, "cost_scale": "batch"}
    code = {"learning_rate": 0.005, "mu": 0.9, "cost_scale": "batch"}
    deep = DeepAutoEncoder(sizes)
    deep.fit(
        Xtrain,
        learning_rate=0.01,
        mu=0.95,
        epochs=epochs,
        pretrain_epochs=5,
        pretrain_options=[layer] * (len(sizes) - 1) + [code],
        callbacks=[LinearDecay()],
    )
    pca = PCA(sizes[-1]).fit(Xtrain)
    print("squared error of a test image:", deep.reconstruction_error(Xtest))
    print("of so many principal components:", pca.reconstruction_error(Xtest))
    if sizes[-1] == 2:
        maps = {"PCA": pca.transform(Xtest), "deep auto-encoder": deep.encode(Xtest)}
        plot_embeddings(maps, Ytest).savefig(picture, dpi=120)
        print("see", picture)
    return deep


if __name__ == "__main__":
    main(*sys.argv[1:])
