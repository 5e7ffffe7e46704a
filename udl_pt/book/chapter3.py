"""Chapter 3's main program, "TRY BOTH": a deep network with greedy pretraining, and one without."""

from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from udl_pt.book import _listing, _shared
from udl_pt.book._chapter3_codes import deep_codes, linear_codes, noisy_codes, vanishing_gradient
from udl_pt.book._shared import (
    BY_AUTOENCODERS,
    FINE_TUNING,
    Candidate,
    Settings,
    Stopwatch,
    counted,
    percent,
)
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
    against 60. `Settings.epochs` replaces those of fine-tuning.

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
    small = len(data.X) < _shared.SMALL
    pretrain_epochs = 5 if small else 1
    epochs = {PRETRAINED: 15, PLAIN: 60} if small else dict(BOOK)
    if settings.epochs is not None:
        epochs = dict.fromkeys(epochs, settings.epochs)
    networks = [  # checked before any is trained
        Candidate(
            PRETRAINED,
            DNN(settings.sizes, **settings.made()),
            epochs[PRETRAINED],
            pretrain_epochs,
            BY_AUTOENCODERS,
        ),
        Candidate(PLAIN, DNN(settings.sizes, **settings.made()), epochs[PLAIN]),
    ]

    settings.say(f"an auto-encoder with {settings.sizes[0]} hidden units, epochs: {pretrain_epochs}")
    watch = Stopwatch()
    ae = AutoEncoder(settings.sizes[0], **settings.made())
    ae.fit(
        data.X,
        epochs=pretrain_epochs,
        **BY_AUTOENCODERS,
        backend=settings.backend,
        callbacks=[*settings.callbacks, watch],
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
    K = int(data.Y.max()) + 1
    confusion = confusion_matrix(data.Ytest, networks[0].dnn.predict(data.Xtest), labels=range(K))
    return Section(
        title="Chapter 3: auto-encoders and deep networks",
        sentences=_sentences(data, settings, networks),
        table=_shared.comparison_table(networks),
        pictures=_pictures(data, ae, confusion, results)
        + [p for pictures, _ in shown.values() for p in pictures],
        results={
            **results,
            **{name: kept for name, (_, kept) in shown.items()},
            "pretraining": {**BY_AUTOENCODERS, "cost_scale": "dataset"},
            "pretrain_epochs": pretrain_epochs,
            "auto_encoder_costs": ae.costs,
            "pretraining_costs": [layer.costs for layer in networks[0].dnn.hidden_layers],
            "confusion": confusion.tolist(),
        },
    )


def _sentences(data: Dataset, settings: Settings, networks: list[Candidate]) -> list[str]:
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
    if few := _shared.few_steps(data):
        chosen += (
            f"{few} The fewer the images, the longer the layers' steps: the book divides the cost of a batch "
            "by the number of all images."
        )
    chosen += (
        " In the table, epochs are layers × epochs of pretraining + epochs of fine-tuning. Seconds include "
        "measuring and compiling; the second network reuses much of the compiled code."
    )
    return [
        f"Two networks of the same shape, {_shared.shape_of(data, settings)}, learn to tell digits apart. "
        "In one of them each layer was first an auto-encoder. Without seeing a label, it learned to "
        "reconstruct the output of the layer below. The other starts from random weights.",
        chosen,
        f"After {counted(pretrained.epochs)} of fine-tuning the pretrained network errs on "
        f"{percent(pretrained.dnn.errors[-1])} of the {len(data.Ytest):,} test images; the "
        f"other, after {counted(plain.epochs)}, on {percent(plain.dnn.errors[-1])}.",
    ]


def _pictures(
    data: Dataset, ae: AutoEncoder, confusion: np.ndarray, results: dict[str, Any]
) -> list[Picture | Table]:
    first = _shared.first_of_each(data)
    K = len(confusion)
    return [
        Picture(
            "errors",
            plot_errors(results["errors"], "Test error of both networks"),
            _said_of_errors(data, results["errors"]),
        ),
        Picture(
            "costs",
            plot_costs(
                results["costs"],
                "Test cost of both networks",
                "mean negative log-likelihood (nats)",
                "epoch of fine-tuning",
            ),
            f"The same for the cost that training minimises, measured on the test images. Guessing among {K} "
            f"digits costs {np.log(K):.2f} nats.",
        ),
        Picture(
            "reconstructions",
            plot_reconstructions(
                data.Xtest[first],
                ae.forward_output(data.Xtest[first]),
                [str(data.Ytest[i]) for i in first],
                "Test digits, reconstructed by the first auto-encoder",
            ),
            f"One test digit of each kind, and what {ae.M} hidden units keep of it. The auto-encoder, "
            "trained as the first layer is before fine-tuning, never saw these images.",
        ),
        Picture(
            "filters",
            plot_filters(ae.W.get_value(), title="What the units of the first layer look for"),
            f"The weights of the first {min(100, ae.M)} hidden units of that auto-encoder: inside, "
            "strokes that switch a unit on (blue) or off (red). The rim is red because the weights are "
            "tied: a unit that is on also has to keep the pixels white that no digit reaches.",
        ),
        Picture(
            "confusion",
            plot_confusion(confusion, "Which digits the pretrained network takes for which"),
            _said_of_confusion(confusion),
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


def _said_of_confusion(confusion: np.ndarray) -> str:
    mistakes = confusion * (1 - np.eye(len(confusion), dtype=int))
    true, taken = np.unravel_index(mistakes.argmax(), mistakes.shape)
    most = f"No mistake is more frequent than a {true} taken for {taken} (count: {mistakes.max()})."
    return f"Right answers are on the diagonal. {most if mistakes.any() else 'There are no mistakes.'}"
