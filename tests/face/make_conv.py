"""Compute `conv_cases` with the original Theano 1.0.5: ``python tests/face/make_conv.py``.

Writes conv.npz beside this file. Needs a Python that has Theano, with a BLAS that it can link, and
floatX=float64.
"""

import os

import conv_cases
import numpy as np
import theano

OURS = "theano.tensor.nnet", "theano.tensor.signal"
make_thunk = theano.gof.Op.make_thunk


def thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
    """Compile in C only what is compared: the rest takes minutes there, and has the same values in NumPy."""
    if not type(self).__module__.startswith(OURS):
        impl = "py"
    return make_thunk(self, node, storage_map, compute_map, no_recycling, impl)


def main():
    theano.gof.Op.make_thunk = thunk
    found = {}
    for group, name, dtype in conv_cases.NAMES:
        print(group, name, dtype)  # noqa: T201
        for i, array in enumerate(conv_cases.result(group, name, dtype)):
            found["/".join((group, name, dtype, str(i)))] = array
    np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), "conv.npz"), **found)


if __name__ == "__main__":
    main()
