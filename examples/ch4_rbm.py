"""Chapter 4: one restricted Boltzmann machine learns digits by contrastive divergence, and dreams of them.

    python examples/ch4_rbm.py [FOLDER or train.csv]

Without an argument it takes the embedded subset of MNIST. Draws what the hidden units look for, and where
Gibbs chains go that start at noise, into ch4_filters.png and ch4_fantasies.png.
"""

import sys
from pathlib import Path

from udl_pt import RBM
from udl_pt.datasets import load_data
from udl_pt.models.sampling import fantasies
from udl_pt.plots import plot_fantasies, plot_filters


def main(data=None, M=300, epochs=10, steps=(1, 10, 100, 1000), folder="."):
    Xtrain, _, _, _ = load_data(data)
    rbm = RBM(M)
    rbm.fit(Xtrain, epochs=epochs)
    for i, cost in enumerate(rbm.costs):
        print("epoch:", i, "cost:", cost)

    for name, figure in [
        ("ch4_filters.png", plot_filters(rbm.W.get_value(), title=f"{M} hidden units")),
        ("ch4_fantasies.png", plot_fantasies(fantasies(rbm, 6, steps), steps, "after so many Gibbs steps")),
    ]:
        figure.savefig(Path(folder) / name, dpi=120)
        print("see", name)
    return rbm


if __name__ == "__main__":
    main(*sys.argv[1:])
