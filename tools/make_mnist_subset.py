"""Make the embedded MNIST subset from the four IDX files: ``python tools/make_mnist_subset.py FOLDER``.

Takes the first 500 images of each digit in the training set and the first 100 of each in the test set, in
MNIST's order; writes one row an image, label first, as bytes, packed with xz; prints the SHA-256 that
`udl_pt/datasets/_mnist.py` holds.
"""

import hashlib
import lzma
import sys
from pathlib import Path

import numpy as np

from udl_pt import load_mnist
from udl_pt.datasets._mnist import SUBSET, SUBSET_SIZES


def first_of_each(X, Y, n):
    """Rows of label and pixels (uint8) of the first `n` images of each digit."""
    chosen = np.sort(np.concatenate([np.flatnonzero(digit == Y)[:n] for digit in range(10)]))
    return np.column_stack([Y[chosen], np.rint(X[chosen] * 255)]).astype(np.uint8)


def main(folder, out=Path(__file__).parents[1] / "udl_pt" / "datasets" / "data" / SUBSET):
    X, Y, Xtest, Ytest = load_mnist(folder)
    n, n_test = (size // 10 for size in SUBSET_SIZES)
    rows = np.concatenate([first_of_each(X, Y, n), first_of_each(Xtest, Ytest, n_test)])
    packed = lzma.compress(rows.tobytes(), preset=9 | lzma.PRESET_EXTREME)
    Path(out).write_bytes(packed)
    digest = hashlib.sha256(packed).hexdigest()
    print(f"{out}: {len(packed):,} bytes, SHA-256 {digest}")
    return rows, digest


if __name__ == "__main__":
    main(*sys.argv[1:])
