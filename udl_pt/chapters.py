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
BOOK = {PRETRAINED: 3, PLAIN: 10}  # epochs
PRETRAINING: dict[str, Any] = {"learning_rate": 0.5, "mu": 0.99, "batch_sz": 100}  # the book's, as are these
FINE_TUNING: dict[str, Any] = {"learning_rate": 0.01, "mu": 0.99, "batch_sz": 100}


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
    epochs = {PRETRAINED: 15, PLAIN: 60} if small else dict(BOOK)
    if settings.epochs is not None:
        epochs = dict.fromkeys(epochs, settings.epochs)
    common: dict[str, Any] = {"backend": settings.backend}
    made: dict[str, Any] = {"random_state": settings.seed, "dtype": settings.dtype}
    networks = {name: DNN(settings.sizes, **made) for name in epochs}  # checked before any is trained

    settings.say(f"an auto-encoder with {settings.sizes[0]} hidden units, epochs: {pretrain_epochs}")
    watch = _Stopwatch()
    ae = AutoEncoder(settings.sizes[0], **made)
    ae.fit(data.X, epochs=pretrain_epochs, **PRETRAINING, callbacks=[*settings.callbacks, watch], **common)
    seconds = {"auto-encoder": {"whole": watch.seconds()["whole"]}}

    for name, n in epochs.items():
        before = f"each layer {pretrain_epochs}, then " if name == PRETRAINED else ""
        settings.say(f"DNN({list(settings.sizes)}), {name}, epochs: {before}{n}")
        watch = _Stopwatch()
        networks[name].fit(
            data.X,
            data.Y,
            data.Xtest,
            data.Ytest,
            pretrain=name == PRETRAINED,
            pretrain_epochs=pretrain_epochs,
            pretrain_options=PRETRAINING,
            epochs=n,
            **FINE_TUNING,
            callbacks=[*settings.callbacks, watch],
            **common,
        )
        seconds[name] = watch.seconds()
    return _section3(data, settings, pretrain_epochs, epochs, ae, networks, seconds)


class _Stopwatch:
    """A callback that tells the pretraining's seconds from the fine-tuning's, which is the last stage."""

    def __init__(self) -> None:
        self._ends = [time.perf_counter()] * 2  # of what came before the last stage, and of the last

    def __call__(self, progress: Progress) -> None:
        if progress.epoch == progress.epochs:
            self._ends = [*self._ends, time.perf_counter()]

    def seconds(self) -> dict[str, float]:
        start, *_, before, end = self._ends
        marks = {"pretraining": before - start, "fine-tuning": end - before, "whole": end - start}
        return {stage: round(value, 2) for stage, value in marks.items()}


def _section3(
    data: Dataset,
    settings: Settings,
    pretrain_epochs: int,
    epochs: dict[str, int],
    ae: AutoEncoder,
    networks: dict[str, DNN],
    seconds: dict[str, dict[str, float]],
) -> Section:
    errors = {name: dnn.errors for name, dnn in networks.items()}
    costs = {name: dnn.costs for name, dnn in networks.items()}
    K = int(data.Y.max()) + 1
    confusion = confusion_matrix(data.Ytest, networks[PRETRAINED].predict(data.Xtest), labels=range(K))
    first = [i for digit in range(K) for i in np.flatnonzero(data.Ytest == digit)[:1]]
    return Section(
        title="Chapter 3: auto-encoders and deep networks",
        sentences=_sentences3(data, settings, pretrain_epochs, epochs, errors),
        table=_table3(settings, pretrain_epochs, epochs, errors, costs, seconds),
        pictures=[
            Picture(
                "errors", plot_errors(errors, "Test error of both networks"), _said_of_errors(data, errors)
            ),
            Picture(
                "costs",
                plot_costs(
                    costs,
                    "Test cost of both networks",
                    "mean negative log-likelihood (nats)",
                    "epoch of fine-tuning",
                ),
                "The same in the cost that training makes small, measured on the test images. "
                f"Guessing among {K} digits costs {np.log(K):.2f} nats.",
            ),
            Picture(
                "reconstructions",
                plot_reconstructions(
                    data.Xtest[first],
                    ae.forward_output(data.Xtest[first]),
                    [str(data.Ytest[i]) for i in first],
                    "Test digits, rebuilt by the first auto-encoder",
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
        ],
        results={
            "sizes": list(settings.sizes),
            "pretraining": {**PRETRAINING, "cost_scale": "dataset"},
            "fine_tuning": FINE_TUNING,
            "pretrain_epochs": pretrain_epochs,
            "epochs": epochs,
            "errors": errors,
            "costs": costs,
            "auto_encoder_costs": ae.costs,
            "pretraining_costs": [layer.costs for layer in networks[PRETRAINED].hidden_layers],
            "confusion": confusion.tolist(),
            "seconds": seconds,
        },
    )


def _sentences3(
    data: Dataset,
    settings: Settings,
    pretrain_epochs: int,
    epochs: dict[str, int],
    errors: dict[str, list[float]],
) -> list[str]:
    shape = " - ".join(map(str, (data.X.shape[1], *settings.sizes, int(data.Y.max()) + 1)))
    rates = (
        f"Learning rates and momentum are the book's ({PRETRAINING['learning_rate']} and "
        f"{PRETRAINING['mu']} for the layers, {FINE_TUNING['learning_rate']} and {FINE_TUNING['mu']} for "
        f"fine-tuning, batches of {FINE_TUNING['batch_sz']})"
    )
    if epochs == BOOK and pretrain_epochs == 1:
        chosen = f"{rates}, and so are the epochs."
    else:
        chosen = (
            f"{rates}. The epochs are not: on all of MNIST the book takes 1 for each layer and "
            f"{BOOK[PRETRAINED]} of fine-tuning, against {BOOK[PLAIN]} without pretraining."
        )
    if len(data.X) < SMALL:
        chosen += (
            f" An epoch of these {len(data.X):,} images is only {len(data.X) // FINE_TUNING['batch_sz']} "
            "steps. The layers' steps, though, are longer the fewer the images, as the book divides the "
            "cost of a batch by the number of all images."
        )
    chosen += (
        " In the table, epochs are layers × epochs of pretraining + epochs of fine-tuning; seconds include "
        "measuring, and compiling, of which the second network finds much done."
    )
    return [
        f"Two networks of the same shape, {shape}, learn to tell digits apart. In one of them each layer "
        "was first an auto-encoder that learned to rebuild what the layer below gives it, without seeing a "
        "label; the other starts from random weights.",
        chosen,
        f"After {epochs[PRETRAINED]} epochs of fine-tuning the pretrained network errs on "
        f"{100 * errors[PRETRAINED][-1]:.2f}% of the {len(data.Ytest):,} test images; the "
        f"other, after {epochs[PLAIN]} epochs, on {100 * errors[PLAIN][-1]:.2f}%.",
    ]


def _table3(
    settings: Settings,
    pretrain_epochs: int,
    epochs: dict[str, int],
    errors: dict[str, list[float]],
    costs: dict[str, list[float]],
    seconds: dict[str, dict[str, float]],
) -> list[list[str]]:
    stages = ("pretraining", "fine-tuning", "whole")
    table = [["network", "epochs", "test error", "cost (nats)", *stages]]
    for name, n in epochs.items():
        said = f"{len(settings.sizes)} × {pretrain_epochs} + {n}" if name == PRETRAINED else str(n)
        took = [f"{seconds[name][stage]:.1f} s" for stage in stages]
        table.append([name, said, f"{100 * errors[name][-1]:.2f}%", f"{costs[name][-1]:.3f}", *took])
    return table


def _said_of_errors(data: Dataset, errors: dict[str, list[float]]) -> str:
    """Say what the curves show, by their numbers: sizes and epochs may be anyone's."""
    constant = 1 - np.bincount(data.Ytest).max() / len(data.Ytest)
    reached = next((epoch for epoch, error in enumerate(errors[PLAIN], 1) if error < 0.5), None)
    when = f"takes {reached} to" if reached else f"does not, in {len(errors[PLAIN])},"
    return (
        f"After one epoch of fine-tuning the pretrained network errs on {100 * errors[PRETRAINED][0]:.0f}%. "
        f"The other, at {100 * errors[PLAIN][0]:.0f}% after its first, {when} get below half. "
        f"(Giving always the same answer errs on {100 * constant:.0f}%.)"
    )


def _said_of_confusion(confusion: np.ndarray) -> str:
    mistakes = confusion * (1 - np.eye(len(confusion), dtype=int))
    true, taken = np.unravel_index(mistakes.argmax(), mistakes.shape)
    most = f"No mistake is more frequent than a {true} taken for {taken} (count: {mistakes.max()})."
    return f"Right answers are on the diagonal. {most if mistakes.any() else 'There are no mistakes.'}"


CHAPTERS: dict[str, Callable[[Dataset, Settings], Section]] = {"3": chapter3}
