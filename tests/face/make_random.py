"""Write random.json: the numbers that the original Theano draws in `random_cases`, in both precisions.

Run with the original Theano, once for each precision, in this folder:
THEANO_FLAGS=floatX=float32 python make_random.py; THEANO_FLAGS=floatX=float64 python make_random.py
"""

import json
import os

import numpy as np
import random_cases
import theano
import theano.sandbox.rng_mrg
import theano.tensor.raw_random
import theano.tensor.shared_randomstreams

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "random.json")


def written(array):
    """Return an array's dtype, shape and numbers, which JSON keeps to the last bit."""
    array = np.asarray(array)
    return {"dtype": str(array.dtype), "shape": array.shape, "numbers": array.ravel().tolist()}


def main():
    """Run each program, and keep the other precision's numbers."""
    numbers = {}
    if os.path.exists(PATH):
        with open(PATH) as file:
            numbers = json.load(file)
    numbers[theano.config.floatX] = {}
    for name, (function, seed) in random_cases.PROGRAMS.items():
        # its Python code rounds MRG31k3p's numbers otherwise than the C code, which scripts run
        mode = "FAST_COMPILE" if name.startswith("legacy") else None
        results = function(theano, seed, mode)
        numbers[theano.config.floatX][name] = {key: written(array) for key, array in results.items()}
    with open(PATH, "w") as file:
        json.dump(numbers, file, sort_keys=True, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
