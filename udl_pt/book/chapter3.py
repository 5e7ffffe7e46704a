"""Chapter 3's main program, "TRY BOTH": a deep network with greedy pretraining, and one without."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from udl_pt.book import _listing, _shared
from udl_pt.book._chapter3_codes import deep_codes, linear_codes, noisy_codes, vanishing_gradient
from udl_pt.book._columns import of_confusion, of_images, of_units
from udl_pt.book._play import auto_encoders, has_grey_images, in_place, rebuilding
from udl_pt.book._shared import (
    BY_AUTOENCODERS,
    FINE_TUNING,
    Candidate,
    Settings,
    Stopwatch,
    counted,
    epochs_for,
    layers_options,
    percent,
)
from udl_pt.book._widgets import Widget, curves
from udl_pt.book._words import Words, drawn, for_matplotlib, names_of, on_in_filters, words_of
from udl_pt.book.report import Picture, Section, Table
from udl_pt.datasets import Dataset
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.plots import plot_confusion, plot_costs, plot_errors, plot_filters, plot_reconstructions

__all__ = ["section"]

PRETRAINED, PLAIN = "pretrained", "not pretrained"
BOOK = {PRETRAINED: 3, PLAIN: 10}  # epochs


def section(data: Dataset, settings: Settings) -> Section:
    """Run chapter 3's main program: train a deep network with greedy pretraining, and one without.

    Then measure the chapter's statements on vanishing gradients, denoising, linear and deep auto-encoders.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Sizes, epochs, backend, dtype, seed and callbacks.

    Returns
    -------
    Section

    Notes
    -----
    On at least 20,000 training rows the epochs are the book's: 1 of pretraining and 3 of fine-tuning, against
    10 without pretraining. On fewer rows an epoch has fewer steps, so there are more epochs: 5 and 15,
    against 60, times `Settings.longer`. `Settings.epochs` replaces those of fine-tuning.

    Examples
    --------
    >>> from udl_pt.book import Settings, chapter3
    >>> from udl_pt.datasets import load_mnist_subset
    >>> data = load_mnist_subset()
    >>> settings = Settings(sizes=[300, 100], epochs=5)
    >>> section = chapter3.section(data, settings)  # doctest: +SKIP
    >>> list(section.results["errors"])  # doctest: +SKIP
    ['pretrained', 'not pretrained']
    """
    pretrain_epochs, layers = epochs_for(data, settings, 5, 1), layers_options(data)
    few = {PRETRAINED: 15, PLAIN: 60}
    epochs = {name: epochs_for(data, settings, few[name], BOOK[name]) for name in BOOK}
    if settings.epochs is not None:
        epochs = dict.fromkeys(epochs, settings.epochs)
    networks = [  # checked before any is trained
        Candidate(
            PRETRAINED,
            DNN(settings.sizes, **settings.made()),
            epochs[PRETRAINED],
            pretrain_epochs,
            layers,
        ),
        Candidate(PLAIN, DNN(settings.sizes, **settings.made()), epochs[PLAIN]),
    ]

    settings.say(f"an auto-encoder with {settings.sizes[0]} hidden units, epochs: {pretrain_epochs}")
    watch = Stopwatch()
    ae = AutoEncoder(settings.sizes[0], **settings.made())
    ae.fit(
        data.X,
        epochs=pretrain_epochs,
        **layers,
        **settings.fitting(watch),
    )
    _shared.train_all(data, settings, networks)

    results = _shared.measured(settings, networks)
    results["seconds"] = {"auto-encoder": {"whole": watch.seconds()["whole"]}, **results["seconds"]}
    shown = {
        "vanishing_gradient": vanishing_gradient(data, settings),
        "noisy_codes": noisy_codes(data, settings),
        "linear_codes": linear_codes(data, settings),
        "deep_codes": deep_codes(data, settings),
    }
    if settings.listing is not None:
        shown["listing"] = _listing.beside("3", data, settings)
    K, w = int(data.Y.max()) + 1, words_of(data)
    confusion = confusion_matrix(data.Ytest, networks[0].dnn.predict(data.Xtest), labels=range(K))
    pictures = _pictures(data, ae, confusion, results, w)
    if has_grey_images(data):
        models = auto_encoders(data, settings)
        pictures = in_place(pictures, "reconstructions", lambda p: rebuilding(p, models, data))
    return Section(
        title="Chapter 3: auto-encoders and deep networks",
        sentences=_sentences(data, settings, networks, w),
        table=_shared.comparison_table(networks),
        pictures=pictures + [p for pictures, _ in shown.values() for p in pictures],
        results={
            **results,
            **{name: kept for name, (_, kept) in shown.items()},
            "pretraining": {**layers, "cost_scale": "dataset"},
            "pretrain_epochs": pretrain_epochs,
            "auto_encoder_costs": ae.costs,
            "pretraining_costs": [layer.costs for layer in networks[0].dnn.hidden_layers],
            "confusion": confusion.tolist(),
        },
    )


def _sentences(data: Dataset, settings: Settings, networks: list[Candidate], w: Words) -> list[str]:
    pretrained, plain = networks
    rates = (
        f"Learning rates and momentum are the book's ({BY_AUTOENCODERS['learning_rate']} and "
        f"{BY_AUTOENCODERS['mu']} for the layers, {FINE_TUNING['learning_rate']} and {FINE_TUNING['mu']} for "
        f"fine-tuning, batches of {FINE_TUNING['batch_sz']})"
    )
    if (pretrained.pretrain_epochs, pretrained.epochs, plain.epochs) == (1, *BOOK.values()):
        chosen = f"{rates}, and so are the epochs."
    else:
        chosen = (
            f"{rates}. The epochs are not: on all of MNIST the book takes 1 for each layer and "
            f"{BOOK[PRETRAINED]} of fine-tuning, against {BOOK[PLAIN]} without pretraining."
        )
    rate = pretrained.pretraining["learning_rate"]
    if rate != BY_AUTOENCODERS["learning_rate"]:
        chosen += (
            f"{_shared.few_steps(data)} The layers' rate is an exception, {rate:g}: the book divides the "
            f"cost of a batch by the number of all {w.sample}s, and these are few."
        )
    elif few := _shared.few_steps(data):
        chosen += (
            f"{few} The fewer the {w.sample}s, the longer the layers' steps: the book divides the cost of a "
            f"batch by the number of all {w.sample}s."
        )
    chosen += (
        " In the table, epochs are layers × epochs of pretraining + epochs of fine-tuning. Seconds include "
        "measuring and compiling; the second network reuses much of the compiled code."
    )
    return [
        f"Two networks of the same shape, {_shared.shape_of(data, settings)}, learn to tell "
        f"{w.apart(int(data.Y.max()) + 1)} apart. In one of them each layer was first an auto-encoder. "
        "Without seeing a label, it learned to reconstruct the output of the layer below. The other starts "
        "from random weights.",
        chosen,
        f"After {counted(pretrained.epochs)} of fine-tuning the pretrained network errs on "
        f"{percent(pretrained.dnn.errors[-1])} of the {len(data.Ytest):,} test {w.sample}s; the "
        f"other, after {counted(plain.epochs)}, on {percent(plain.dnn.errors[-1])}.",
    ]


def _pictures(
    data: Dataset, ae: AutoEncoder, confusion: np.ndarray, results: dict[str, Any], w: Words
) -> list[Picture | Widget | Table]:
    K = len(confusion)
    which = "Which digits" if w.are_digits else "Which classes"
    return [
        curves(
            Picture(
                "errors",
                plot_errors(results["errors"], "Test error of both networks"),
                _said_of_errors(data, results["errors"]),
            )
        ),
        curves(
            Picture(
                "costs",
                plot_costs(
                    results["costs"],
                    "Test cost of both networks",
                    "mean negative log-likelihood (nats)",
                    "epoch of fine-tuning",
                ),
                f"The same for the cost that training minimises, measured on the test {w.sample}s. Guessing "
                f"among {K} {w.kinds} costs {np.log(K):.2f} nats.",
            )
        ),
        *_of_images(data, ae, w),
        Picture(
            "confusion",
            plot_confusion(
                confusion,
                f"{which} the pretrained network takes for which",
                for_matplotlib(names_of(data, range(K))),
                w.kind,
            ),
            _said_of_confusion(confusion, data.label_names, w),
            of_confusion(confusion, data.label_names, w.kind),
        ),
    ]


def _of_images(data: Dataset, ae: AutoEncoder, w: Words) -> list[Picture | Table]:
    """Show what the auto-encoder makes of images; of a table, how far its reconstructions are off."""
    if data.image_shape is None:
        off = np.sqrt(((data.Xtest - ae.forward_output(data.Xtest)) ** 2).mean())
        mean = np.sqrt(((data.Xtest - data.X.mean(axis=0)) ** 2).mean())
        rows = [["reconstruction", "root mean squared error"]]
        rows += [["by the auto-encoder", f"{off:.4f}"], ["by the training rows' mean", f"{mean:.4f}"]]
        return [
            Table(
                rows,
                f"What {ae.M} hidden units keep of a test row. The auto-encoder, trained as the first layer "
                "is before fine-tuning, never saw these rows.",
            )
        ]
    first = _shared.first_of_each(data)
    units = f"The weights of the first {min(100, ae.M)} hidden units of that auto-encoder"
    said = f"{units}: {on_in_filters(data)}."
    if w.are_digits:
        said = (
            f"{units}: inside, {on_in_filters(data)}. The rim is red because the weights are tied: a unit "
            "that is on also has to keep the pixels white that no digit reaches."
        )
    one = f"A test {w.item} of each of {len(first)} classes"
    if w.are_digits:
        one = "One test digit of each kind"
    X, labels = data.Xtest[first], _shared.labels_of(data, first)
    X_hat, W = ae.forward_output(X), ae.W.get_value()
    title = f"Test {w.item}s, reconstructed by the first auto-encoder"
    return [
        Picture(
            "reconstructions",
            plot_reconstructions(X, X_hat, for_matplotlib(labels), title, **drawn(data)),
            f"{one}, and what {ae.M} hidden units keep of it. The auto-encoder, "
            "trained as the first layer is before fine-tuning, never saw these images.",
            of_images({"original": X, "reconstructed": X_hat}, labels),
        ),
        Picture(
            "filters",
            plot_filters(W, title="What the units of the first layer look for", image_shape=data.image_shape),
            said,
            of_units(W),
        ),
    ]


def _said_of_errors(data: Dataset, errors: dict[str, list[float]]) -> str:
    """Describe the curves by their numbers, which fit any sizes and epochs."""
    constant = 1 - np.bincount(data.Ytest).max() / len(data.Ytest)
    reached = next((epoch for epoch, error in enumerate(errors[PLAIN], 1) if error < 0.5), None)
    when = f"takes {reached} to" if reached else f"does not, in {len(errors[PLAIN])},"
    return (
        f"After one epoch of fine-tuning the pretrained network errs on {100 * errors[PRETRAINED][0]:.0f}%. "
        f"The other, at {100 * errors[PLAIN][0]:.0f}% after its first, {when} get below half. "
        f"(Always predicting the same class errs on {100 * constant:.0f}%.)"
    )


def _said_of_confusion(confusion: np.ndarray, names: Sequence[str], w: Words) -> str:
    mistakes = confusion * (1 - np.eye(len(confusion), dtype=int))
    true, taken = (names[label] for label in np.unravel_index(mistakes.argmax(), mistakes.shape))
    mistake = f"{'a ' * w.are_digits}{true} taken for {taken}"
    most = f"No mistake is more frequent than {mistake} (count: {mistakes.max()})."
    return f"Right answers are on the diagonal. {most if mistakes.any() else 'There are no mistakes.'}"
