"""MNIST from every place where it is kept, data of one's own, and chapter 2's toy data."""

from udl_pt.datasets._dataset import Dataset
from udl_pt.datasets._load import load_data
from udl_pt.datasets._mnist import getKaggleMNIST, load_mnist, load_mnist_subset
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
