"""Chapter 4's main program, a deep network on restricted Boltzmann machines; and their likelihoods."""

from typing import Any

import numpy as np

from udl_pt.book import _listing, _rbms, _shared
from udl_pt.book._columns import Columns, of_images, of_units
from udl_pt.book._play import belief_network, chain, has_grey_images, in_place
from udl_pt.book._rbms import MeasuredRBM
from udl_pt.book._shared import (
    Candidate,
    Settings,
    counted,
    epochs_for,
    layers_options,
    percent,
)
from udl_pt.book._widgets import Widget, curves
from udl_pt.book._words import Words, drawn, for_matplotlib, on_in_filters, words_of
from udl_pt.book.report import Picture, Section, Table
from udl_pt.datasets import Dataset
from udl_pt.inspection.likelihood import (
    Estimate,
)
from udl_pt.models.dbn import DBN
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM
from udl_pt.models.sampling import complete, fantasies
from udl_pt.plots import plot_completions, plot_costs, plot_errors, plot_fantasies, plot_filters

__all__ = ["section"]

RBMS, AUTOENCODERS, PLAIN = "RBMs first", "auto-encoders first", "not pretrained"
BY_RBMS: dict[str, Any] = {"learning_rate": 0.1, "batch_sz": 100}  # the book's
BOOK = 3  # epochs of fine-tuning

MANY = 200  # hidden units, enough for good pictures
SAMPLERS: dict[str, dict[str, Any]] = {"CD-1": {}, "CD-5": {"k": 5}, "persistent": {"persistent": True}}
STEPS = (1, 3, 10, 30, 100, 300, 1000)  # at which fantasies are shown
DREAMS = 7


def section(data: Dataset, settings: Settings) -> Section:
    """Run chapter 4's main program: train deep networks pretrained by RBMs, by auto-encoders, and not at all.

    Then train four more RBMs, and measure their likelihoods.

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
    On at least 20,000 training rows the epochs are the book's: 1 of pretraining and 3 of fine-tuning. On
    fewer rows an epoch has fewer steps, so there are more epochs: 5 and 15. The four further RBMs are trained
    for 5 epochs, or for 20 on fewer rows. `Settings.longer` multiplies the epochs on fewer rows.
    `Settings.epochs` replaces those of fine-tuning.

    Examples
    --------
    >>> from udl_pt.book import Settings, chapter4
    >>> from udl_pt.datasets import load_mnist_subset
    >>> data = load_mnist_subset()
    >>> settings = Settings(sizes=[300, 100], epochs=5)
    >>> section = chapter4.section(data, settings)  # doctest: +SKIP
    >>> list(section.results["errors"])  # doctest: +SKIP
    ['RBMs first', 'auto-encoders first', 'not pretrained']
    """
    pretrain_epochs, layers = epochs_for(data, settings, 5, 1), layers_options(data)
    epochs = settings.epochs if settings.epochs is not None else epochs_for(data, settings, 15, BOOK)
    of_rbms = epochs_for(data, settings, 20, 5)
    made = settings.made()
    networks = [
        Candidate(RBMS, DNN(settings.sizes, RBM, **made), epochs, pretrain_epochs, BY_RBMS),
        Candidate(AUTOENCODERS, DNN(settings.sizes, **made), epochs, pretrain_epochs, layers),
        Candidate(PLAIN, DNN(settings.sizes, **made), epochs),
    ]
    _shared.train_all(data, settings, networks)

    tested = np.asarray(np.random.default_rng(settings.seed).random(data.Xtest.shape) < data.Xtest, float)
    few = _rbms.FEW
    rbms = {f"{name}, {few} hidden": MeasuredRBM(few, options) for name, options in SAMPLERS.items()}
    largest = rbms[f"persistent, {MANY} hidden"] = MeasuredRBM(MANY, SAMPLERS["persistent"])
    for name, measured in rbms.items():
        settings.say(f"RBM, {name}, epochs: {of_rbms}")
        measured.train(data, settings, of_rbms)
        measured.evaluate(data, tested)

    w = words_of(data)
    results = _shared.measured(settings, networks)
    dreams: list[Picture | Widget | Table] = [*_dreams(data, tested, largest.rbm, w)]
    if has_grey_images(data):
        dreams = in_place(dreams, "fantasies", lambda picture: chain(picture, [largest.rbm], data))
        dbn = belief_network(data, settings)
        dreams.append(chain(_dreams_of_dbn(dbn, data), dbn.hidden_layers, data))
    listed: list[Picture | Widget | Table] = []
    if settings.listing is not None:
        listed, results["listing"] = _listing.beside("4", data, settings)
    return Section(
        title="Chapter 4: restricted Boltzmann machines",
        sentences=_sentences(data, settings, networks, of_rbms, w),
        table=_shared.comparison_table(networks),
        pictures=[
            curves(
                Picture(
                    "errors",
                    plot_errors(results["errors"], "Test error of the three networks"),
                    _said_of_errors(data, results["errors"]),
                )
            ),
            curves(_costs(networks[0].dnn.hidden_layers[0], rbms, w)),
            Table(_rows(rbms), _said_of_rows(rbms, len(tested), w)),
            *dreams,
            *listed,
        ],
        results={
            **results,
            "pretraining": {RBMS: BY_RBMS, AUTOENCODERS: {**layers, "cost_scale": "dataset"}},
            "pretrain_epochs": pretrain_epochs,
            "pretraining_costs": {
                one.name: [layer.costs for layer in one.dnn.hidden_layers] for one in networks[:2]
            },
            "rbms": {name: measured.results() for name, measured in rbms.items()},
            "annealing": {
                "chains": _rbms.CHAINS,
                "temperatures": _rbms.BETAS,
                "gibbs_steps_before_reverse": _rbms.LONG,
            },
        },
    )


def _sentences(
    data: Dataset, settings: Settings, networks: list[Candidate], of_rbms: int, w: Words
) -> list[str]:
    epochs, pretrain_epochs = networks[0].epochs, networks[0].pretrain_epochs
    as_book = (epochs, pretrain_epochs) == (BOOK, 1)
    book = "as in the book" if as_book else f"the book takes {BOOK}, after 1 for each layer"
    grey = data.image_shape is not None and len(data.image_shape) == 2
    ends = ", ".join(f"{percent(one.dnn.errors[-1])} ({one.name})" for one in networks)
    return [
        f"Three networks of the same shape, {_shared.shape_of(data, settings)}, learn to tell "
        f"{w.apart(int(data.Y.max()) + 1)} apart. In one of them each layer was first a restricted Boltzmann "
        "machine (RBM), trained on the hidden values of the layer below. Its training was contrastive "
        "divergence with one Gibbs step (CD-1). In another each layer was first an auto-encoder. The third "
        "starts from random weights; chapter 3 shows how long it takes without pretraining.",
        f"All get {counted(epochs)} of fine-tuning ({book}). The RBMs' learning rate is the book's "
        f"{BY_RBMS['learning_rate']}; the others are chapter 3's.{_shared.few_steps(data)}",
        f"Then four separate RBMs are trained, {counted(of_rbms)} each: what are their "
        f"likelihoods{', and what do they dream' * (data.image_shape is not None)}? They see binary "
        f"{w.sample}s, drawn anew for each batch with the {'grey ' * grey}values as "
        f"probabilities. The test {w.sample}s are drawn once, with seed {settings.seed}. Unlike in the book, "
        "gradients are centred, the rate falls to zero, and parameters are averaged over the last steps. The "
        "visible biases start at values that match the data's means.",
        f"After {counted(epochs)} of fine-tuning the test errors are {ends}.",
    ]


def _said_of_errors(data: Dataset, errors: dict[str, list[float]]) -> str:
    firsts = ", ".join(f"{100 * values[0]:.0f}% ({name})" for name, values in errors.items())
    constant = 1 - np.bincount(data.Ytest).max() / len(data.Ytest)
    return (
        f"After the first epoch of fine-tuning the networks err on {firsts}; always predicting the same "
        f"class errs on {100 * constant:.0f}%. Pretraining saw no label."
    )


def _costs(layer: RBM, rbms: dict[str, MeasuredRBM], w: Words) -> Picture:
    shown = [name for name, measured in rbms.items() if measured.M == MANY or not measured.options]
    curves = {f"CD-1, {layer.M} hidden, the network's first layer": layer.costs}
    curves |= {name: rbms[name].rbm.costs for name in shown}
    moved = "; ".join(f"from {values[0]:.1f} to {values[-1]:.1f} ({name})" for name, values in curves.items())
    falls = all(values[-1] <= values[0] for values in curves.values())
    return Picture(
        "costs",
        plot_costs(curves, "A cost that no step is taken for", "cross-entropy of reconstructions (nats)"),
        f"The cross-entropy of training {w.sample}s and their reconstructions by an RBM, after each epoch. "
        "Contrastive divergence does not follow its gradient; "
        f"{'yet, as the book says, it falls' if falls else 'it goes'}: {moved}.",
    )


def _rows(rbms: dict[str, MeasuredRBM]) -> list[list[str]]:
    head = ["RBM", "exact", "AIS", "reverse AIS", "pseudo", "cross-entropy"]
    return [head, *([name, *_row(measured)] for name, measured in rbms.items())]


def _row(measured: MeasuredRBM) -> list[str]:
    values = []
    for way in ("exact", "ais", "reverse"):
        Z = measured.log_Z.get(way)
        error = f" ± {Z.standard_error:.2f}" if isinstance(Z, Estimate) else ""
        values.append("–" if Z is None else f"{measured.log_likelihoods[way]:.2f}{error}")
    return [*values, f"{measured.pseudo:.2f}", f"{measured.cross_entropy:.2f}"]


def _said_of_rows(rbms: dict[str, MeasuredRBM], n: int, w: Words) -> str:
    few = [measured.log_likelihoods for measured in rbms.values() if "exact" in measured.log_likelihoods]
    exact = {name: m.log_likelihoods["exact"] for name, m in rbms.items() if m.M == _rbms.FEW}
    crosses = [m.cross_entropy for m in rbms.values() if m.M == _rbms.FEW]
    ais_off, reverse_off = (max(abs(way[k] - way["exact"]) for way in few) for k in ("ais", "reverse"))
    best = max(exact, key=lambda name: exact[name])
    return (
        f"Mean log-likelihoods of the {n:,} binary test {w.sample}s, in nats: the higher the better. With "
        f"{_rbms.FEW} hidden units the partition function is computed exactly. Annealed importance sampling "
        f"(AIS, with its standard error) is off by {ais_off:.2f} at most, and reverse AIS by "
        f"{reverse_off:.2f}. Reverse AIS needs exact samples. Here it starts from the ends of Gibbs chains "
        f"of {_rbms.LONG} steps, which may not have forgotten their start. The best of these is {best}. "
        f"The log-likelihoods differ by up to {np.ptp(list(exact.values())):.2f}; the cross-entropies of "
        f"reconstructions, which are easy to watch, by {np.ptp(crosses):.2f}. The pseudo-likelihood is the "
        f"sum over {w.feature}s of log P({w.feature} | all others)."
    )


def _dreams(data: Dataset, tested: np.ndarray, rbm: RBM, w: Words) -> list[Picture | Table]:
    """Show what an RBM dreams of images, and measure how well it completes rows."""
    first = _shared.first_of_each(data)
    X, D = tested if data.image_shape is None else tested[first], tested.shape[1]
    known = D // 2
    if data.image_shape is not None:  # whole rows of pixels
        known = data.image_shape[0] // 2 * (D // data.image_shape[0])
    missing = np.arange(D) >= known
    completed = complete(rbm, X, missing)
    guess = np.broadcast_to(data.X.mean(axis=0), X.shape)
    off, without = (np.sqrt(((x - X)[:, missing] ** 2).mean()) for x in (completed, guess))
    trained = f"the persistent RBM with {rbm.M} hidden units"
    if data.image_shape is None:
        rows = [["the other columns, filled in by", "root mean squared error"]]
        rows += [["the RBM", f"{off:.3f}"], ["the training rows' mean", f"{without:.3f}"]]
        return [
            Table(
                rows,
                f"From the first {known} columns of binary test rows, {trained} fills in the rest. It is the "
                "mean of a Gibbs chain in which the known columns are fixed.",
            )
        ]
    dreams = fantasies(rbm, DREAMS, STEPS)
    moved = abs(dreams[-1] - dreams[-2]).mean()
    apart = abs(dreams[-1][:, None] - dreams[-1]).sum() / (DREAMS * (DREAMS - 1) * D)
    labels, W = _shared.labels_of(data, first), rbm.W.get_value()
    several = "several digits" if w.are_digits else "several completions"
    return [
        Picture(
            "filters",
            plot_filters(W, title="What hidden units look for", image_shape=data.image_shape),
            f"The weights of the first {min(100, rbm.M)} hidden units of {trained}: "
            f"{'strokes and parts of ' * w.are_digits}{on_in_filters(data)}.",
            of_units(W),
        ),
        Picture(
            "fantasies",
            plot_fantasies(
                dreams, STEPS, "Gibbs chains that started at noise, after so many steps", **drawn(data)
            ),
            f"What {trained} dreams: a row is a chain, shown by its pixels' probabilities. From step "
            f"{STEPS[-2]:,} to {STEPS[-1]:,} a chain's pixels change by {moved:.3f} on average, and two "
            f"chains differ by {apart:.3f} in the end. The two numbers are similar if chains forget their "
            f"{w.item}s. The first is much smaller if each chain stays at one {w.item}.",
            _columns_of_chains(dreams),
        ),
        Picture(
            "completions",
            plot_completions(
                X,
                missing,
                completed,
                for_matplotlib(labels),
                f"Test {w.item}s, their lower halves missing",
                **drawn(data),
            ),
            f"Given the upper halves of binary test {w.item}s, {trained} fills in the rest. It is the mean "
            f"of a Gibbs chain in which the given pixels are fixed. So where {several} fit, it is a blend "
            f"of them. The root mean squared error there is {off:.3f}; that of the training images' mean is "
            f"{without:.3f}.",
            of_images({"original": X, "completed": completed}, labels),
        ),
    ]


def _dreams_of_dbn(dbn: DBN, data: Dataset) -> Picture:
    sizes, dreams = " - ".join(str(layer.M) for layer in dbn.hidden_layers), dbn.generate(DREAMS, STEPS)
    title = f"Dreams of a deep belief network {sizes}"
    return Picture(
        "dreams",
        plot_fantasies(dreams, STEPS, title, **drawn(data)),
        f"Dreams of a deep belief network of two RBMs, {sizes} units, trained layer by layer. The chain runs "
        "in the upper RBM. The lower one passes its means down to the pixels.",
        _columns_of_chains(dreams),
    )


def _columns_of_chains(dreams: np.ndarray) -> Columns:
    chains = {f"chain {number}": states for number, states in enumerate(dreams.swapaxes(0, 1), 1)}
    return of_images(chains, [f"step {step}" for step in STEPS])
