"""Files of checkpoints: what they are compared with, what they replace, and what they can't hold."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytensor.tensor as pt
import pytest
from saved_models import LABELLED, X, held
from stopped_fits import FAST, StopAfter, Stopped, fitted

import udl_pt
from udl_pt import DBN, DNN, AutoEncoder, DataError, eager
from udl_pt.backends._internals import global_generator
from udl_pt.callbacks import Checkpoint, LinearDecay
from udl_pt.symbolic.corruption import masking
from udl_pt.training._resumable import _described


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
            r"penalty is test_checkpoints.<lambda> \(\w+\), in the checkpoint None",
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


def test_the_file_of_a_checkpoint_is_no_model(tmp_path):
    fitted(tmp_path / "ae.ckpt")
    with pytest.raises(DataError, match="checkpoint"):
        udl_pt.load(tmp_path / "ae.ckpt")


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


def test_a_symbolic_link_is_followed_to_its_file(tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / "run.ckpt"
    link.symlink_to(tmp_path / "far" / "real.ckpt")
    right = fitted(tmp_path / "right")
    with pytest.raises(Stopped):
        fitted(link, callbacks=[StopAfter(8)])
    assert sorted(p.name for p in (tmp_path / "far").iterdir()) == ["real.ckpt", "real.ckpt.1"]
    (tmp_path / "far" / "real.ckpt").write_bytes(b"")
    with pytest.warns(UserWarning, match="is damaged"):
        again = fitted(link)
    assert link.is_symlink()
    assert held(again.params) == held(right.params)


def test_numbers_in_arrays_without_dimensions_are_compared(tmp_path):
    fitted(tmp_path / "a", mu=np.array(0.5))
    assert len(fitted(tmp_path / "a", mu=0.5).costs) == 3
    with pytest.raises(ValueError, match=r"mu is 0\.25, in the checkpoint 0\.5"):
        fitted(tmp_path / "a", mu=np.array(0.25))
