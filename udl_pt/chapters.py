"""The book's programs, chapter by chapter: each function runs one and returns its section of the report."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from udl_pt.autoencoder import AutoEncoder
from udl_pt.datasets import Dataset
from udl_pt.dnn import DNN
from udl_pt.plots import plot_confusion, plot_costs, plot_errors, plot_filters, plot_reconstructions
from udl_pt.report import Picture, Section
from udl_pt.training import Progress

__all__ = ["CHAPTERS", "Settings", "chapter3"]

PRETRAINED, PLAIN = "pretrained", "not pretrained"
SMALL = 20_000  # training rows; below, the book's few epochs are too few steps to show anything


@dataclass
class Settings:
    """What a chapter's program is run with.

    Attributes
    ----------
    sizes : sequence of int
        Hidden units of each layer.
    epochs : int or None
        Epochs of fine-tuning of every run; None is the chapter's own choice.
    backend, dtype, seed
        See `DNN`.
    callbacks : sequence of callable
        Handed to each ``fit``.
    say : callable
        Called with a line on what comes next.
    """

    sizes: Sequence[int] = (1000, 750, 500)
    epochs: int | None = None
    backend: str | None = None
    dtype: str = "float32"
    seed: int = 0
    callbacks: Sequence[Callable[[Progress], Any]] = ()
    say: Callable[[str], None] = lambda line: None


def chapter3(data: Dataset, settings: Settings) -> Section:
    """Chapter 3's main program, "TRY BOTH": a deep network with greedy pretraining, and one without.

    Parameters
    ----------
    data : Dataset
        Training and test images.
    settings : Settings
        Sizes, epochs, backend, dtype and seed.

    Returns
    -------
    Section
        On at least `SMALL` training rows the book's own epochs: 1 of pretraining and 3, against 10. On
        fewer rows an epoch has fewer steps, so there are more: 5 and 15, against 60.
    """
    small = len(data.X) < SMALL
    pretrain_epochs = 5 if small else 1
    epochs = {PRETRAINED: 15, PLAIN: 60} if small else {PRETRAINED: 3, PLAIN: 10}
    if settings.epochs is not None:
        epochs = dict.fromkeys(epochs, settings.epochs)
    common: dict[str, Any] = {"backend": settings.backend, "callbacks": settings.callbacks}
    made: dict[str, Any] = {"random_state": settings.seed, "dtype": settings.dtype}

    settings.say(f"an auto-encoder with {settings.sizes[0]} hidden units, epochs: {pretrain_epochs}")
    start = time.perf_counter()
    ae = AutoEncoder(settings.sizes[0], **made).fit(data.X, epochs=pretrain_epochs, **common)
    seconds = {"auto-encoder": time.perf_counter() - start}

    networks = {}
    for name, n in epochs.items():
        pretrain = name == PRETRAINED
        before = f"each layer {pretrain_epochs}, then " if pretrain else ""
        settings.say(f"DNN({list(settings.sizes)}), {name}, epochs: {before}{n}")
        start = time.perf_counter()
        networks[name] = DNN(settings.sizes, **made).fit(
            *data, pretrain=pretrain, pretrain_epochs=pretrain_epochs, epochs=n, **common
        )
        seconds[name] = time.perf_counter() - start
    return _section3(data, settings, pretrain_epochs, epochs, ae, networks, seconds)


def _section3(
    data: Dataset,
    settings: Settings,
    pretrain_epochs: int,
    epochs: dict[str, int],
    ae: AutoEncoder,
    networks: dict[str, DNN],
    seconds: dict[str, float],
) -> Section:
    errors = {name: dnn.errors for name, dnn in networks.items()}
    costs = {name: dnn.costs for name, dnn in networks.items()}
    last = {name: curve[-1] for name, curve in errors.items()}
    confusion = confusion_matrix(data.Ytest, networks[PRETRAINED].predict(data.Xtest))
    mistakes = confusion * (1 - np.eye(len(confusion), dtype=int))
    true, taken = np.unravel_index(mistakes.argmax(), mistakes.shape)
    first = [int(np.flatnonzero(data.Ytest == digit)[0]) for digit in range(len(confusion))]
    table = [["network", "epochs", "test error", "test cost (nats)", "seconds"]]
    for name, n in epochs.items():
        said = f"{len(settings.sizes)} x {pretrain_epochs} + {n}" if name == PRETRAINED else str(n)
        row = [f"{100 * last[name]:.2f}%", f"{costs[name][-1]:.3f}", f"{seconds[name]:.1f}"]
        table.append([name, said, *row])
    return Section(
        title="Chapter 3: auto-encoders and deep networks",
        sentences=[
            f"Two networks of the same shape, {' - '.join(map(str, (data.X.shape[1], *settings.sizes)))} - "
            f"{len(confusion)}, learn to tell digits apart. In one of them each layer was first an "
            "auto-encoder that learned to rebuild what the layer below gives it, without seeing a label; "
            "the other starts from random weights.",
            f"After {epochs[PRETRAINED]} epochs the pretrained network errs on "
            f"{100 * last[PRETRAINED]:.2f}% of the {len(data.Ytest):,} test images; the other, after "
            f"{epochs[PLAIN]}, on "
            f"{100 * last[PLAIN]:.2f}%. Seconds include compiling and measuring.",
        ],
        table=table,
        pictures=[
            Picture(
                "errors",
                plot_errors(errors, "Test error of both networks"),
                "The pretrained network starts lower; the other first has to leave the plateau on which it "
                "guesses one digit for everything.",
            ),
            Picture(
                "costs",
                plot_costs(costs, "Test cost of both networks", "mean negative log-likelihood (nats)"),
                "The same in the cost that training makes small. Guessing among ten digits costs 2.30 nats.",
            ),
            Picture(
                "reconstructions",
                plot_reconstructions(
                    data.Xtest[first],
                    ae.forward_output(data.Xtest[first]),
                    [str(data.Ytest[i]) for i in first],
                    "Test digits, rebuilt by the first auto-encoder",
                ),
                f"One test digit of each kind, and what {ae.M} hidden units keep of it: strokes survive, "
                "though the auto-encoder never saw these images.",
            ),
            Picture(
                "filters",
                plot_filters(ae.W.get_value(), title="What the units of the first layer look for"),
                "The weights of the first 100 hidden units of that auto-encoder: inside, strokes that "
                "switch a unit on (blue) or off (red). The rim is red because the weights are tied: a unit "
                "that is on also has to keep the pixels white that no digit reaches.",
            ),
            Picture(
                "confusion",
                plot_confusion(confusion, "Which digits the pretrained network takes for which"),
                f"Right answers are on the diagonal. The most frequent mistake is a {true} taken for a "
                f"{taken}: {mistakes.max()} times.",
            ),
        ],
        results={
            "sizes": list(settings.sizes),
            "pretrain_epochs": pretrain_epochs,
            "epochs": epochs,
            "errors": errors,
            "costs": costs,
            "auto_encoder_costs": ae.costs,
            "pretraining_costs": [layer.costs for layer in networks[PRETRAINED].hidden_layers],
            "confusion": confusion.tolist(),
            "seconds": {name: round(value, 2) for name, value in seconds.items()},
        },
    )


CHAPTERS: dict[str, Callable[[Dataset, Settings], Section]] = {"3": chapter3}
