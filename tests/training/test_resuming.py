"""A fit that was stopped anywhere and resumes ends with the same bits as one that nothing stopped."""

import copy
import functools
import os
import subprocess
import sys

import numpy as np
import pytensor.tensor as pt
import pytest
from on_backends import ON_BACKENDS
from saved_models import LABELLED, NORMAL, STANDARD, Halved, X, held

import udl_pt
from udl_pt import (
    DBN,
    DNN,
    RBM,
    TSNE,
    AutoEncoder,
    DataError,
    DeepAutoEncoder,
    Ladder,
    SymmetricSNE,
    adam_updates,
    eager,
)
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
from udl_pt.training._resumable import _described

FAST = {"batch_sz": 10, "epochs": 3}
LAYERS = {"pretrain_epochs": 2, "pretrain_options": {"batch_sz": 10}}
SQUARES = np.random.default_rng(5).random((40, 9))


class Stopped(Exception):
    """As a kill would end the process."""


class StopAfter:
    """Stops after some batches."""

    observes_only = True
    not_saved = ("left",)

    def __init__(self, n):
        self.left = n

    def on_batch(self, progress):
        """Count."""
        self.left -= 1
        if self.left == 0:
            raise Stopped


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


@pytest.mark.slow
@pytest.mark.parametrize("name", FITS)
def test_a_fit_resumes_after_each_batch(name, tmp_path):
    right, n_batches = undisturbed(name)
    for n in range(1, n_batches + 1):
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


def fitted(path, *, callbacks=(), resume="path", every=None, **options):
    """Fit an auto-encoder with checkpoints."""
    ae = AutoEncoder(options.pop("M", 3), random_state=options.pop("random_state", 0))
    saving = Checkpoint(path, **(every or {"every_batches": 1}))
    data = options.pop("X", X)
    resume = path if resume == "path" else resume
    return ae.fit(data, callbacks=[*callbacks, saving], resume=resume, **FAST | options)


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


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 4}, "epochs is 4, in the checkpoint 3"),
        ({"mu": 0.5}, r"mu is 0.5, in the checkpoint 0.99"),
        (
            {"X": X[::-1]},
            r"X is float64 of shape \(40, 4\) \(.*\), in the checkpoint float64 of shape \(40, 4\) \(",
        ),
        ({"M": 2}, r"model is udl_pt.models.autoencoder.AutoEncoder\(M=2, .*, in the checkpoint .*\(M=3,"),
        ({"random_state": 1}, "model is .*random_state=1.*, in the checkpoint .*random_state=0"),
        ({"backend": "c"}, r"backend is 'c', in the checkpoint '\w+'"),
        (
            {"callbacks": [LinearDecay()]},
            r"callbacks is \[udl_pt.*LinearDecay.*\], in the checkpoint \[\]",
        ),
        (
            {"penalty": lambda ae, X: X.sum()},
            r"penalty is test_resuming.<lambda> \(\w+\), in the checkpoint None",
        ),
        ({"validation": 0.25}, "validation is 0.25, in the checkpoint None"),
    ],
)
def test_a_checkpoint_of_another_fit_is_refused_with_what_differs(changes, said, tmp_path):
    path = tmp_path / "ae.ckpt"
    fitted(path)
    before = path.read_bytes(), held(global_generator())
    with pytest.raises(ValueError, match=f"(?s)is a checkpoint of another training:.*{said}.*another path"):
        fitted(path, **changes)
    assert (path.read_bytes(), held(global_generator())) == before


def test_a_penalty_of_other_code_is_another_argument(tmp_path):
    def penalty_of(share):
        return lambda ae, X: share * abs(ae.forward_hidden(X)).sum()

    path = tmp_path / "ae.ckpt"
    fitted(path, penalty=penalty_of(0.1))
    assert len(fitted(path, penalty=penalty_of(0.1)).costs) == 3
    with pytest.raises(ValueError, match="penalty is"):
        fitted(path, penalty=penalty_of(0.2))


def test_another_version_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "ae.ckpt"
    monkeypatch.setattr("udl_pt.training.checkpoint.__version__", "0.0.9")
    fitted(path)
    with pytest.raises(ValueError, match=r"version of udl_pt is .*, in the checkpoint 0\.0\.9"):
        fitted(path)


def test_layers_that_are_kept_are_part_of_the_arguments(tmp_path):
    def fit(W, path):
        dnn = DNN([3], random_state=0)
        dnn.hidden_layers[0].fit(X, **FAST)
        dnn.hidden_layers[0].W.set_value(W)
        options = {"keep_layers": True, "callbacks": [Checkpoint(path)], "resume": path}
        return dnn.fit(*LABELLED, **options, **FAST)

    path = tmp_path / "dnn.ckpt"
    first = fit(np.eye(4)[:, :3], path)
    assert fit(np.eye(4)[:, :3], path).costs == first.costs
    with pytest.raises(ValueError, match="parameters of the layers is"):
        fit(np.ones((4, 3)), path)


def test_checkpoints_of_another_run_are_not_replaced(tmp_path):
    path = tmp_path / "ae.ckpt"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"ae.ckpt is there already: pass resume=.*, or remove it"):
        fitted(path, resume=None)
    with pytest.raises(DataError, match=r"ae\.ckpt"):
        fitted(path)
    with pytest.raises(FileExistsError, match=r"there already: resume is .*: pass resume="):
        fitted(path, resume=tmp_path / "none.ckpt")
    assert path.read_text() == "mine"


def test_a_damaged_checkpoint_is_replaced_by_the_one_before(tmp_path):
    path = tmp_path / "ae.ckpt"
    right = fitted(tmp_path / "other.ckpt")
    with pytest.raises(Stopped):
        fitted(path, callbacks=[StopAfter(8)])
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.warns(
        UserWarning, match=r"ae\.ckpt is damaged; the training resumes from .*ae\.ckpt\.1 instead"
    ):
        again = fitted(path)
    assert held(again.params) == held(right.params)
    for name in ("ae.ckpt", "ae.ckpt.1"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=r"ae\.ckpt "):
        fitted(path)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_as_many_checkpoints_are_kept_as_asked_for(keep, tmp_path):
    path = tmp_path / "ae.ckpt"
    ends = ["", ".1", ".2", ".3"][:keep]
    fitted(path, every={"every_epochs": 1, "keep": keep})
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"ae.ckpt{end}" for end in ends]
    contents = {p.read_bytes() for p in tmp_path.iterdir()}
    assert len(contents) == keep


def test_where_no_hard_links_are_the_older_one_is_a_copy(tmp_path, monkeypatch):
    def refuse(*names):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    fitted(tmp_path / "ae.ckpt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ae.ckpt", "ae.ckpt.1"]


def test_seconds_count_from_the_start_of_the_fit(tmp_path, monkeypatch):
    now, written = [0.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def write(path, arrays, facts):
        written.append(now[0])
        open(path, "w").close()

    monkeypatch.setattr("udl_pt.training.checkpoint.write_arrays", write)

    class Clock:
        observes_only = True
        not_saved = ()

        def on_batch(self, progress):
            now[0] += 60

    AutoEncoder(3, random_state=0).fit(
        X, batch_sz=2, epochs=2, callbacks=[Clock(), Checkpoint(tmp_path / "a", every_seconds=600)]
    )
    assert written == [600, 1200, 1800, 2400, 2400]  # the last is that of the finished fit


def test_a_checkpoint_that_cannot_be_written_is_a_warning(tmp_path, monkeypatch):
    path, right = tmp_path / "ae.ckpt", fitted(tmp_path / "other.ckpt")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("udl_pt.training.checkpoint.write_arrays", full)
    with pytest.warns(UserWarning, match=r"no checkpoint was written to .*ae.ckpt \(.*No space left"):
        ae = fitted(path)
    assert held(ae.params) == held(right.params)


def test_what_a_checkpoint_cannot_hold_is_refused_before_anything_changes(tmp_path):
    class Keeper:
        def __init__(self, value):
            self.value = value

        def __call__(self, progress):
            """Do nothing."""

    ae = AutoEncoder(3, random_state=0)
    with (
        open(__file__) as file,
        pytest.raises(TypeError, match=r"Keeper.value is <_io.*not_saved of its class"),
    ):
        ae.fit(X, callbacks=[Keeper(file), Checkpoint(tmp_path / "a")])
    assert not hasattr(ae, "W")
    assert not list(tmp_path.iterdir())


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every_seconds, every_epochs and every_batches are all None"):
        Checkpoint("a", every_seconds=None)
    for bad in ({"keep": 0}, {"every_epochs": 0}, {"every_batches": 1.5}, {"every_seconds": -1}):
        with pytest.raises((ValueError, TypeError), match=next(iter(bad))):
            Checkpoint("a", **bad)
    with pytest.raises(TypeError, match="path is 3"):
        Checkpoint(3)
    with pytest.raises(TypeError, match=r"resume is 3\.5, expected the name of a file"):
        AutoEncoder(2).fit(X, resume=3.5)
    with pytest.raises(TypeError, match="verbose is 'yes'"):
        AutoEncoder(2).fit(X, verbose="yes")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        fitted(tmp_path / "none" / "a")
    with pytest.raises(ValueError, match="callbacks has 2 Checkpoints"):
        AutoEncoder(2).fit(X, callbacks=[Checkpoint("a"), Checkpoint("b")])
    with pytest.raises(TypeError, match=r"and not udl_pt\.eager\.autoencoder\.AutoEncoder"):
        eager.AutoEncoder(2).fit(X, callbacks=[Checkpoint("a")], batch_sz=10)
    for bad in ({"resume": "a"}, {"callbacks": [Checkpoint("b")]}):
        with pytest.raises(ValueError, match="which belongs to the whole network"):
            DBN([2]).fit(X, pretrain_options=bad, callbacks=[Checkpoint(tmp_path / "c")])


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


def test_the_file_of_a_checkpoint_is_no_model(tmp_path):
    fitted(tmp_path / "ae.ckpt")
    with pytest.raises(DataError, match="checkpoint"):
        udl_pt.load(tmp_path / "ae.ckpt")


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


def test_a_function_has_one_description_in_all_processes():
    code = (
        "from udl_pt.training._descriptions import described\n"
        "print(described(lambda p: p.stage in {'alpha', 'beta', 'gamma', 'delta'}))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(said) == 1


class Share:
    """A penalty that is an object."""

    def __init__(self, share):
        self._share = share

    def __call__(self, model, A):
        """Return a share of the hidden values' sum."""
        return self._share * model.forward_hidden(A).sum()

    method = __call__


class Wrapped(AutoEncoder):
    """Passes its options on."""

    def __init__(self, M, **options):
        super().__init__(M, **options)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"penalty": Share(0.1)}, {"penalty": Share(0.5)}),
        ({"penalty": Share(0.1).method}, {"penalty": Share(0.5).method}),
        ({"make": lambda: AutoEncoder(3, hidden=pt.tanh)}, {"make": lambda: AutoEncoder(3, hidden=pt.sin)}),
        (
            {"make": lambda: Wrapped(3, corruption=masking(0.1))},
            {"make": lambda: Wrapped(3, corruption=masking(0.5))},
        ),
        (
            {"make": lambda: AutoEncoder(3, random_state=np.int64(0))},
            {"make": lambda: AutoEncoder(3, random_state=np.int64(1))},
        ),
        ({"callbacks": [Share(0.1).method]}, {"callbacks": [Share(0.5).method]}),
    ],
)
def test_other_options_are_told_apart(first, second, tmp_path):
    def described(make=lambda: AutoEncoder(3), callbacks=(), **options):
        arguments = {"X": X, "backend": None, **options}
        return _described([make()], arguments, callbacks)

    assert described(**first) == described(**first)
    assert described(**first) != described(**second)


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


def test_files_of_the_user_are_not_replaced(tmp_path):
    for name in ("run.1", "run.new"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(FileExistsError, match=rf"run\.{name[4:]} is there already, which these"):
            fitted(tmp_path / "run", every={"every_epochs": 1, "keep": 2})
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


def test_a_relative_path_is_that_of_the_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    fitted("run.ckpt", callbacks=[lambda progress: os.chdir(tmp_path / "other")])
    assert [p.name for p in (tmp_path / "other").iterdir()] == []
    assert (tmp_path / "run.ckpt").exists()


def test_a_model_that_a_callback_makes_is_named_in_the_warning(tmp_path):
    class Copies:
        best = None

        def __call__(self, progress):
            """Keep a copy of the model."""
            self.best = copy.deepcopy(progress.model)

    with pytest.warns(UserWarning, match=r"Copies\.best is <AutoEncoder.*keep its state_dict\(\) instead"):
        fitted(tmp_path / "a", callbacks=[Copies()], every={"every_epochs": 1})


def test_builtins_and_recursive_functions_are_described(tmp_path):
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    def callback(progress):
        even(progress.epoch)

    path = tmp_path / "a"
    costs = fitted(path, callbacks=[print, callback]).costs
    assert fitted(path, callbacks=[print, callback]).costs == costs
