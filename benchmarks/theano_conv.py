"""Time LeNet's two layers with `udl_pt.theano`, and with the original Theano.

``python benchmarks/theano_conv.py [PYTHON]``: with the path of a Python that has Theano it runs there too,
and prints the ratios. A layer is a convolution, max pooling, a bias and tanh: 500 images of 28 x 28 with 20
filters of 5 x 5, then 20 channels of 12 x 12 with 50.
"""

import json
import os
import subprocess
import sys
import time

SHAPES = {"1st": ((500, 1, 28, 28), (20, 1, 5, 5)), "2nd": ((500, 20, 12, 12), (50, 20, 5, 5))}
REPEATS = 10


def best(function):
    """Seconds of the fastest call."""
    function()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(dtype, mode=None):
    """Seconds of each layer: forward; with the gradients of the filters and of the images."""
    import numpy as np
    import theano
    import theano.tensor as T
    from theano.tensor.nnet.abstract_conv import conv2d
    from theano.tensor.signal.pool import pool_2d

    found = {}
    for name, (images, filters) in SHAPES.items():
        rng = np.random.RandomState(0)
        x, w, b = (theano.shared(rng.uniform(-1, 1, s).astype(dtype)) for s in (images, filters, filters[:1]))
        y = conv2d(x, w, input_shape=images, filter_shape=filters)
        z = T.tanh(pool_2d(y, ws=(2, 2), ignore_border=True) + b.dimshuffle("x", 0, "x", "x"))
        cost = T.sqr(z).sum()
        for part, outputs in (
            ("convolution", [y]),
            ("layer", [cost]),
            ("gradients", T.grad(cost, [x, w, b])),
        ):
            kept = [theano.shared(np.zeros((1,) * v.ndim, dtype)) for v in outputs]  # nothing is copied out
            updates = [(k, v) for k, v in zip(kept, outputs)]  # noqa: B905  as this runs on Python 2 too
            updates = [(k, T.unbroadcast(v, *range(v.ndim)) if v.ndim else v) for k, v in updates]
            found[f"{name} {part} {dtype}"] = best(theano.function([], [], updates=updates, mode=mode))
    return found


def main():
    other, worker = sys.argv[1:2], os.environ.get("UDL_PT_BENCHMARK_DTYPE")
    if worker:  # the original, in a process of its own
        print(json.dumps(measure(worker)))
        return
    import udl_pt.theano

    udl_pt.theano.install()
    print(f"{'milliseconds':28} {'CVM':>8} {'NUMBA':>8}" + (f" {'Theano':>8} {'ratio':>6}" if other else ""))
    for dtype in "float32", "float64":
        ours = {mode: measure(dtype, mode) for mode in ("CVM", "NUMBA")}
        theirs = {}
        if other:
            flags = f"{os.environ.get('THEANO_FLAGS', '')},floatX={dtype}".lstrip(",")
            env = {**os.environ, "UDL_PT_BENCHMARK_DTYPE": dtype, "THEANO_FLAGS": flags}
            run = subprocess.run([other[0], __file__], env=env, capture_output=True, text=True, check=True)
            theirs = json.loads(run.stdout.splitlines()[-1])
        for name in ours["CVM"]:
            row = f"{name:28} {1e3 * ours['CVM'][name]:8.1f} {1e3 * ours['NUMBA'][name]:8.1f}"
            if theirs:
                row += f" {1e3 * theirs[name]:8.1f} {theirs[name] / ours['CVM'][name]:6.2f}"
            print(row)


if __name__ == "__main__":
    main()
