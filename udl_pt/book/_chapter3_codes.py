"""Further statements of chapter 3, measured: denoising, PCA again, vanishing gradients, deep codes."""

from typing import Any

import numpy as np
import scipy.linalg
from sklearn.neighbors import KNeighborsClassifier

from udl_pt.book._columns import of_units
from udl_pt.book._map_widgets import map_widget
from udl_pt.book._shared import GENTLE, Settings, epochs_for, percent
from udl_pt.book._widgets import Widget
from udl_pt.book._words import for_matplotlib, names_of, words_of
from udl_pt.book.report import Picture, Table
from udl_pt.datasets import Dataset
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.deep_autoencoder import DeepAutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.models.pca import PCA
from udl_pt.plots import plot_embeddings, plot_filters, plot_updates
from udl_pt.symbolic.corruption import masking
from udl_pt.training.schedules import LinearDecay
from udl_pt.training.update_sizes import UpdateSizes

__all__ = ["deep_codes", "linear_codes", "noisy_codes", "vanishing_gradient"]

Shown = tuple[list[Picture | Widget | Table], dict[str, Any]]  # and what is kept of it in results.json

OVERCOMPLETE = 1000  # hidden units, more than digits have pixels
MASKED = 0.5
HEAD: dict[str, Any] = {"learning_rate": 0.1, "mu": 0.9, "batch_sz": 100}

LINEAR, LINEAR_ROWS = 10, 500  # units, and images
STEPS: dict[str, Any] = {"mu": 0.95, "epochs": 600}  # the rate: a tenth of one over the largest variance

DEEP = [200] * 5  # layers between which a gradient can vanish
STILL: dict[str, Any] = {"learning_rate": 0.5, "mu": 0.0, "batch_sz": 100}  # a step is its gradient alone

MOST_STEPS = 500  # of those that the page shows

PLANE = [500, 250, 2]  # layers down to a code in the plane
PLANE_CODE: dict[str, Any] = {**GENTLE, "learning_rate": 0.005}
PLANE_TUNING: dict[str, Any] = {"learning_rate": 0.01, "mu": 0.95, "batch_sz": 50}
NEIGHBOURS = 5
SHOWN = 2000  # points in the maps


def vanishing_gradient(data: Dataset, settings: Settings) -> Shown:
    """Measure how far steps move each layer's weights in a deep network, with and without pretraining.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    shown : list of Picture, Widget or Table
    results : dict
        Measurements for `results.json`.
    """
    looks = {}
    for name, pretrain_epochs in (("pretrained", epochs_for(data, settings, 5, 1)), ("not pretrained", 0)):
        settings.say(f"DNN({DEEP}), {name}: how far a step moves each layer")
        dnn = DNN(DEEP, **settings.made())
        watch = UpdateSizes(dnn)
        dnn.fit(
            data.X,
            data.Y,
            data.Xtest,
            data.Ytest,
            pretrain=pretrain_epochs > 0,
            pretrain_epochs=pretrain_epochs,
            pretrain_options=GENTLE,
            epochs=epochs_for(data, settings, 10, 1),
            **STILL,
            monitor=None,
            **settings.fitting(watch),
        )
        looks[name] = np.array(watch.sizes)
    layers = [f"layer {number}" for number in range(1, len(DEEP) + 1)] + ["logistic layer"]
    sizes = {name: np.median(seen, axis=0) for name, seen in looks.items()}
    said = " and ".join(
        f"{of_layers[1] / of_layers[len(DEEP) - 1]:.1g} times as far if {name}"
        for name, of_layers in sizes.items()
    )
    picture = Picture(
        "updates",
        plot_updates(looks, layers, "How far a step moves the weights of each layer"),
        "The vanishing gradient, the book's motive for pretraining. Two networks of "
        f"{len(DEEP)} layers of {DEEP[0]} units learn the labels, without momentum, so that a step is the "
        "gradient alone. Without pretraining, each layer makes the gradient smaller on its way down. The "
        f"median step moves a weight of layer 2, compared with one of layer {len(DEEP)}, {said}."
        + (" (Layer 1 has weights of black pixels, which do not move.)" if data.ink else ""),
    )
    return [_steps(picture, looks, layers)], {
        "layers": DEEP,
        **STILL,
        "updates": {name: of_layers.tolist() for name, of_layers in sizes.items()},
    }


def _steps(picture: Picture, looks: dict[str, np.ndarray], layers: list[str]) -> Widget:
    """Return the layers' updates step by step, in place of their picture."""
    N = len(next(iter(looks.values())))
    every = -(-N // MOST_STEPS)
    steps = np.arange(N, dtype=np.int32)[::every] + np.int32(1)
    networks = [{"name": name, "sizes": sizes[::every].astype(np.float32)} for name, sizes in looks.items()]
    return Widget(
        picture.name, "gradients", {"networks": networks, "layers": layers, "steps": steps}, picture
    )


def noisy_codes(data: Dataset, settings: Settings) -> Shown:
    """Compare overcomplete codes that are learned from clean images with those learned from masked ones.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    shown : list of Picture, Widget or Table
    results : dict
        Measurements for `results.json`.
    """
    w, epochs = words_of(data), epochs_for(data, settings, 20, 2)
    table = [["hidden units' training", "cost of labels (nats)", "test error"]]
    results: dict[str, Any] = {"hidden": OVERCOMPLETE, "masked": MASKED}
    for name, corruption in (
        (f"clean {w.feature}s", None),
        (f"{MASKED:.0%} of the {w.feature}s masked", masking(MASKED)),
    ):
        settings.say(f"an auto-encoder with {OVERCOMPLETE} hidden units, {name}")
        dnn = DNN([OVERCOMPLETE], corruption=corruption, **settings.made())
        dnn.fit(
            data.X,
            data.Y,
            data.Xtest,
            data.Ytest,
            pretrain_epochs=epochs,
            pretrain_options=GENTLE,
            train_head_only=True,
            epochs=epochs,
            **HEAD,
            **settings.fitting(),
        )
        table.append([name, f"{dnn.costs[-1]:.3f}", percent(dnn.errors[-1])])
        results[name] = {"costs": dnn.costs, "errors": dnn.errors}
    D = data.X.shape[1]
    code = f"A code of {OVERCOMPLETE} units for {D} {w.feature}s could simply copy them. "
    if D > OVERCOMPLETE:
        code = f"A code of {OVERCOMPLETE} units has to leave out some of {D} {w.feature}s. "
    shown: list[Picture | Widget | Table] = [
        Table(
            table,
            f"{code}To reconstruct clean {w.item}s from masked ones, it has to learn which {w.feature}s go "
            f"together. A logistic regression on its codes of clean {w.sample}s errs on {table[2][2]} of the "
            f"test {w.item}s and costs {table[2][1]} nats per label. On codes that were learned from clean "
            f"{w.feature}s it errs on {table[1][2]} and costs {table[1][1]}.",
        )
    ]
    if data.image_shape is not None:
        title = "Filters of the denoising auto-encoder"
        W = dnn.hidden_layers[0].W.get_value()
        said = "The first units of the denoising auto-encoder."
        if w.are_digits:
            said += (
                " Some look for a stroke, a gap or a whole digit. There are many units and little training, "
                "so most have only found where digits are, and where pixels stay black."
            )
        filters = plot_filters(W, title=title, image_shape=data.image_shape)
        shown.append(Picture("filters_denoising", filters, said, of_units(W)))
    return shown, results


def linear_codes(data: Dataset, settings: Settings) -> Shown:
    """Train a linear auto-encoder to find the subspace of the principal components.

    Parameters
    ----------
    data : Dataset
        Training images; the first 500 are used, in float64.
    settings : Settings
        Backend, seed and callbacks.

    Returns
    -------
    shown : list of Picture, Widget or Table
    results : dict
        Measurements for `results.json`.
    """
    X = np.asarray(data.X[:LINEAR_ROWS], float)
    X = X - X.mean(axis=0)
    M = min(LINEAR, X.shape[1] - 1)
    settings.say(f"a linear auto-encoder with {M} hidden units")
    pca = PCA(M).fit(X, backend=settings.backend)
    ae = AutoEncoder(M, hidden="linear", output="linear", random_state=settings.seed, dtype="float64")
    ae.fit(
        X,
        learning_rate=0.1 / float(pca.explained_variance_[0]),
        **STEPS,
        batch_sz=len(X),
        cost="squared_error",
        cost_scale="batch",
        monitor=None,
        **settings.fitting(),
    )
    angle = float(scipy.linalg.subspace_angles(ae.W.get_value(), pca.components_.T).max())
    rebuilt = float(((X - ae.forward_output(X)) ** 2).sum() / len(X))
    expected, sample = pca.reconstruction_error(X), words_of(data).sample
    table = [
        ["method", f"squared error of {'a row' if sample == 'row' else 'an image'}"],
        ["linear auto-encoder", f"{rebuilt:.4f}"],
        [f"PCA, {M} components", f"{expected:.4f}"],
    ]
    said = (
        f"As the book says, an auto-encoder of {M} units with tied weights and without sigmoids finds "
        f"the subspace of PCA. After {STEPS['epochs']} steps on {len(X):,} centred {sample}s, the largest "
        f"angle between its weights' subspace and that of the first {M} components is {angle:.1g} radians."
    )
    return [Table(table, said)], {"angle": angle, "squared_error": rebuilt, "of_pca": expected}


def deep_codes(data: Dataset, settings: Settings) -> Shown:
    """Encode the test digits in the plane by a deep auto-encoder, and by two principal components.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    shown : list of Picture, Widget or Table
    results : dict
        Measurements for `results.json`.
    """
    w = words_of(data)
    settings.say(f"a deep auto-encoder, layers {PLANE}")
    deep = DeepAutoEncoder(PLANE, **settings.made()).fit(
        data.X,
        pretrain_epochs=epochs_for(data, settings, 5, 1),
        pretrain_options=[GENTLE] * (len(PLANE) - 1) + [PLANE_CODE],
        epochs=epochs_for(data, settings, 12, 3),
        **PLANE_TUNING,
        **settings.fitting(LinearDecay()),
    )
    pca = PCA(PLANE[-1]).fit(data.X, backend=settings.backend)
    names = ("two principal components", "deep auto-encoder")
    errors = [model.reconstruction_error(data.Xtest) for model in (pca, deep)]
    trained = pca.transform(data.X), deep.encode(data.X)
    maps = pca.transform(data.Xtest), deep.encode(data.Xtest)
    votes = [
        float(1 - KNeighborsClassifier(NEIGHBOURS).fit(Z, data.Y).score(Ztest, data.Ytest))
        for Z, Ztest in zip(trained, maps, strict=True)
    ]
    shape = " - ".join(map(str, (data.X.shape[1], *PLANE)))
    first = f"The first {SHOWN:,}" if len(data.Xtest) > SHOWN else "The"
    said = (
        f"{first} test {w.item}s in the plane. A deep auto-encoder, {shape} and back, was pretrained layer "
        "by layer, unrolled and fine-tuned without a label. It reconstructs a test "
        f"{w.sample} with a squared error of {errors[1]:.1f}, two principal components with "
        f"{errors[0]:.1f}. A vote of the {NEIGHBOURS} nearest training {w.sample}s in the plane "
        f"misclassifies {percent(votes[1])} of the test {w.item}s. In the plane of the components it "
        f"misclassifies {percent(votes[0])}."
    )
    X, Y = data.Xtest[:SHOWN], data.Ytest[:SHOWN]
    maps_by_name = {name: Z[:SHOWN] for name, Z in zip(names, maps, strict=True)}
    labels = names_of(data, range(len(data.label_names)))
    figure = plot_embeddings(maps_by_name, Y, names=for_matplotlib(labels))
    picture = Picture("deep_codes", figure, said)
    return [map_widget(picture, maps_by_name, X, Y, labels, data)], {
        "layers": PLANE,
        "costs": deep.costs,
        "squared_errors": dict(zip(names, errors, strict=True)),
        "neighbours_errors": dict(zip(names, votes, strict=True)),
    }
