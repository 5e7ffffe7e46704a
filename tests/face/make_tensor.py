"""Write ``tensor_expected.json.gz``: what the original Theano makes of the cases of ``tensor_cases.py``.

Run it twice with a Python that has Theano 1.0.5: ``THEANO_FLAGS=floatX=float64``, then ``floatX=float32``.
"""

import gzip
import json
import os

import tensor_cases
import theano

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tensor_expected.json.gz")
MODES = {"stable": "FAST_RUN"}  # the optimiser makes these stable; of the others the graph itself is asked

if __name__ == "__main__":
    expected = {}
    if os.path.exists(PATH):
        with gzip.open(PATH, "rt") as file:
            expected = json.load(file)
    expected[theano.config.floatX] = {
        case: tensor_cases.evaluate(case, theano, mode=MODES.get(group, "FAST_COMPILE"))
        for group in tensor_cases.GROUPS
        for case in tensor_cases.cases(group)
    }
    with gzip.open(PATH, "wt") as file:
        json.dump(expected, file, sort_keys=True)
