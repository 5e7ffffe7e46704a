"""What a training shows and writes while it runs."""

import csv
import io
import os
import sys
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from rich.console import Console

from udl_pt import DNN, RBM, TSNE, AutoEncoder
from udl_pt.callbacks import CSVLogger, ProgressBar, TensorBoard
from udl_pt.plots import learning_curve

X, Y = np.random.RandomState(0).rand(12, 4), np.arange(12) % 3
FAST = {"batch_sz": 6}


def lines(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_log_has_a_line_for_each_epoch_of_each_training(tmp_path):
    dnn = DNN([3, 2], random_state=0)
    options = {"pretrain_epochs": 2, "pretrain_options": FAST, "validation": 0.25, "epochs": 3, "batch_sz": 3}
    dnn.fit(X, Y, X, Y, learning_rate=0.5, mu=0.25, callbacks=[CSVLogger(tmp_path / "log.csv")], **options)
    rows = lines(tmp_path / "log.csv")
    assert [row["stage"] for row in rows] == ["AutoEncoder(3)"] * 2 + ["AutoEncoder(2)"] * 2 + [
        "DNN([3, 2])"
    ] * 3
    assert [row["epoch"] for row in rows] == ["1", "2", "1", "2", "1", "2", "3"]
    last = rows[4:]
    for name, values in {"cost": dnn.costs, "errors": dnn.errors, "valid_costs": dnn.valid_costs}.items():
        assert [float(row[name]) for row in last] == values
    assert [(float(row["learning_rate"]), float(row["mu"])) for row in last] == [(0.5, 0.25)] * 3
    assert all(row["errors"] == "" for row in rows[:4])
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == sorted(seconds)


def test_a_log_is_replaced_or_continued(tmp_path):
    path = tmp_path / "log.csv"
    for append, n in ((False, 2), (False, 2), (True, 4)):
        RBM(2, random_state=0).fit(X, epochs=2, callbacks=[CSVLogger(path, append=append)], **FAST)
        assert len(lines(path)) == n
    assert [row["cost"] for row in lines(path)[:2]] == [row["cost"] for row in lines(path)[2:]]
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"other\.csv begins with the columns \['a', 'b'\], expected"):
        CSVLogger(tmp_path / "other.csv", append=True)
    assert (tmp_path / "other.csv").read_text() == "a,b\n1,2\n"
    with pytest.raises(TypeError, match="path is 3"):
        CSVLogger(3)
    assert sorted(os.listdir(tmp_path)) == ["log.csv", "other.csv"]


def test_a_bar_moves_to_the_end_in_a_terminal():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    AutoEncoder(3, random_state=0).fit(X, epochs=3, callbacks=[ProgressBar(console)], **FAST)
    shown = screen.getvalue()
    assert "AutoEncoder(3)" in shown
    assert "epoch 3/3, cost" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is hidden, then shown again


def test_a_line_stands_in_a_log():
    log = io.StringIO()
    tsne = TSNE(1, perplexity=2, max_iter=50, random_state=0)
    tsne.fit_transform(X, callbacks=[ProgressBar(Console(file=log))])
    assert log.getvalue().startswith(f"TSNE(1): epoch 50/50, cost {tsne.costs[-1]:.3f}, ")
    assert log.getvalue().count("\n") == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_ends_the_bar_and_on_error_is_called(error):
    seen = []

    class Breaks:
        def __call__(self, progress):
            if progress.epoch == 2:
                raise error

        def on_error(self, progress):
            seen.append(progress.epoch)

    screen = io.StringIO()
    bar = ProgressBar(Console(file=screen, force_terminal=True, width=80))
    with pytest.raises(error):
        AutoEncoder(3, random_state=0).fit(X, epochs=3, callbacks=[bar, Breaks()], **FAST)
    assert screen.getvalue().count("\x1b[?25l") == screen.getvalue().count("\x1b[?25h") == 1
    assert seen == [2]


def test_a_learning_curve_shows_all_that_was_recorded():
    dnn = DNN([3], random_state=0)
    dnn.fit(X, Y, X, Y, pretrain=False, validation=0.25, epochs=4, batch_sz=3)
    costs, errors = learning_curve(dnn).axes
    for axes, records, scale in ((costs, "costs", 1), (errors, "errors", 100)):
        test, valid = axes.lines
        np.testing.assert_array_equal(test.get_ydata(), scale * np.array(getattr(dnn, records)))
        np.testing.assert_array_equal(valid.get_ydata(), scale * np.array(getattr(dnn, f"valid_{records}")))
        assert [line.get_label() for line in axes.lines] == ["test", "validation"]
    with pytest.raises(ValueError, match="this AutoEncoder has recorded no costs"):
        learning_curve(AutoEncoder(2).fit(X, monitor=None, **FAST))


class Writer:
    """What both packages call a SummaryWriter."""

    written: ClassVar[list] = []

    def __init__(self, folder):
        self.written.append(folder)

    def add_scalar(self, name, value, step):
        """Keep the arguments."""
        self.written.append((name, value, step))

    def flush(self):
        """Nothing waits."""


@pytest.mark.parametrize("package", ["tensorboardX", "torch.utils.tensorboard"])
def test_tensorboard_gets_costs_records_and_rates_of_each_epoch(package, monkeypatch):
    Writer.written.clear()
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    monkeypatch.setitem(sys.modules, package, SimpleNamespace(SummaryWriter=Writer))
    board = TensorBoard("runs/first")
    X = np.random.default_rng(0).random((20, 4))
    rbm = RBM(2, random_state=0).fit(X, epochs=2, batch_sz=5, validation=0.2, mu=0.5, callbacks=[board])
    expected = ["runs/first"]
    for epoch, (cost, valid) in enumerate(zip(rbm.costs, rbm.valid_costs, strict=True), start=1):
        named = {"cost": cost, "valid_costs": valid, "learning_rate": 0.1, "mu": 0.5}
        expected += [(f"RBM_2/{name}", value, epoch) for name, value in named.items()]
    assert Writer.written == expected


def test_without_tensorboards_packages_the_error_names_one(monkeypatch):
    for package in ("tensorboardX", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match="pip install tensorboardX"):
        TensorBoard("runs")
    with pytest.raises(TypeError, match="folder is 3, expected the name of a folder"):
        TensorBoard(3)
