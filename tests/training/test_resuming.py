"""A fit that was stopped anywhere and resumes ends with the same bits as one that nothing stopped."""

import functools

import numpy as np
import pytest
from on_backends import ON_BACKENDS
from saved_models import LABELLED, NORMAL, STANDARD, Halved, X, held
from stopped_fits import FAST, LAYERS, StopAfter, Stopped, fitted

from udl_pt import DBN, DNN, RBM, TSNE, AutoEncoder, DeepAutoEncoder, Ladder, SymmetricSNE, adam_updates
from udl_pt.backends._internals import global_generator
from udl_pt.callbacks import (
    Checkpoint,
    CSVLogger,
    EarlyStopping,
    LinearDecay,
    ParameterAverage,
    ProgressBar,
    UpdateSizes,
)
from udl_pt.inspection.augmentation import shift
from udl_pt.symbolic.corruption import masking

SQUARES = np.random.default_rng(5).random((40, 9))


class Diary:
    """A user's callback, with state of its own."""

    def __init__(self, seed):
        self.seen, self.generator, self.latest = [], np.random.default_rng(seed), None

    def __call__(self, progress):
        """Note, and change a rate at random."""
        self.seen.append([progress.epoch, progress.cost])
        self.latest = np.array([progress.epoch, np.nan])
        progress.hyper["learning_rate"] = float(self.generator.uniform(0.1, 0.2))


def embedding(kind, **options):
    def fit(callbacks, resume):
        model = kind(perplexity=5, max_iter=12, exaggeration_iter=6, random_state=0, **options)
        model.fit_transform(X, callbacks=callbacks, resume=resume)
        return model

    return fit


def fit_of(make, *data, callbacks_of=lambda model: [], **options):
    def fit(callbacks, resume):
        model = make()
        own = callbacks_of(model)
        model.callbacks_of_the_test = own  # so that `held` lists their state, too
        model.not_saved = (*model.not_saved, "callbacks_of_the_test")
        return model.fit(*data, callbacks=[*own, *callbacks], resume=resume, **options)

    return fit


FITS = {
    "auto-encoder": fit_of(lambda: AutoEncoder(3, random_state=0), X, **FAST),
    "denoising": fit_of(
        lambda: AutoEncoder(3, random_state=np.random.default_rng(1), corruption=masking(0.3)),
        X,
        monitor="batch",
        validation=0.25,
        **FAST,
    ),
    "global generator": fit_of(lambda: AutoEncoder(3), X, validation=0.25, **FAST),
    "adam": fit_of(
        lambda: AutoEncoder(3, random_state=0, output="linear", dtype="float32"),
        NORMAL,
        cost="squared_error",
        optimiser=adam_updates,
        **FAST,
    ),
    "stopping": fit_of(
        lambda: AutoEncoder(3, random_state=0),
        X,
        batch_sz=10,
        epochs=5,
        callbacks_of=lambda ae: [EarlyStopping(ae, patience=2, watch="costs"), Diary(3)],
    ),
    "persistent": fit_of(
        lambda: RBM(3, random_state=0, rng=np.random.RandomState(2)),
        X,
        persistent=True,
        n_temperatures=2,
        mu=0.5,
        callbacks_of=lambda rbm: [LinearDecay(), ParameterAverage(rbm, every=1)],
        **FAST,
    ),
    "centred": fit_of(lambda: RBM(3, random_state=0), X, centring=True, binarize=True, **FAST),
    "gaussian": fit_of(
        lambda: RBM(3, visible="gaussian", learn_variance=True, random_state=0), STANDARD, k=2, **FAST
    ),
    "subclass": fit_of(lambda: Halved(3, 0.25, random_state=0), X, **FAST),
    "dbn": fit_of(
        lambda: DBN([3, 2], RBM, random_state=0),
        X,
        pretrain_epochs=[3, 2],
        pretrain_options={"batch_sz": 10, "validation": 0.25, "persistent": True},
    ),
    "dnn": fit_of(
        lambda: DNN([3, 2], random_state=0, corruption=masking(0.2)),
        *LABELLED,
        dropout=0.2,
        validation=0.25,
        callbacks_of=lambda dnn: [EarlyStopping(dnn, patience=5), UpdateSizes(dnn)],
        **FAST,
        **LAYERS,
    ),
    "augmented": fit_of(
        lambda: DNN([3], random_state=np.random.default_rng(1)),
        SQUARES,
        LABELLED[1],
        SQUARES,
        LABELLED[1],
        augment=[shift(1)],
        **FAST,
        **LAYERS,
    ),
    "deep": fit_of(lambda: DeepAutoEncoder([3, 2], random_state=0), X, **FAST, **LAYERS),
    "ladder": fit_of(lambda: Ladder([3], random_state=0), *LABELLED, **FAST),
    "tsne": embedding(TSNE, init="random"),
    "sne": embedding(SymmetricSNE, learning_rate=0.1, gradient="autodiff"),
}


def state(model):
    """Return all that a model, its callbacks and the global generator hold, but a stream of a fresh seed."""
    if model._chance.own is None:
        model.rng = model._made_rng = None
    vars(model).pop("not_saved", None)
    callbacks = vars(model).pop("callbacks_of_the_test", [])
    own = [{name: v for name, v in vars(callback).items() if v is not model} for callback in callbacks]
    return held(model), held(own), held(global_generator())


@functools.cache
def undisturbed(name):
    """Return the state at the end, and the number of batches."""
    counter = StopAfter(0)
    np.random.seed(3)
    return state(FITS[name]([counter], None)), -counter.left


def stop_and_resume(name, path, n, **every):
    """Stop a fit after `n` batches; return the state at the end of the one that resumes."""
    np.random.seed(3)
    with pytest.raises(Stopped):
        FITS[name]([Checkpoint(path, **every), StopAfter(n)], path)
    np.random.seed(4 if path.exists() else 3)  # as in a new process, whose generator starts elsewhere
    return state(FITS[name]([Checkpoint(path, **every)], path))


QUICK = [pytest.param(name, marks=[pytest.mark.slow] * (name == "ladder")) for name in FITS]


@pytest.mark.parametrize("name", QUICK)
def test_a_stopped_fit_resumes_to_the_same_bits(name, tmp_path):
    right, n_batches = undisturbed(name)
    n = int(np.random.default_rng(len(name)).integers(3, n_batches))
    assert stop_and_resume(name, tmp_path / "a", n, every_batches=1) == right
    assert stop_and_resume(name, tmp_path / "b", n, every_batches=3, every_epochs=1) == right


@pytest.mark.parametrize(
    "every", [pytest.param(1, marks=pytest.mark.exhaustive), pytest.param(4, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", FITS)
def test_a_fit_resumes_after_each_batch(name, every, tmp_path):
    right, n_batches = undisturbed(name)
    for n in range(1, n_batches + 1, every):
        assert stop_and_resume(name, tmp_path / f"{n}", n, every_batches=2, every_epochs=1) == right


@pytest.mark.parametrize("backend", ON_BACKENDS)
def test_on_each_backend_the_bits_are_the_same(backend, tmp_path):
    def fit(callbacks, resume):
        rbm = RBM(3, random_state=0)
        options = {"persistent": True, "mu": 0.5, "optimiser": None, "backend": backend}
        return held(rbm.fit(X, callbacks=callbacks, resume=resume, **options, **FAST))

    right, path = fit([], None), tmp_path / "rbm.ckpt"
    with pytest.raises(Stopped):
        fit([Checkpoint(path, every_batches=1), StopAfter(6)], path)
    assert fit([Checkpoint(path, every_batches=1)], path) == right


def test_a_finished_fit_is_restored_without_a_step(tmp_path):
    path, stop = tmp_path / "ae.ckpt", StopAfter(1)
    right = fitted(path, random_state=None)
    np.random.seed(0)
    again = fitted(path, random_state=None, callbacks=[stop])
    assert stop.left == 1
    assert held(again.params + again.dparams) == held(right.params + right.dparams)
    assert again.costs == right.costs


def test_a_run_that_ends_early_is_finished_too(tmp_path):
    def stopping(progress):
        progress.stop = progress.epoch == 2

    path = tmp_path / "ae.ckpt"
    with pytest.raises(Stopped):
        fitted(path, callbacks=[stopping, StopAfter(6)])
    assert len(fitted(path, callbacks=[stopping]).costs) == 2
    assert len(fitted(path, callbacks=[stopping]).costs) == 2


def test_a_csv_log_goes_on_where_the_checkpoint_was_taken(tmp_path):
    def logged(path, *callbacks, saving=True):
        log = CSVLogger(tmp_path / f"{path}.csv")
        fitted(tmp_path / path, callbacks=[log, *callbacks], every={"every_batches": 7})

    def lines(path):
        return [line.split(",", 1)[1] for line in (tmp_path / f"{path}.csv").read_text().splitlines()]

    logged("right")
    with pytest.raises(Stopped):
        logged("stopped", StopAfter(12))
    assert len(lines("stopped")) == 3  # header and two epochs
    logged("stopped")
    assert lines("stopped") == lines("right")


def test_a_fit_within_a_callback_has_no_part_in_the_checkpoint(tmp_path):
    def probing(progress):
        AutoEncoder(2, random_state=1).fit(X, batch_sz=20)

    path = tmp_path / "ae.ckpt"
    right = fitted(tmp_path / "right", callbacks=[probing])
    with pytest.raises(Stopped):
        fitted(path, callbacks=[probing, StopAfter(6)])
    assert held(fitted(path, callbacks=[probing]).params) == held(right.params)


def test_a_fit_of_a_subclass_that_trains_twice_resumes_in_the_second_training(tmp_path):
    class Twice(AutoEncoder):
        def fit(self, X, **options):
            super().fit(X, **options)
            return super().fit(X, **options)

    def fit(path, *callbacks):
        ae = Twice(3, random_state=np.random.default_rng(0))
        dnn = DNN([2], lambda M, **options: ae, random_state=0)
        saving = Checkpoint(path, every_batches=1)
        options = {"pretrain_options": {"batch_sz": 10}, "callbacks": [saving, *callbacks], "resume": path}
        return held(dnn.fit(*LABELLED, **options, **FAST))

    right = fit(tmp_path / "right")
    for n in (2, 6, 10):
        with pytest.raises(Stopped):
            fit(tmp_path / f"{n}", StopAfter(n))
        assert fit(tmp_path / f"{n}") == right


def test_a_network_that_is_interrupted_resumes_on_the_same_object(tmp_path):
    path = tmp_path / "dnn.ckpt"
    dnn, right = DNN([3, 2], random_state=0), DNN([3, 2], random_state=0)
    right.fit(*LABELLED, **FAST, **LAYERS)
    options = {"resume": path, **FAST, **LAYERS}
    with pytest.raises(Stopped):
        dnn.fit(*LABELLED, callbacks=[Checkpoint(path, every_batches=1), StopAfter(14)], **options)
    dnn.fit(*LABELLED, callbacks=[Checkpoint(path)], **options)
    assert held(dnn.params) == held(right.params)
    assert dnn.costs == right.costs


def test_verbose_shows_a_line_a_training(capsys):
    DBN([3, 2], random_state=0).fit(X, verbose=True, pretrain_options={"batch_sz": 10})
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["AutoEncoder(3)", "AutoEncoder(2)"]


def test_a_bar_may_be_added_when_a_fit_resumes(tmp_path, capsys):
    path = tmp_path / "ae.ckpt"
    with pytest.raises(Stopped):
        fitted(path, callbacks=[StopAfter(6)])
    fitted(path, callbacks=[ProgressBar()])
    assert "AutoEncoder(3): epoch 3/3" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["denoising", "dropout", "ladder", "global generator", "dbn"])
def test_the_same_object_may_be_fitted_again(name, tmp_path):
    make, options = {
        "denoising": (lambda: AutoEncoder(3, random_state=0, corruption=masking(0.3)), {"X": X}),
        "global generator": (lambda: AutoEncoder(3, corruption=masking(0.3)), {"X": X}),
        "dropout": (lambda: DNN([3], random_state=0), {"dropout": 0.2, **LAYERS}),
        "ladder": (lambda: Ladder([3], random_state=0), {}),
        "dbn": (lambda: DBN([3, 2], RBM, random_state=0), {"X": X, **LAYERS}),
    }[name]
    data = [options.pop("X")] if "X" in options else LABELLED
    options = options if name == "dbn" else FAST | options
    path = tmp_path / "a"
    model = make()
    with pytest.raises(Stopped):
        model.fit(*data, callbacks=[Checkpoint(path, every_batches=1), StopAfter(3)], resume=path, **options)
    first = held(model.fit(*data, callbacks=[Checkpoint(path)], resume=path, **options).params)
    assert held(model.fit(*data, callbacks=[Checkpoint(path)], resume=path, **options).params) == first
    if name != "global generator":
        assert held(make().fit(*data, **options).params) == first


class Slots:
    """A callback without a dict."""

    __slots__ = ("seen",)

    def __init__(self):
        self.seen = 0

    def __call__(self, progress):
        """Lower the rate, further in each epoch."""
        self.seen += 1
        progress.hyper["learning_rate"] = 0.1 / self.seen


class Group:
    """A callback that calls others."""

    def __init__(self, *members):
        self.members = list(members)

    def __call__(self, progress):
        """Call them."""
        for member in self.members:
            member(progress)


class Best:
    """Keeps the best epoch, and changes a rate by it."""

    def __init__(self):
        self.now = self.best = None

    def __call__(self, progress):
        """Compare."""
        self.now = {"epoch": progress.epoch, "cost": progress.cost, "array": np.full(2, np.nan, ">f4")}
        if self.best is None or self.now["cost"] < self.best["cost"]:
            self.best = self.now
        progress.hyper["learning_rate"] = 0.01 * self.best["epoch"]


class Bits:
    """Has a source of random bits."""

    def __init__(self):
        self.bits = np.random.PCG64(3)

    def __call__(self, progress):
        """Draw a rate."""
        progress.hyper["learning_rate"] = 0.1 * np.random.Generator(self.bits).random()


@pytest.mark.parametrize(
    "make",
    [Slots, lambda: Group(Slots(), Bits()), Best, Bits, lambda: functools.partial(Slots.__call__, Slots())],
)
def test_callbacks_of_many_kinds_go_on(make, tmp_path):
    right = fitted(tmp_path / "right", callbacks=[make()])
    for n in (5, 9):
        path = tmp_path / f"{n}"
        with pytest.raises(Stopped):
            fitted(path, callbacks=[make(), StopAfter(n)])
        assert held(fitted(path, callbacks=[make()]).params) == held(right.params)
