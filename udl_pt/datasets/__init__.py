"""MNIST from every place where it is kept, and chapter 2's toy data."""

from udl_pt.datasets._mnist import Dataset, getKaggleMNIST, load_data, load_mnist, load_mnist_subset
from udl_pt.datasets._toys import donut, gaussian_clouds, xor_clouds

__all__ = [
    "Dataset",
    "donut",
    "gaussian_clouds",
    "getKaggleMNIST",
    "load_data",
    "load_mnist",
    "load_mnist_subset",
    "xor_clouds",
]
