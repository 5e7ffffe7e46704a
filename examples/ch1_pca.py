"""Chapter 1's exercise: PCA on the digits, two components drawn, and a classifier on fifty.

    python examples/ch1_pca.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST. Draws ch1_scatter.png and ch1_variance.png.
"""

import sys
from pathlib import Path

from sklearn.linear_model import LogisticRegression

from udl_pt import PCA, error_rate
from udl_pt.datasets import load_data
from udl_pt.plots import plot_embeddings, plot_variance


def main(data=None, K=50, N=2000, folder="."):
    Xtrain, Ytrain, Xtest, Ytest = load_data(data)
    pca = PCA()
    Z = pca.fit_transform(Xtrain)
    for name, figure in [
        ("ch1_scatter.png", plot_embeddings({"": Z[:N, :2]}, Ytrain[:N], "two components")),
        ("ch1_variance.png", plot_variance(pca.explained_variance_ratio_)),
    ]:
        figure.savefig(Path(folder) / name, dpi=120)
        print("see", name)

    # train the model on the first K columns of Z; new points go through the same Q
    model = LogisticRegression(max_iter=1000).fit(Z[:N, :K], Ytrain[:N])
    error = error_rate(model.predict(pca.transform(Xtest)[:, :K]), Ytest)
    print(f"test error with {K} of {Z.shape[1]} columns:", error)
    return error


if __name__ == "__main__":
    main(*sys.argv[1:])
