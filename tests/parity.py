"""Every model, trained alike by PyTensor and by its eager twins: how far apart are they after 100 steps?

For `test_parity.py`, which holds the differences to the limits, and for `tools/parity.py`, which prints them.
The models are tiny: what takes time is compiling.

In float32 the sides round differently. A Bernoulli draw whose uniform is as near to its probability as that
comes out differently, and then so does all that follows it. The machines' seeds are therefore chosen so that
none is: see `margin`.
"""

import functools
import importlib
from dataclasses import dataclass, field

import numpy as np

import udl_pt
from udl_pt import eager
from udl_pt.datasets import gaussian_clouds
from udl_pt.inspection import attacks as adversarial
from udl_pt.symbolic.corruption import masking

LIMITS = {"float64": 1e-10, "float32": 1e-4}

N, D, K = 100, 12, 3
SIZES = [5, 4]
LOOP = {"epochs": 10, "batch_sz": 10, "monitor": "batch"}  # 100 steps, with the cost after each
RS = np.random.RandomState(0)
Y = np.arange(N) % K
X = (RS.rand(N, D) + RS.rand(K, D)[Y]) / 2
BINARY = (RS.rand(N, D) < X).astype(float)
STRETCHED = RS.randn(N, D) * np.geomspace(2, 0.02, D)  # components that no rounding mixes up
CLOUDS = gaussian_clouds(90, random_state=0)[0]


class Side:
    """The models of a side by their names, and both attacks."""

    def __init__(self, models, attacks):
        self.__dict__ |= {name: getattr(models, name) for name in models.__all__}
        self.input_gradient, self.fast_gradient_sign = attacks.input_gradient, attacks.fast_gradient_sign


@functools.cache
def side(name):
    """Return what is called "symbolic", "numpy" or "torch"."""
    if name == "symbolic":
        return Side(udl_pt, adversarial)
    if name == "numpy":
        return Side(eager, eager)
    twins = importlib.import_module("udl_pt.eager.torch")
    twins.torch.set_num_threads(1)  # on arrays as small as these several wait for each other
    return Side(twins, eager)


def value(p):
    """Return the array of a shared variable, an array or a tensor."""
    return np.asarray(p.get_value() if hasattr(p, "get_value") else p)


def record(model, generator):
    """Gather parameters, velocities, costs, and what the generators draw next, of a model and its layers.

    Masks and a machine's draws show in its parameters; so do the velocities of its own training, which it
    doesn't keep.
    """
    layers = getattr(model, "hidden_layers", [])
    streams = [layer.rng.generator for layer in layers or [model]]
    chains = [value(layer.chains) for layer in [model, *layers] if getattr(layer, "chains", None) is not None]
    return {
        "parameters": [value(p) for part in [model, *layers] for p in part.params],
        "velocities": [value(v) for part in [model, *layers] for v in getattr(part, "dparams", [])],
        "costs": [np.array(getattr(part, "costs", [])) for part in [model, *layers]],
        "draws": [generator.random_sample(8), *(stream.random(8) for stream in streams), *chains],
    }


def autoencoder(models, dtype, how, *, fit, **options):
    chance = np.random.RandomState(1)
    ae = models.AutoEncoder(SIZES[0], random_state=chance, dtype=dtype, **options)
    return record(ae.fit(X, **{"learning_rate": 0.5, "mu": 0.9} | LOOP | fit | how), chance)


def rbm(models, dtype, how, *, seed, **fit):
    chance = np.random.RandomState(seed)
    machine = models.RBM(SIZES[0], random_state=chance, rng=np.random.RandomState(seed + 1), dtype=dtype)
    return record(machine.fit(BINARY, mu=0.5, **LOOP, **fit, **how), chance)


def pretraining(**options):
    """Return a stack's layers as many steps as models of their own get."""
    return {"pretrain_epochs": LOOP["epochs"], "pretrain_options": {"batch_sz": LOOP["batch_sz"]} | options}


def dbn(models, dtype, how, *, of, seed=1, fit, **options):
    """Train a stack whose layers' streams are derived from its generator."""
    chance = np.random.RandomState(seed)
    stack = models.DBN(SIZES, getattr(models, of), random_state=chance, dtype=dtype, **options)
    return record(stack.fit(BINARY, **pretraining(**fit), monitor="batch", **how), chance)


def trained_dnn(models, dtype, how, *, of="AutoEncoder", seed=1, **fit):
    chance = np.random.RandomState(seed)
    dnn = models.DNN(SIZES, getattr(models, of), random_state=chance, dtype=dtype)
    rates = {"learning_rate": 0.5, "mu": 0.9}
    layers = pretraining(mu=0.5) if fit.get("pretrain", True) else {}
    return dnn.fit(BINARY, Y, X, Y, **rates, **layers, **LOOP, **fit, **how), chance


def dnn(models, dtype, how, **options):
    return record(*trained_dnn(models, dtype, how, **options))


@functools.cache
def victim(models, dtype, **how):
    """Train the network that both attacks are made on, once."""
    return trained_dnn(models, dtype, how, pretrain=False)[0]


def attack(models, dtype, how, *, name, **options):
    images = getattr(models, name)(victim(models, dtype, **how), X, Y, **options)
    return {"images": [np.asarray(images)]}


def pca(models, dtype, how, **options):
    data = STRETCHED.astype(dtype)
    found = models.PCA(5, **options).fit(data, **how)
    kept = [found.components_, found.explained_variance_, found.mean_, found.transform(data)]
    return {"parameters": [*map(value, found.params), *kept]}


def embedding(models, dtype, how, *, method, **options):
    """Embed, in steps so small that last bits don't grow: with a large rate, exaggeration is chaotic."""
    chance = np.random.RandomState(1)
    options |= {"perplexity": 10, "learning_rate": 0.3, "max_iter": 100, "exaggeration_iter": 40}
    sne = getattr(models, method)(random_state=chance, dtype=dtype, **options)
    sne.fit_transform(CLOUDS, **how)
    costs = [np.array([*sne.costs, sne.kl_divergence_])]
    return {"parameters": [sne.embedding_], "costs": costs, "draws": [chance.random_sample(8)]}


@dataclass(frozen=True)
class Case:
    """A row of the matrix: what is run, ``run(models, dtype, how, **options)``, and on which twins."""

    run: object
    options: dict = field(default_factory=dict)
    twins: tuple = ("numpy", "torch")

    def __call__(self, models, dtype, how):
        return self.run(models, dtype, how, **self.options)


NUMPY_ONLY = ("numpy",)
SQUARES = {"cost": "squared_error", "cost_scale": "batch"}
RELU = {"hidden": "relu", "output": "relu", "fit": SQUARES | {"learning_rate": 0.01}}
LINEAR = {"hidden": "linear", "output": "linear", "fit": SQUARES | {"learning_rate": 0.01}}
DENOISING = {"of": "AutoEncoder", "corruption": masking(0.3), "fit": {"learning_rate": 0.2}}
CASES = {
    "AutoEncoder": Case(autoencoder, {"fit": {}}),
    "AutoEncoder, squared error": Case(autoencoder, {"fit": SQUARES}),
    "AutoEncoder, masking": Case(autoencoder, {"fit": {"cost_scale": "element"}, "corruption": masking(0.3)}),
    "AutoEncoder, linear": Case(autoencoder, LINEAR),
    "AutoEncoder, relu": Case(autoencoder, RELU),
    "RBM, CD-1": Case(rbm, {"seed": 86}),
    "RBM, CD-3": Case(rbm, {"seed": 17, "k": 3}),
    "RBM, persistent": Case(rbm, {"seed": 304, "persistent": True}),
    "RBM, persistent, 7 chains": Case(rbm, {"seed": 233, "persistent": True, "n_chains": 7}),
    "DBN of denoising AutoEncoders": Case(dbn, DENOISING, NUMPY_ONLY),
    "DBN of RBMs": Case(dbn, {"of": "RBM", "seed": 59, "fit": {"mu": 0.5}}, NUMPY_ONLY),
    "DNN pretrained by AutoEncoders": Case(dnn),
    "DNN pretrained by RBMs": Case(dnn, {"of": "RBM", "seed": 59}),
    "DNN not pretrained": Case(dnn, {"pretrain": False}),
    "DNN with reg": Case(dnn, {"pretrain": False, "reg": 0.001}),
    "DNN, head only": Case(dnn, {"train_head_only": True}),
    "input gradient": Case(attack, {"name": "input_gradient"}),
    "fast gradient sign": Case(attack, {"name": "fast_gradient_sign", "epsilon": 0.1}),
    "PCA": Case(pca, twins=NUMPY_ONLY),
    "PCA, whitened": Case(pca, {"whiten": True}, NUMPY_ONLY),
    "SymmetricSNE": Case(embedding, {"method": "SymmetricSNE"}, NUMPY_ONLY),
    "TSNE": Case(embedding, {"method": "TSNE"}, NUMPY_ONLY),
    "TSNE from noise": Case(embedding, {"method": "TSNE", "init": "random"}, NUMPY_ONLY),
}


@functools.cache
def twin(case, name, dtype):
    """Run a case on a twin, once."""
    return CASES[case](side(name), dtype, {})


@functools.cache
def symbolic(case, backend, dtype):
    """Run a case by PyTensor, once."""
    return CASES[case](side("symbolic"), dtype, {"backend": backend})


def differences(a, b):
    """Return the largest difference of each kind between two runs; other shapes or dtypes are an error."""
    assert a.keys() == b.keys()
    return {kind: max_difference(a[kind], b[kind]) for kind in a}


def max_difference(some, others):
    assert [(a.shape, a.dtype) for a in some] == [(b.shape, b.dtype) for b in others]
    each = [abs(a.astype(float) - b).max(initial=0) for a, b in zip(some, others, strict=True)]
    return float(np.max(each, initial=0))  # NaN where there is one


def margin(case):
    """Return the smallest distance of a uniform from the probability that it is compared with, in float64."""
    distances = []

    class Watched(eager.RBM):
        def _draw(self, u, p):
            distances.append(abs(u - p).min())
            return super()._draw(u, p)

    models = Side(eager, eager)
    models.RBM = Watched
    CASES[case](models, "float64", {})
    return min(distances)
