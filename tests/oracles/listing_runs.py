"""The golden runs by the book's listings, on whatever they import as ``theano``.

On the original Theano, under Python 2.7, this script compares their arrays with `tests/golden`. It also
writes those of Theano's own `RandomStreams`, which `tests/face/test_listings.py` reads:

    python2.7 tests/oracles/listing_runs.py
"""

from __future__ import print_function

import os
import sys

import numpy as np

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
STREAMS_SEED = 5


def load_data():
    """The images and labels of the golden runs, with the dtypes of ``getKaggleMNIST``'s labels."""
    with np.load(os.path.join(TESTS, "golden", "data.npz")) as z:
        X, Y, Xtest, Ytest = (z[key] for key in ("X", "Y", "Xtest", "Ytest"))
    return X / 255.0, Y.astype(np.int32), Xtest / 255.0, Ytest.astype(np.int32)


class Recorder(object):
    """Stands where a listing expects ``plt``, and keeps what it plots."""

    def __init__(self):
        self.plotted = []

    def plot(self, values):
        self.plotted.append(list(values))

    def show(self):
        pass


def run(name, listing, data, draws=None):
    """Return the arrays of the golden file `name`, by its key.

    `listing` are the modules autoencoder and rbm; `draws` is what each RBM takes for its random streams.
    """
    autoencoder, rbm = listing
    X, _, Xtest, _ = data
    autoencoder.plt = rbm.plt = plt = Recorder()
    if draws is not None:
        rbm.RandomStreams = lambda: draws
    np.random.seed(0)
    if name.startswith("dnn"):
        return run_dnn(name, listing, data, plt)
    if name == "rbm":
        model = rbm.RBM(40)
        model.fit(X, epochs=2, batch_sz=100, show_fig=True)
        v = rbm.T.matrix("v")
        free_energy = rbm.theano.function([v], model.free_energy(v))
        got = {"free_energy": free_energy((Xtest > 0.5).astype(float))}
    else:
        gentle = {"learning_rate": 0.05, "mu": 0.9, "epochs": 3} if name == "autoencoder_gentle" else {}
        model = autoencoder.AutoEncoder(40)
        model.fit(X, batch_sz=100, show_fig=True, **gentle)
        got = {}
    keys = ("W", "c", "b") if name == "rbm" else ("W", "bh", "bo", "dW", "dbh", "dbo")
    got.update((key, getattr(model, key).get_value()) for key in keys)
    got.update(costs=plt.plotted[-1], hidden=model.hidden_op(Xtest[:20]))
    return got


def run_dnn(name, listing, data, plt):
    """Return the arrays of a deep network of the listing."""
    autoencoder, rbm = listing
    theano, T = autoencoder.theano, autoencoder.T
    errors, rate = [], autoencoder.error_rate

    def error_rate(p, t):
        errors.append(rate(p, t))
        return errors[-1]

    autoencoder.error_rate = error_rate
    try:
        dnn = autoencoder.DNN([40, 20], **({"UnsupervisedModel": rbm.RBM} if name == "dnn_rbm" else {}))
        dnn.fit(*data, pretrain=name != "dnn_plain", epochs=3, batch_sz=100)
    finally:
        autoencoder.error_rate = rate
    got = {"W": dnn.W.get_value(), "b": dnn.b.get_value(), "costs": plt.plotted[-1], "errors": errors}
    for i, layer in enumerate(dnn.hidden_layers):
        bias = layer.c if name == "dnn_rbm" else layer.bh
        got["hidden_W%d" % i], got["hidden_b%d" % i] = layer.W.get_value(), bias.get_value()
    x, t = T.matrix("x"), T.ivector("t")
    got["predictions"] = theano.function([x], dnn.predict(x))(data[2])
    cost = -T.mean(T.log(dnn.forward(x)[T.arange(t.shape[0]), t]))
    got["input_gradient"] = theano.function([x, t], T.grad(cost, x))(data[2][:10], data[3][:10])
    return got


def run_streams(listing, data):
    """Return the arrays of a small RBM whose draws are Theano's own, from a seed."""
    rbm = listing[1]
    original = rbm.RandomStreams
    rbm.plt = plt = Recorder()
    rbm.RandomStreams = lambda: original(STREAMS_SEED)
    try:
        np.random.seed(0)
        model = rbm.RBM(8)
        model.fit(data[0][:300, 300:400], batch_sz=50, epochs=2, show_fig=True)
    finally:
        rbm.RandomStreams = original
    got = dict((key, getattr(model, key).get_value()) for key in ("W", "c", "b"))
    got["costs"] = plt.plotted[-1]
    return got


def golden_draws(theano):
    """Streams of one ``RandomState(1)`` for the original: ``uniform < p``, as in the golden runs."""
    generator = np.random.RandomState(1)

    class Below(theano.Op):
        def make_node(self, p):
            return theano.Apply(self, [p], [p.type()])

        def perform(self, node, inputs, outputs):
            (p,) = inputs
            outputs[0][0] = (generator.random_sample(p.shape) < p).astype(p.dtype)

    class Draws(object):
        def binomial(self, size, n, p):
            return Below()(p)

    return Draws()


def main():
    """Compare the original's arrays with the golden ones, and write those of its random streams."""
    sys.path.insert(0, os.path.join(TESTS, os.pardir, "examples", "listings"))
    import autoencoder
    import rbm

    listing, data = (autoencoder, rbm), load_data()
    printed, sys.stdout = sys.stdout, open(os.devnull, "w")
    streams = run_streams(listing, data)
    for name in ("autoencoder_book", "autoencoder_gentle", "dnn_plain", "dnn_pretrained", "rbm", "dnn_rbm"):
        got = run(name, listing, data, golden_draws(autoencoder.theano))
        with np.load(os.path.join(TESTS, "golden", name + ".npz")) as expected:
            assert set(got) == set(expected.files), name
            worst = max((abs(np.asarray(got[key]) - expected[key]).max(), key) for key in got)
        print("%s: largest difference %g, of %s" % ((name,) + worst), file=printed)
    np.savez_compressed(os.path.join(TESTS, "theano", "listing_streams.npz"), **streams)


if __name__ == "__main__":
    main()
