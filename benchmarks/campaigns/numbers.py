"""Data at the edge of what floating-point numbers can hold: right to an oracle's tolerance, or a clear error.

Each try has a model, a dtype, a scale from the smallest normal number to the largest, a shape and a
degeneracy: constant, dependent and duplicate columns, duplicate rows, one to three rows, a single column,
unit or class, a thousand classes. Warnings are errors. The oracles are written in ``numpy.longdouble``, whose
range is far wider, and share no code with the library: singular values for PCA, bisection for P, and the
gradient of one step of an auto-encoder and of a classifier. A refusal counts as right only where the oracle's
numbers leave the dtype's range, or where the data are degenerate; it must name what is refused. Of the models
without an oracle here (`DBN`, `DeepAutoEncoder`, `Ladder`) all results must be finite.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import udl_pt
import udl_pt.eager
from campaigns import Campaign
from campaigns.number_oracles import joint, sigmoid, spectrum, step_of_autoencoder, step_of_classifier

__all__ = ["CAMPAIGNS"]

SCALES = {  # exponents of two
    "float64": (-1020, -700, -535, -300, -20, 0, 20, 300, 500, 1018),
    "float32": (-124, -90, -70, -60, -10, 0, 10, 50, 63, 122),
}
DEGENERATE = ("none", "constant", "huge constant", "sum", "twin column", "twin row", "one row differs")
ROWS, COLUMNS, UNITS = (1, 2, 3, 4, 6, 12), (1, 2, 3, 5), (1, 3)
NAMED = re.compile(r"\b(X|Y|Xtest|W|V|b|bh|bo|c|z|whiten|learning_rate|n_components|batch_sz|perplexity|s)\b")
QUIET = ("X has means from", "backend 'c' found no BLAS")  # what is said to a reader on purpose
RATE = 0.1  # of all training
MARGIN = np.longdouble(1000)  # by which an intermediate number may be larger than the results


Kind = Callable[[np.random.Generator], str | None]  # makes one try


class Case(NamedTuple):
    """The data of one try."""

    X: np.ndarray
    base: np.ndarray
    k: int
    dtype: str
    shape: str
    seed: int

    def __str__(self) -> str:
        return f"{self.dtype} * 2**{self.k}, {self.X.shape}, {self.shape}, seed {self.seed}"


def case(rng: np.random.Generator, rows: tuple[int, ...] = ROWS, *, interval: bool = False) -> Case:
    """Draw one; with `interval`, of values in [0, 1] times the scale."""
    seed = int(rng.integers(2**31))
    own = np.random.default_rng(seed)
    dtype = str(own.choice(["float64", "float32"]))
    k, shape = int(own.choice(SCALES[dtype])), str(own.choice(DEGENERATE))
    N, D = int(own.choice(rows)), int(own.choice(COLUMNS))
    X = own.random((N, D)) if interval else own.normal(size=(N, D)).clip(-3, 3) + own.choice([0.0, 2.0])
    if shape == "constant":
        X[:, 0] = X[0, 0]
    elif shape == "sum":
        X = np.c_[X, X.sum(axis=1)]
    elif shape == "twin column":
        X = np.c_[X, X[:, :1]]
    elif shape == "twin row":
        X[-1] = X[0]
    elif shape == "one row differs":
        X[:-1] = X[0]
    X = np.ldexp(X.astype(dtype), k)
    base = np.ldexp(X, -k)  # the smallest values may have lost digits: they are below the normal numbers
    if shape == "huge constant":
        X[:, 0] = np.finfo(dtype).max / 4
    return Case(X, base, k, dtype, shape, seed)


def tried(what: str, one: Callable[[], str | None], may_fail: Callable[[str], bool]) -> str | None:
    """Carry out one try: None, or what is wrong with it. `may_fail` judges the message of a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for message in QUIET:
                warnings.filterwarnings("ignore", message=message)
            wrong = one()
    except (ValueError, TypeError) as error:
        if not NAMED.search(str(error)):
            wrong = f"the error names nothing: {error}"
        else:
            wrong = None if may_fail(str(error)) else f"refused: {error}"
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    return None if wrong is None else f"{what}: {wrong}"


def off(name: str, ours: Any, exact: np.ndarray, bound: Any) -> str | None:
    """Compare with an oracle's numbers, within `bound`."""
    apart = abs(np.asarray(ours, np.longdouble) - exact)
    if (apart <= bound).all():
        return None
    return f"{name} is off by {float((apart / np.maximum(bound, 1e-4900)).max()):.2g} times what it may be"


# --- PCA -------------------------------------------------------------------------------------------------


def pca(tries: int, seed: int) -> Iterator[str | None]:
    rng = np.random.default_rng(seed)
    for i in range(tries):
        data, whiten = case(rng), bool(rng.random() < 0.5)
        side = (udl_pt, udl_pt.eager)[i % 2]
        K = int(rng.integers(1, min(data.X.shape) + 1))
        yield pca_of(side, data, K, whiten)


def pca_of(side: Any, data: Case, K: int, whiten: bool) -> str | None:
    X, limits, exact = data.X, np.finfo(data.dtype), spectrum(data.X)
    variances, noise, eps = exact.variances, exact.noise, limits.eps
    in_range = limits.tiny <= variances[0] and exact.total <= limits.max
    clear = in_range and len(X) > 1 and not 0.1 * limits.max < exact.total
    small = bool(variances[K - 1] < 1e3 * noise[K - 1] or variances[K - 1] < 10 * limits.tiny)

    def one() -> str | None:
        model = side.PCA(K, whiten=whiten).fit(X)
        if not in_range:
            return "taken, though its variances are out of range"
        if whiten and variances[K - 1] < 0.1 * noise[K - 1]:
            return f"whitened a component of variance {variances[K - 1]:.2g}, noise is {noise[K - 1]:.2g}"
        bound = 100 * eps * variances[0] + limits.tiny
        wrong = off("explained_variance_", model.explained_variance_, variances[:K], bound)
        shares = variances[:K] / exact.total
        wrong = wrong or off("the ratio", model.explained_variance_ratio_, shares, 200 * eps)
        wrong = wrong or off("mean_", model.mean_, exact.mean, 4 * eps * abs(X).max(axis=0))
        if whiten and not small:
            least = variances[K - 1]
            may = least * (1e-4 if data.dtype == "float64" else 1e-2)
            wrong = wrong or off("the least variance", model.explained_variance_[K - 1], least, may)
        if not whiten and min(X.shape) == K:
            back = model.inverse_transform(model.transform(X))
            wrong = wrong or off("inverse_transform", back, X, 1000 * eps * abs(X).max())
        return wrong

    what = f"{side.__name__}.PCA({K}, whiten={whiten}) on {data}"
    return tried(what, one, lambda message: not clear or (whiten and small))


# --- P, SNE, t-SNE -----------------------------------------------------------------------------------------


def affinities(tries: int, seed: int) -> Iterator[str | None]:
    rng = np.random.default_rng(seed)
    for _ in range(tries):
        data = case(rng)
        N = len(data.X)
        perplexity = float(rng.choice([1.5, 2.5, 3.5])) if N < 6 else float(rng.choice([1.5, 3.0, 5.0]))
        possible = N >= 4 and perplexity < N and not (data.X[0] == data.X).all()

        def one(data: Case = data, perplexity: float = perplexity) -> str | None:
            P = udl_pt.joint_probabilities(data.X, perplexity)
            # near N - 1 all points are alike, and the perplexity hardly depends on the spread
            bound = 1e-8 if perplexity < len(data.X) - 2 else 1e-5
            return off("P", P, joint(data.X, perplexity), bound)

        yield tried(f"joint_probabilities({perplexity}) of {data}", one, lambda _, p=possible: not p)


def embeddings(tries: int, seed: int) -> Iterator[str | None]:
    """Compare with the embedding of the same data before they were scaled: equal, bit by bit."""
    rng = np.random.default_rng(seed)
    for i in range(tries):
        data = case(rng, rows=(3, 4, 6, 12))
        side, name = (udl_pt, udl_pt.eager)[i // 2 % 2], ("TSNE", "SymmetricSNE")[i % 2]
        init, own_s = str(rng.choice(["pca", "random"])), name == "SymmetricSNE" and rng.random() < 0.5
        yield embedding_of(getattr(side, name), data, init, bool(own_s))


def embedding_of(SNE: Any, data: Case, init: str, own_s: bool) -> str | None:
    options = {"perplexity": 2.0, "max_iter": 8, "dtype": data.dtype, "random_state": 0, "init": init}

    def embedded(X: np.ndarray, s: float) -> np.ndarray:
        spread = {"s": s} if own_s else {}
        return np.asarray(SNE(2, **options, **spread).fit_transform(X))

    def one() -> str | None:
        Y, of_base = embedded(data.X, 2.0**data.k), embedded(data.base, 1.0)
        if not np.isfinite(Y).all():
            return "the embedding is not finite"
        if data.shape != "huge constant" and not np.array_equal(Y, of_base):
            return f"the embedding is off by {abs(Y - of_base).max():.2g}"
        return None

    possible = len(data.X) >= 4 and not (data.X[0] == data.X).all()
    possible &= data.X.shape[1] >= 2 or init == "random"
    return tried(f"{SNE.__module__}.{SNE.__name__}, {init}, {own_s}, on {data}", one, lambda _: not possible)


# --- models that are trained -------------------------------------------------------------------------------


def arrays(params: Any) -> list[np.ndarray]:
    return [np.array(p.get_value() if hasattr(p, "get_value") else p) for p in params]


def compare_step(after: Any, before: Any, oracle: Any, dtype: str) -> str | None:
    """Compare parameters after one step of length `RATE` with the oracle's."""
    limits = np.finfo(dtype)
    for j, (new, old, g, bound) in enumerate(zip(arrays(after), arrays(before), *oracle[:2], strict=True)):
        may = 200 * limits.eps * (abs(old) + RATE * bound + RATE * abs(g)) + limits.tiny
        if wrong := off(f"parameter {j} after a step", new, old - np.longdouble(RATE) * g, may):
            return wrong
    return None


def beyond(oracle: Any, dtype: str) -> bool:
    """Whether a number of the step, or of the cost, leaves the dtype's range."""
    grads, bounds, cost = oracle
    largest = max([cost, *(b.max() for b in bounds), *(abs(g).sum() for g in grads)])
    return bool(MARGIN * largest > np.finfo(dtype).max)


def train_autoencoder(rng: np.random.Generator) -> str | None:
    data, M = case(rng), int(rng.choice(UNITS))
    options = {"cost": "squared_error", "mu": 0.0, "learning_rate": RATE, "backend": "jax"}
    start, model = (
        udl_pt.AutoEncoder(M, output="linear", random_state=3, dtype=data.dtype) for _ in range(2)
    )
    start.fit(data.X, epochs=0)
    oracle = step_of_autoencoder(data.X, arrays(start.params))

    def one() -> str | None:
        model.fit(data.X, batch_sz=len(data.X), **options)
        wrong = compare_step(model.params, start.params, oracle, data.dtype)
        return wrong or (None if np.isfinite(model.costs).all() else f"the costs are {model.costs}")

    return tried(f"AutoEncoder({M}) on {data}", one, lambda _: beyond(oracle, data.dtype))


def train_classifier(side: Any, rng: np.random.Generator) -> str | None:
    many = side is udl_pt.eager and rng.random() < 0.1
    data, M = case(rng, rows=(1000,) if many else ROWS), int(rng.choice(UNITS))
    N = len(data.X)
    Y = np.arange(N) % (1000 if many else min(N, int(rng.choice([1, 2, 3]))))
    sets = (data.X, Y, data.X, Y)
    options = {"mu": 0.0, "learning_rate": RATE, "reg": 0.0, "pretrain": False}
    start, model = (side.DNN([M], random_state=3, dtype=data.dtype) for _ in range(2))
    start.fit(*sets, epochs=0, **options)
    oracle = step_of_classifier(data.X, Y, params_of(start))

    def one() -> str | None:
        on = {"backend": "jax"} if side is udl_pt else {}
        model.fit(*sets, epochs=1, batch_sz=N, **options, **on)
        wrong = compare_step(params_of(model), params_of(start), oracle, data.dtype)
        return wrong or (None if np.isfinite(model.costs).all() else f"the costs are {model.costs}")

    what = f"{side.__name__}.DNN([{M}]), {Y.max() + 1} classes, on {data}"
    return tried(what, one, lambda _: beyond(oracle, data.dtype))


def params_of(network: Any) -> list[np.ndarray]:
    return arrays([network.W, network.b, *network.hidden_layers[0].forward_params])


def train_layer(side: Any, kind: str, rng: np.random.Generator) -> str | None:
    """Train two epochs; what the trained layer encodes must be what its own parameters say."""
    data, M = case(rng, interval=kind != "gaussian"), int(rng.choice(UNITS))
    wide, D = data.X.astype(np.longdouble), data.X.shape[1]
    name = "AutoEncoder" if kind == "cross_entropy" else "RBM"
    more = {} if side is udl_pt.eager else {"backend": "jax"}
    units = {"visible": "gaussian", "learn_variance": bool(rng.random() < 0.5)} if kind == "gaussian" else {}
    model = getattr(side, name)(M, random_state=3, dtype=data.dtype, **units)

    def one() -> str | None:
        model.fit(data.X, epochs=2, batch_sz=max(1, len(data.X) // 2), learning_rate=RATE, **more)
        params = arrays(model.params)
        if not all(np.isfinite(p).all() for p in params) or not np.isfinite(model.costs).all():
            return f"not finite: costs {model.costs}"
        W, c, *_, z = (p.astype(np.longdouble) for p in params)
        seen = wide * np.exp(-z) if units.get("learn_variance") else wide
        bound = 50 * D * np.finfo(data.dtype).eps * (1 + abs(c) + abs(seen) @ abs(W))
        return off("forward_hidden", model.forward_hidden(data.X), sigmoid(seen @ W + c), bound)

    # of probabilities, a value above 1 is refused; of Gaussian units, steps grow with the data
    taken = data.X.max() <= 1 if kind != "gaussian" else D * abs(wide).max() <= 10
    return tried(f"{side.__name__}.{name}, {kind}, {units}, {M} units, on {data}", one, lambda _: not taken)


def train_network(name: str, rng: np.random.Generator) -> str | None:
    """Train a network without an oracle of its own: all that it returns is finite."""
    data = case(rng, rows=(1, 2, 3, 6), interval=True)
    N = len(data.X)
    Y = np.arange(N) % 2
    half = {"batch_sz": max(1, N // 2)}

    def one() -> str | None:
        model = getattr(udl_pt, name)([2], random_state=0, dtype=data.dtype)
        if name == "Ladder":
            model.fit(data.X, Y, data.X, Y, epochs=1, batch_sz=N, backend="jax")
            out = [model.dnn.forward(data.X), model.costs]
        elif name == "DBN":
            model.fit(data.X, 1, pretrain_options=half, backend="jax")
            out = [model.forward(data.X)]
        else:
            model.fit(data.X, epochs=1, pretrain_epochs=1, pretrain_options=half, backend="jax", **half)
            out = [model.forward(data.X), model.costs]
        return None if all(np.isfinite(a).all() for a in out) else "the result is not finite"

    unfit = data.X.max() > 1 if name != "Ladder" else (N < 2 or abs(data.X).max() > 10)
    return tried(f"{name} on {data}", one, lambda _: unfit)


def training(
    *kinds: Callable[[np.random.Generator], str | None],
) -> Callable[[int, int], Iterator[str | None]]:
    """Make a campaign that trains the kinds in turn."""

    def run(tries: int, seed: int) -> Iterator[str | None]:
        rng = np.random.default_rng(seed)
        for i in range(tries):
            yield kinds[i % len(kinds)](rng)

    return run


EAGER = training(
    partial(train_layer, udl_pt.eager, "cross_entropy"),
    partial(train_layer, udl_pt.eager, "bernoulli"),
    partial(train_classifier, udl_pt.eager),
)
SYMBOLIC = training(
    train_autoencoder,
    partial(train_layer, udl_pt, "cross_entropy"),
    partial(train_layer, udl_pt, "bernoulli"),
    partial(train_layer, udl_pt, "gaussian"),
    partial(train_classifier, udl_pt),
    partial(train_network, "DBN"),
    partial(train_network, "DeepAutoEncoder"),
    partial(train_network, "Ladder"),
)

CAMPAIGNS = [
    Campaign("Numbers at the edge: PCA, both sides", 40_000, pca),
    Campaign("Numbers at the edge: P of chapter 2", 10_000, affinities),
    Campaign("Numbers at the edge: t-SNE and symmetric SNE, both sides", 4_000, embeddings),
    Campaign("Numbers at the edge: NumPy twins that are trained", 10_000, EAGER),
    Campaign("Numbers at the edge: symbolic models that are trained", 600, SYMBOLIC),
]
