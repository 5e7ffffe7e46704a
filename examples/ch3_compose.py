"""Chapter 3, and on from there: a cost of one's own on top of a trained auto-encoder.

    python examples/ch3_compose.py

Given a PyTensor variable, a model returns a graph. Here the graph of an auto-encoder becomes a contractive
one (Rifai and others, ICML 2011): to the squared error it adds the squared norm of dZ/dX, which for sigmoid
units is ``sum_j (z_j (1 - z_j))^2 sum_i W_ij^2``, and `momentum_updates` makes the sum small.
"""

import pytensor
import pytensor.tensor as pt

from udl_pt import AutoEncoder, load_mnist_subset, momentum_updates


def main(N=5000, M=300, steps=200, strength=0.1, batch_sz=100):
    X = load_mnist_subset().X[:N].astype(pytensor.config.floatX)
    ae = AutoEncoder(M).fit(X)

    x = pt.matrix("x")
    Z = ae.forward_hidden(x)  # a graph, (batch, M)
    error = ((x - ae.forward_output(x)) ** 2).sum(axis=1).mean()
    contraction = (((Z * (1 - Z)) ** 2).dot((ae.W**2).sum(axis=0))).mean()
    cost = error + strength * contraction

    updates = momentum_updates(cost, ae.params, learning_rate=0.01, mu=0.9)
    train = pytensor.function([x], [error, contraction], updates=updates)
    history = [train(X[j % N : j % N + batch_sz]) for j in range(0, steps * batch_sz, batch_sz)]
    for step in (0, len(history) - 1):
        print(f"step {step}: squared error {history[step][0]:.2f}, contraction {history[step][1]:.2f}")
    return history


if __name__ == "__main__":
    main()
