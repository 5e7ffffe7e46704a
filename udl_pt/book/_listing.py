"""The book's own listings, run beside the library's classes on the same images and random numbers.

The listings are Python 2 and Theano. `udl_pt.theano` runs them, in float64.
"""

import contextlib
import importlib.util
import io
import re
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from udl_pt.book._shared import Settings, counted
from udl_pt.book._widgets import Widget, curves
from udl_pt.book._words import words_of
from udl_pt.book.report import Picture, Table
from udl_pt.datasets import Dataset
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM
from udl_pt.plots import plot_costs, plot_errors
from udl_pt.symbolic.random import RandomStreams
from udl_pt.theano import run_script

__all__ = ["beside", "find_listings", "modules"]

FILES = ("autoencoder.py", "rbm.py", "util.py")
PLACE = Path("examples", "listings")
IMPORTING = "import sys\nsys.path.insert(0, sys.argv[1])\nimport autoencoder, rbm\n"
LINE = re.compile(r"cost: (\S+)(?: error: (\S+))?$")
BY = ("listing", "library")
PROGRAMS = {"3": {"pretrained": 3, "not pretrained": 10}, "4": {"RBMs first": 3}}  # the book's epochs


def find_listings(folder: str | Path | None = None) -> Path:
    """Return the folder of the listings: `folder`, or ``examples/listings`` of the library's source.

    Raises
    ------
    FileNotFoundError
        If a listing is missing there. An installed package has no listings.
    RuntimeError
        If fissix, which translates Python 2, is not installed.
    """
    if importlib.util.find_spec("fissix") is None:
        raise RuntimeError(
            "the book's listings are Python 2, and fissix, which translates it, is not installed: "
            "pip install 'udl_pt[theano]'"
        )
    places = [Path(folder)] if folder else [Path(__file__).parents[2] / PLACE, Path.cwd() / PLACE]
    for place in places:
        if all((place / file).is_file() for file in FILES):
            return place
    raise FileNotFoundError(
        f"the book's listings ({', '.join(FILES)}) are not in {' or '.join(map(str, places))}: an installed "
        f"package has none, pass the folder {PLACE} of the library's source as --listing FOLDER"
    )


def modules(folder: Path) -> tuple[Any, Any]:
    """Import the listings autoencoder and rbm through `udl_pt.theano`; return these modules.

    They plot nothing: ``plt.show`` would wait for the user to close a window.
    """
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "listings.py")
        script.write_text(IMPORTING)
        names = run_script(script, [str(folder)], python2=True)
    listings = names["autoencoder"], names["rbm"]
    for listing in listings:
        listing.plt = SimpleNamespace(plot=lambda costs: None, show=lambda: None)
    return listings


@dataclass
class Numbers:
    """What one training printed or recorded, after each batch.

    Attributes
    ----------
    layers : list of list of float
        Costs of each layer that was pretrained.
    costs, errors : list of float
        Cost and error of the network on the test images.
    params : list of ndarray
        All weights and biases at the end.
    """

    layers: list[list[float]]
    costs: list[float]
    errors: list[float]
    params: list[np.ndarray]

    @classmethod
    def of_listing(cls, printed: str, dnn: Any) -> "Numbers":
        """Read the numbers that the listing printed; each training begins with its epoch 0."""
        stages: list[list[tuple[float, float]]] = []
        for line in printed.splitlines():
            if line == "epoch: 0":
                stages.append([])
            elif found := LINE.search(line):
                stages[-1].append((float(found[1]), float(found[2] or "nan")))
        *layers, network = stages
        costs, errors = zip(*network, strict=True)
        params = [p.get_value() for p in dnn.params]
        return cls([[cost for cost, _ in layer] for layer in layers], [*costs], [*errors], params)

    @classmethod
    def of_library(cls, dnn: DNN, pretrained: bool) -> "Numbers":
        """Read the records of a fit with ``monitor="batch"``."""
        layers = [list(layer.costs) for layer in dnn.hidden_layers if pretrained]
        return cls(layers, list(dnn.costs), list(dnn.errors), [p.get_value() for p in dnn.params])

    def differences(self, other: "Numbers") -> dict[str, float]:
        """Return the largest difference of each kind."""
        pairs: dict[str, tuple[Any, Any]] = {
            f"cost of layer {i}": pair
            for i, pair in enumerate(zip(self.layers, other.layers, strict=True), 1)
        }
        pairs |= {"test cost": (self.costs, other.costs), "test error": (self.errors, other.errors)}
        of = {name: _largest(*pair) for name, pair in pairs.items()}
        weights = [_largest(a, b) for a, b in zip(self.params, other.params, strict=True)]
        return {**of, "weights and biases": max(weights)}


def _largest(a: Any, b: Any) -> float:
    return float(np.abs(np.subtract(a, b)).max())


def beside(
    chapter: str, data: Dataset, settings: Settings
) -> tuple[list[Picture | Widget | Table], dict[str, Any]]:
    """Train the listing's networks and the library's on the same data from the same seed, and compare them.

    Parameters
    ----------
    chapter : {"3", "4"}
    data : Dataset
        Training and test images.
    settings : Settings
        Its `listing` is the folder of the listings; its dtype has no effect.

    Returns
    -------
    pictures : list of Picture, Widget or Table
        The curves of both, and their largest differences.
    results : dict
        The same for `results.json`.
    """
    assert settings.listing is not None
    X, Xtest = (np.asarray(images, np.float64) for images in (data.X, data.Xtest))
    Y, Ytest = (np.asarray(labels, np.int32) for labels in (data.Y, data.Ytest))  # as getKaggleMNIST's
    runs: dict[str, tuple[Numbers, Numbers]] = {}
    state = np.random.get_state()
    try:
        listings = modules(settings.listing)
        for name, epochs in PROGRAMS[chapter].items():
            epochs = settings.epochs or epochs
            settings.say(
                f"the listing's DNN({list(settings.sizes)}), {name}, and the library's: {counted(epochs)}"
            )
            runs[name] = _both(
                listings, (X, Y, Xtest, Ytest), settings, chapter, name != "not pretrained", epochs
            )
    finally:
        np.random.set_state(state)
    differences = {name: listing.differences(library) for name, (listing, library) in runs.items()}
    return _pictures(chapter, runs, differences, words_of(data).sample), {
        name: {
            "largest_differences": differences[name],
            **{
                by: {"layer_costs": one.layers, "costs": one.costs, "errors": one.errors}
                for by, one in zip(BY, both, strict=True)
            },
        }
        for name, both in runs.items()
    }


def _both(
    listings: tuple[Any, Any],
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    settings: Settings,
    chapter: str,
    pretrain: bool,
    epochs: int,
) -> tuple[Numbers, Numbers]:
    """Train the listing's network and the library's; both draw from NumPy's global generator."""
    autoencoder, rbm = listings
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    if chapter == "4":  # the listing's own streams have no seed
        seeds = [settings.seed + i for i in range(len(settings.sizes))]
        streams = iter([RandomStreams(np.random.RandomState(seed), "float64") for seed in seeds])
        rbm.RandomStreams = lambda: next(streams)
        theirs["UnsupervisedModel"] = rbm.RBM
        ours["UnsupervisedModel"] = [partial(RBM, rng=np.random.RandomState(seed)) for seed in seeds]
    np.random.seed(settings.seed)
    dnn = DNN(list(settings.sizes), **ours, dtype="float64")
    dnn.fit(
        *arrays,
        pretrain=pretrain,
        epochs=epochs,
        monitor="batch",
        **settings.fitting(),
    )
    np.random.seed(settings.seed)
    network = autoencoder.DNN(list(settings.sizes), **theirs)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        network.fit(*arrays, pretrain=pretrain, epochs=epochs)
    return Numbers.of_listing(printed.getvalue(), network), Numbers.of_library(dnn, pretrain)


def _pictures(
    chapter: str,
    runs: dict[str, tuple[Numbers, Numbers]],
    differences: dict[str, dict[str, float]],
    sample: str,
) -> list[Picture | Widget | Table]:
    """Draw the listing's curves as broad bands, and the library's as lines on them."""
    listing, library = next(iter(runs.values()))
    rbms = chapter == "4"
    numbers = {f"{name}, {by}": one for name, both in runs.items() for by, one in zip(BY, both, strict=True)}
    layer = plot_costs(
        dict(zip(BY, (listing.layers[0], library.layers[0]), strict=True)),
        f"Cost of the first {'RBM' if rbms else 'auto-encoder'}: listing and library",
        "cross-entropy (nats)",
        "batch",
    )
    costs = plot_costs(
        {name: one.costs for name, one in numbers.items()},
        "Test cost: listing and library",
        "mean negative log-likelihood (nats)",
        "batch of fine-tuning",
    )
    errors = plot_errors(
        {name: one.errors for name, one in numbers.items()},
        "Test error: listing and library",
        "batch of fine-tuning",
    )
    for figure in (layer, costs, errors):
        for line in figure.axes[0].lines[::2]:
            line.set(linewidth=7, alpha=0.35, marker="")
        figure.axes[0].legend(frameon=False)
    drawn = "The listing's curve is the broad band, the library's the thin line."
    draws = " The listing's random streams have no seed. Here both draw the same numbers." if rbms else ""
    worst = max(max(of.values()) for of in differences.values())
    pictures = [
        Picture(
            "listing_layer",
            layer,
            f"The book's listing, unmodified, and the library's classes, in float64: the same {sample}s, "
            f"first weights and batches.{draws} The cost of the first layer on all training {sample}s, after "
            f"every batch. {drawn}",
        ),
        Picture("listing_costs", costs, f"The cost of the test {sample}s after every batch. {drawn}"),
        Picture("listing_errors", errors, f"The error on the test {sample}s after every batch. {drawn}"),
    ]
    return [
        *map(curves, pictures),
        Table(
            _rows(runs, differences),
            f"The listing's numbers against the library's. They differ by {worst:.1e} at most.",
        ),
    ]


def _rows(
    runs: dict[str, tuple[Numbers, Numbers]], differences: dict[str, dict[str, float]]
) -> list[list[str]]:
    rows = [["network", "what", "numbers", "largest difference"]]
    for name, (one, _) in runs.items():
        counts = [*map(len, one.layers), len(one.costs), len(one.errors), sum(p.size for p in one.params)]
        for (what, difference), count in zip(differences[name].items(), counts, strict=True):
            rows.append([name, what, f"{count:,}", f"{difference:.1e}"])
    return rows
