"""What `udl-pt reproduce 3` and `reproduce 4` train and measure, as a program in eager PyTorch.

    python benchmarks/torch_chapters.py {3,4} --data FOLDER

Layers, first weights' distribution, batches, epochs, rates, momentum and costs are those of
`udl_pt.book.chapter3` and `chapter4`. Test errors, costs and likelihoods are measured as often. Batches are
indexed from shuffled rows, costs come from logits, optimisers are fused, layers below a layer that trains are
computed once, and RBMs are written out under `no_grad`. It prints its test errors in JSON.

It leaves out what takes the book's programs further seconds: all figures, the page, the confusion matrix,
PCA, the vote of neighbours in the plane, the exact sum over the states of the small RBMs, and the Gibbs
chains that chapter 4 shows.
"""

import argparse
import gzip
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SIZES, DEEP, PLANE, OVERCOMPLETE = [1000, 750, 500], [200] * 5, [500, 250, 2], 1000
BOOK = {"lr": 0.5, "mu": 0.99, "B": 100}
GENTLE = {"lr": 0.1, "mu": 0.9, "B": 50, "by_batch": True}
TUNING = {"lr": 0.01, "mu": 0.99, "B": 100}
CHAINS, BETAS, LONG = 100, 1000, 500


def read(folder, name):
    """Return the array of an IDX file, plain or gzipped."""
    (path,) = sorted(Path(folder).glob(f"{name}*"))[:1]
    raw = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    shape = np.frombuffer(raw, ">i4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def load(folder):
    images = (read(folder, f"{part}-images").astype("float32") / 255 for part in ("train", "t10k"))
    X, Xtest = (torch.from_numpy(x.reshape(len(x), -1)) for x in images)
    Y, Ytest = (
        torch.from_numpy(read(folder, f"{part}-labels").astype("int64")) for part in ("train", "t10k")
    )
    return X, Y, Xtest, Ytest


def batches(N, B):
    return torch.randperm(N)[: N // B * B].split(B)


def weights(m, n, dtype=torch.float32):
    return torch.randn(m, n, dtype=dtype) / math.sqrt(m + n)


def optimiser(params, lr, mu):
    return torch.optim.SGD([p.requires_grad_() for p in params], lr=lr, momentum=mu, fused=True)


def autoencoder(X, M, epochs, *, lr, mu, B, by_batch=False, masked=0.0, linear=False):
    """Train a layer with tied weights, and return its weights and hidden biases."""
    N, D = X.shape
    W, bh, bo = params = weights(D, M), torch.zeros(M), torch.zeros(D)
    steps, scale = optimiser(params, lr, mu), 1 / (B if by_batch else N)

    def logits(x):
        a = torch.addmm(bh, x, W)
        return torch.addmm(bo, a if linear else torch.sigmoid(a), W.T)

    for _ in range(epochs):
        for rows in batches(N, B):
            x = X[rows]
            seen = x * torch.bernoulli(torch.full_like(x, 1 - masked)) if masked else x
            steps.zero_grad(set_to_none=True)
            (scale * F.binary_cross_entropy_with_logits(logits(seen), x, reduction="sum")).backward()
            steps.step()
        with torch.no_grad():  # the cost that is recorded, on as many rows
            x = X[torch.randperm(N)[: max(250, N // 30)]]
            F.binary_cross_entropy_with_logits(logits(x), x, reduction="sum").item()
    return W.detach(), bh.detach()


class RBM:
    """A restricted Boltzmann machine, by CD-k or persistent chains, in the book's way or centred."""

    def __init__(self, D, M):
        self.W, self.c, self.b = weights(D, M), torch.zeros(M), torch.zeros(D)

    def hidden(self, V):
        return torch.sigmoid(torch.addmm(self.c, V, self.W))

    def visible(self, H):
        return torch.bernoulli(torch.sigmoid(torch.addmm(self.b, H, self.W.T)))

    def free_energy(self, V):
        return -V @ self.b - F.softplus(torch.addmm(self.c, V, self.W)).sum(1)

    @torch.no_grad()
    def fit(self, X, epochs, *, lr=0.1, B=100, k=1, persistent=False, centred=False):
        N, params = len(X), (self.W, self.c, self.b)
        mean, q = X.mean(0), torch.full_like(self.c, 0.5)
        if centred:
            p = (mean * N + 0.5) / (N + 1)
            self.b.copy_(torch.log(p) - torch.log1p(-p))
        averages, n, total = [p.clone() for p in params], 0, epochs * (N // B)
        chains = torch.bernoulli(torch.full((B, len(self.c)), 0.5)) if persistent else None
        for _ in range(epochs):
            for rows in batches(N, B):
                v0 = torch.bernoulli(X[rows]) if centred else X[rows]
                p0 = self.hidden(v0)
                v1 = self.visible(chains if persistent else torch.bernoulli(p0))
                for _ in range(k - 1):
                    v1 = self.visible(torch.bernoulli(self.hidden(v1)))
                p1 = self.hidden(v1)
                chains = torch.bernoulli(p1) if persistent else None
                share = lr * (1 - n / total if centred else 1) / B
                x0, x1, y0, y1 = (v0 - mean, v1 - mean, p0 - q, p1 - q) if centred else (v0, v1, p0, p1)
                dW = x0.T @ y0 - x1.T @ y1
                dc, db = (p0 - p1).sum(0), (v0 - v1).sum(0)
                if centred:
                    dc, db = dc - mean @ dW, db - dW @ q
                    q += 0.01 * (p0.mean(0) - q)
                for p, d in zip(params, (dW, dc, db), strict=True):
                    p.add_(d, alpha=share)
                n += 1
                if centred:
                    for average, p in zip(averages, params, strict=True):
                        average.lerp_(p, max(1 - 0.995, 1 / n))
            x = X[torch.randperm(N)[: max(250, N // 30)]]
            a = torch.addmm(self.b, self.hidden(x), self.W.T)
            F.binary_cross_entropy_with_logits(a, x, reduction="sum").item()
        if centred:
            for p, average in zip(params, averages, strict=True):
                p.copy_(average)
        return self

    @torch.no_grad()
    def anneal(self, V, base, betas):
        """Return the logarithms of the weights of chains that pass through the inverse temperatures."""
        total = torch.zeros(len(V), dtype=torch.float64)
        for before, after in pairwise(betas):
            A = torch.addmm(self.c, V, self.W)
            gain = (F.softplus(after * A) - F.softplus(before * A)).sum(1)
            total += (gain + (after - before) * (V @ (self.b - base))).double()
            H = torch.bernoulli(torch.sigmoid(after * A))
            V = torch.bernoulli(torch.sigmoid(after * torch.addmm(self.b, H, self.W.T) + (1 - after) * base))
        return total

    @torch.no_grad()
    def measure(self, X, V):
        """Return the test log-likelihoods by AIS and by reverse AIS, and the pseudo-likelihood."""
        p = (X.mean(0) * len(X) + 0.5) / (len(X) + 1)
        base = torch.log(p) - torch.log1p(-p)
        betas = np.interp(np.arange(BETAS + 1) / BETAS, [0, 1 / 29, 9 / 29, 1], [0, 0.5, 0.9, 1]).tolist()
        log_Z0 = F.softplus(base).sum() + len(self.c) * math.log(2)
        start = torch.bernoulli(torch.sigmoid(base).expand(CHAINS, -1))
        forward = self.anneal(start, base, betas).logsumexp(0) - math.log(CHAINS)
        v = torch.bernoulli(X[:CHAINS])
        for _ in range(LONG):
            v = self.visible(torch.bernoulli(self.hidden(v)))
        backward = math.log(CHAINS) - self.anneal(v, base, betas[::-1]).logsumexp(0)
        unnormalised, pseudo = -self.free_energy(V).mean(), torch.zeros(len(V))
        A = torch.addmm(self.c, V, self.W)
        present = F.softplus(A).sum(1)
        for i in range(V.shape[1]):
            turn = 1 - 2 * V[:, i]
            flipped = F.softplus(torch.addr(A, turn, self.W[i])).sum(1)
            pseudo -= F.softplus(turn * self.b[i] + flipped - present)
        likelihoods = [float(unnormalised - log_Z0 - found) for found in (forward, backward)]
        return [*likelihoods, float(pseudo.mean())]


def stack(X, sizes, epochs, options, *, rbms=False):
    """Pretrain layers, and return pairs of weights and hidden biases; a list has options for each layer."""
    layers = []
    for i, M in enumerate(sizes):
        chosen = options[i] if isinstance(options, list) else options
        if rbms:
            rbm = RBM(X.shape[1], M).fit(X, epochs, **chosen)
            layers.append((rbm.W, rbm.c))
        else:
            layers.append(autoencoder(X, M, epochs, **chosen))
        if i < len(sizes) - 1:
            X = torch.sigmoid(torch.addmm(layers[-1][1], X, layers[-1][0]))
    return layers


def tune(data, sizes, layers, epochs, *, lr, mu, B, updates=None):
    """Fine-tune a network on the layers or from random weights; return the test error of each epoch."""
    X, Y, Xtest, Ytest = data
    widths, errors, modules = [X.shape[1], *sizes, 10], [], []
    for i, (m, n) in enumerate(pairwise(widths)):
        linear = nn.Linear(m, n)
        W, b = layers[i] if layers and i < len(layers) else (weights(m, n), torch.zeros(n))
        linear.weight.data, linear.bias.data = W.T.clone().contiguous(), b.clone()
        modules += [linear, nn.Sigmoid()]
    net = nn.Sequential(*modules[:-1])
    steps = optimiser(list(net.parameters()), lr, mu)
    for _ in range(epochs):
        for rows in batches(len(X), B):
            steps.zero_grad(set_to_none=True)
            F.cross_entropy(net(X[rows]), Y[rows]).backward()
            steps.step()
            if updates is not None:  # without momentum, a step is the rate times the gradient
                updates.append([lr * module.weight.grad.abs().mean().item() for module in modules[::2]])
        if updates is None:
            with torch.no_grad():
                a = net(Xtest)
                F.cross_entropy(a, Ytest).item()
                errors.append((a.argmax(1) != Ytest).float().mean().item())
    return errors


def linear_codes(X):
    """Train ten linear units with tied weights by full-batch steps, in float64."""
    X = (X - X.mean(0)).double()
    rate = 0.1 / float(torch.linalg.svdvals(X)[0] ** 2 / (len(X) - 1))
    W, bh, bo = params = weights(X.shape[1], 10, torch.float64), X.new_zeros(10), X.new_zeros(X.shape[1])
    steps = optimiser(params, rate, 0.95)
    for _ in range(600):
        steps.zero_grad(set_to_none=True)
        (((torch.addmm(bo, torch.addmm(bh, X, W), W.T) - X) ** 2).sum() / len(X)).backward()
        steps.step()


def deep_autoencoder(X, Xtest, pretrain_epochs, epochs, lr=0.01, mu=0.95, B=50):
    """Pretrain, unroll and fine-tune; return the test images' squared error."""
    options = [GENTLE, GENTLE, {**GENTLE, "lr": 0.005, "linear": True}]
    layers = stack(X, PLANE, pretrain_epochs, options)
    Ws, bs = [W for W, _ in layers], [b for _, b in layers]
    Ws += [W.T.clone().contiguous() for W in reversed(Ws)]
    bs += [torch.zeros(W.shape[1]) for W in Ws[len(bs) :]]
    steps, n, total = optimiser([*Ws, *bs], lr, mu), 0, epochs * (len(X) // B)

    def logits(H):
        for i, (W, b) in enumerate(zip(Ws, bs, strict=True)):
            H = torch.addmm(b, H, W)
            H = H if i in (len(PLANE) - 1, len(Ws) - 1) else torch.sigmoid(H)  # the code is linear
        return H

    for _ in range(epochs):
        for rows in batches(len(X), B):
            x = X[rows]
            steps.param_groups[0]["lr"] = lr * (1 - n / total)
            steps.zero_grad(set_to_none=True)
            (F.binary_cross_entropy_with_logits(logits(x), x, reduction="sum") / B).backward()
            steps.step()
            n += 1
    with torch.no_grad():
        return ((torch.sigmoid(logits(Xtest)) - Xtest) ** 2).sum(1).mean().item()


def chapter3(data, few, sizes, epochs):
    X, Y, Xtest, Ytest = data
    pre = 5 if few else 1
    autoencoder(X, sizes[0], pre, **BOOK)
    layers = stack(X, sizes, pre, BOOK)
    errors = {"pretrained": tune(data, sizes, layers, epochs or (15 if few else 3), **TUNING)}
    errors["not pretrained"] = tune(data, sizes, None, epochs or (60 if few else 10), **TUNING)
    for layers in (stack(X, DEEP, pre, GENTLE), None):
        tune(data, DEEP, layers, 10 if few else 1, lr=0.5, mu=0.0, B=100, updates=[])
    for masked in (0.0, 0.5):
        W, b = autoencoder(X, OVERCOMPLETE, 20 if few else 2, **GENTLE, masked=masked)
        Z, Ztest = (torch.sigmoid(torch.addmm(b, x, W)) for x in (X, Xtest))
        tune((Z, Y, Ztest, Ytest), [], None, 20 if few else 2, lr=0.1, mu=0.9, B=100)
    linear_codes(X[:500])
    return {"errors": errors, "plane": deep_autoencoder(X, Xtest, pre, 12 if few else 3)}


def chapter4(data, few, sizes, epochs):
    X, _, Xtest, _ = data
    pre, n = 5 if few else 1, epochs or (15 if few else 3)
    errors = {"RBMs first": tune(data, sizes, stack(X, sizes, pre, {}, rbms=True), n, **TUNING)}
    errors["auto-encoders first"] = tune(data, sizes, stack(X, sizes, pre, BOOK), n, **TUNING)
    errors["not pretrained"] = tune(data, sizes, None, n, **TUNING)
    V = torch.bernoulli(Xtest)
    machines = {"CD-1": (15, {}), "CD-5": (15, {"k": 5}), "persistent": (15, {"persistent": True})}
    machines["persistent, 200"] = (200, {"persistent": True})
    likelihoods = {}
    for name, (M, options) in machines.items():
        rbm = RBM(X.shape[1], M).fit(X, 20 if few else 5, centred=True, **options)
        likelihoods[name] = rbm.measure(X, V)
    return {"errors": errors, "likelihoods": likelihoods}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", choices=("3", "4"))
    parser.add_argument("--data", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--epochs", type=int, help="of fine-tuning of the compared networks")
    options = parser.parse_args()
    torch.manual_seed(0)
    data = load(options.data)
    few = len(data[0]) < 20_000  # as in the chapters
    program = {"3": chapter3, "4": chapter4}[options.chapter]
    print(json.dumps(program(data, few, options.sizes, options.epochs)))


if __name__ == "__main__":
    main()
