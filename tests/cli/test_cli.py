"""The command line, as a user meets it."""

import argparse
import gzip
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest
from rich.console import Console

from udl_pt import RBM, AutoEncoder, __version__
from udl_pt.book._shared import Stopwatch
from udl_pt.book.report import Section
from udl_pt.cli import _main as cli
from udl_pt.datasets import Dataset
from udl_pt.training.progress import Progress


@pytest.fixture
def folder(tmp_path):
    """A small set in MNIST's form."""
    rs = np.random.RandomState(0)
    for name, n in (("train", 300), ("t10k", 50)):
        images, labels = rs.randint(0, 256, (n, 64)).astype(np.uint8), (np.arange(n) % 10).astype(np.uint8)
        header = struct.pack(">IIII", 2051, n, 8, 8)
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        packed = gzip.compress(struct.pack(">II", 2049, n) + labels.tobytes())
        (tmp_path / f"{name}-labels-idx1-ubyte.gz").write_bytes(packed)
    return tmp_path


def test_reproduce_writes_chapter_1_and_ends_by_naming_it(folder, capsys):
    out = folder / "out"
    options = ["--data", str(folder), "--out", str(out), "--dtype", "float64", "--seed", "3"]
    assert cli.main(["reproduce", "1", *options]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"The report is in {out / 'index.html'}"
    results = json.loads((out / "results.json").read_text())
    assert (results["data"], list(results["chapters"])) == (f"IDX files in {folder.name} (300 + 50)", ["1"])
    assert (results["seed"], results["dtype"], results["backend"]) == (3, "float64", "jax")
    for written in ("results.json", "index.html"):
        assert str(folder) not in (out / written).read_text()


@pytest.mark.parametrize("sizes", [["8,5"], ["8", "5"], ["8,5", "3"]])
def test_sizes_may_be_separated_by_commas_or_spaces(sizes, folder, monkeypatch):
    seen = []

    def chapter(data, settings):
        seen.extend(settings.sizes)
        return Section("Chapter 3", ["done"])

    monkeypatch.setitem(cli.CHAPTERS, "3", chapter)
    arguments = ["reproduce", "3", "--data", str(folder), "--out", str(folder / "out"), "--sizes", *sizes]
    assert cli.main(arguments) == 0
    assert seen == [int(size) for some in sizes for size in some.split(",")]


@pytest.mark.slow
def test_reproduce_writes_the_report_and_ends_by_naming_it(folder, capsys):
    out = folder / "out"
    options = ["--sizes", "8,5", "--epochs", "1", "--dtype", "float64", "--seed", "3"]
    assert cli.main(["reproduce", "3", "--data", str(folder), "--out", str(out), *options]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"The report is in {out / 'index.html'}"
    results = json.loads((out / "results.json").read_text())
    assert results["data"] == f"IDX files in {folder.name} (300 + 50)"
    assert (results["seed"], results["dtype"], results["backend"]) == (3, "float64", "jax")
    assert results["chapters"]["3"]["sizes"] == [8, 5]
    assert results["chapters"]["3"]["epochs"] == {"pretrained": 1, "not pretrained": 1}
    assert re.search(r"After 1 epoch of fine-tuning .* after 1 epoch, on", " ".join(printed.split()))
    for written in ("results.json", "index.html"):
        assert str(folder) not in (out / written).read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9"], "there is no chapter 9 here yet, expected one of 1, 2, 3, 4"),
        (["--backend", "theano"], "backend is 'theano'"),
        (["--data", "nowhere"], "there is no nowhere, expected an .npz or .npy file"),
        (["--data", "no\x1b[2J\udcff.csv"], r"there is no no\x1b[2J\udcff.csv"),
        (["--data", "nowhere.csv"], "there is no nowhere.csv"),
        (["--data", "digits", "--label", "a"], "label is 'a', but it is for tables alone"),
        (["--data", "digits", "--image-shape", "4", "16"], "has images of (8, 8)"),
        (["--data", "digits", "--resize", "4"], "resize is [4], expected (rows, columns)"),
        (["--data", ""], "path is '', expected a folder or a file"),
        (["--epochs", "0"], "epochs is 0, expected at least 1"),
        (["--sizes", "8", "0"], "sizes is 0, expected at least 1"),
        (["--dtype", "float16"], "dtype is float16"),
        (["--out", ""], "--out is '', expected a folder"),
        (["--seed", "-1"], "random_state is -1"),
        (["--seed", str(2**32)], "random_state is 4294967296"),
    ],
)
def test_bad_input_is_explained_in_a_line_before_anything_is_run(
    arguments, message, capsys, tmp_path, monkeypatch
):
    went_on = dict.fromkeys(cli.CHAPTERS, lambda data, settings: pytest.fail("went on"))
    monkeypatch.setattr(cli, "CHAPTERS", went_on)
    assert cli.main(["reproduce", "--out", str(tmp_path / "out"), *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


def test_an_out_that_is_a_file_is_refused_before_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli, "load_data", lambda path, **options: pytest.fail("went on"))
    file = tmp_path / "mine"
    file.write_text("mine")
    for out in (file, file / "report"):
        assert cli.main(["reproduce", "--out", str(out)]) == 2
        assert f"--out {out}: {file} is a file" in capsys.readouterr().err
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("command", "name"),
    [("reproduce", "index.html"), ("reproduce", "results.json"), ("compare", "comparison.json")],
)
def test_an_out_with_a_folder_under_a_files_name_is_refused_before_training(
    command, name, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(cli, "load_data", lambda path, **options: pytest.fail("went on"))
    (tmp_path / name).mkdir()
    assert cli.main([command, "--out", str(tmp_path)]) == 2
    assert f"--out {tmp_path}: {name} there is a folder" in capsys.readouterr().err


def test_names_that_are_no_text_neither_fail_nor_reach_the_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli, "load_data", made_up)
    monkeypatch.setattr(cli, "CHAPTERS", {"3": lambda data, settings: Section("Three", ["Done."])})
    out = tmp_path / "\x1b[2J\udcff"
    assert cli.main(["reproduce", "3", "--out", str(out)]) == 0
    assert (out / "index.html").is_file()
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"The report is in {tmp_path}/\\x1b[2J\\udcff/index.html"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="has no file system that refuses even root")
def test_an_out_that_cannot_be_made_is_refused_before_training(capsys, monkeypatch):
    monkeypatch.setattr(cli, "load_data", lambda path, **options: pytest.fail("went on"))
    for out in ("/proc/x", "/proc/x/y", "/proc"):
        assert cli.main(["reproduce", "--out", out]) == 2
        assert f"--out {out} can't be made or written to" in capsys.readouterr().err


def test_sizes_that_are_no_numbers(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["reproduce", "--sizes", "20,ten"])
    assert stopped.value.code == 2
    assert "'20,ten', expected whole numbers such as 1000,750,500" in capsys.readouterr().err


PIXELS = np.random.RandomState(0).randint(0, 256, (100, 4))


def made_up(path, **options):
    return Dataset(PIXELS, np.random.permutation(100) % 10, np.ones((1, 4)), [0], "made up")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_data_are_cast_once_to_the_runs_dtype(dtype, monkeypatch):
    monkeypatch.setattr(cli, "load_data", made_up)
    seen = []

    def chapter(data, settings):
        seen.append(data)
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.CHAPTERS, "3", chapter)
    cli.main(["reproduce", "3", "--dtype", dtype])
    (data,) = seen
    assert data.X.dtype == data.Xtest.dtype == dtype
    np.testing.assert_array_equal(data.X, (PIXELS / 255).astype(dtype))
    assert data.source == "made up"


def test_the_seed_decides_kaggles_shuffle_and_leaves_the_global_generator(monkeypatch):
    monkeypatch.setattr(cli, "load_data", made_up)
    np.random.seed(5)
    options = [
        argparse.Namespace(data="train.csv", label=None, image_shape=None, resize=None, seed=seed)
        for seed in (1, 1, 2)
    ]
    first, again, other = (cli._load(one, "float64").Y for one in options)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    after = np.random.random_sample()
    np.random.seed(5)
    assert after == np.random.random_sample()


def run_of_two_stages(console):
    with cli._Bars(console) as bars:
        bars.say("DNN([9, 3]), pretrained")
        for stage in ("AutoEncoder(9)", "DNN([9, 3])"):
            progress = Progress(stage, epochs=3, n_batches=50)
            bars.on_start(progress)
            for epoch in (1, 2, 3):
                for batch in range(1, 51):
                    progress.advance(epoch=epoch, batch=batch)
                    bars.on_batch(progress)
                progress.advance(cost=10.0 / epoch)
                bars(progress)
            bars.on_end(progress)
    return console.file.getvalue()


def test_a_log_gets_a_line_a_stage():
    said = run_of_two_stages(Console(file=io.StringIO(), width=100)).splitlines()
    assert [line.rpartition(",")[0] for line in said] == [
        "DNN([9, 3])",
        "AutoEncoder(9): epoch 3/3, cost 3.333",
        "DNN([9, 3]): epoch 3/3, cost 3.333",
    ]


def test_a_terminal_gets_a_bar_a_stage():
    text = run_of_two_stages(Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None))
    last = text.split("DNN([9, 3]), pretrained")[-1]
    for stage in ("AutoEncoder(9)", "DNN([9, 3])"):
        assert re.search(re.escape(stage) + r" +━+ +epoch 3/3, cost 3.333", last)
    assert "compiling" in text
    assert "compiling" not in last.splitlines()[-1]


def test_interruption(monkeypatch, capsys):
    def interrupt(path, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "load_data", interrupt)
    assert cli.main(["reproduce"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_an_interrupted_report_resumes(tmp_path, monkeypatch, capsys):
    batches, stop_at = [], [7]

    class Interrupt:
        observes_only = True
        not_saved = ()

        def on_batch(self, progress):
            batches.append(progress.stage)
            time.sleep(0.01)  # the watch rounds to hundredths
            if len(batches) == stop_at[0]:
                raise KeyboardInterrupt

    def chapter(data, settings):
        watch, X = Stopwatch(), np.repeat(np.eye(4), 5, axis=0)
        first = AutoEncoder(3, **settings.made())
        first.fit(X, epochs=2, batch_sz=10, **settings.fitting(watch, Interrupt()))
        second = RBM(2, **settings.made()).fit(X, epochs=3, batch_sz=10, **settings.fitting(Interrupt()))
        assert 0.04 <= watch.seconds()["whole"] < 100  # of four batches
        return Section("Three", ["Done."], results={"costs": [first.costs, second.costs]})

    monkeypatch.setattr(cli, "load_data", made_up)
    monkeypatch.setattr(cli, "CHAPTERS", {"3": chapter})

    def costs(out, *options):
        assert cli.main(["reproduce", "3", "--out", str(tmp_path / out), *options]) == 0
        return json.loads((tmp_path / out / "results.json").read_text())["chapters"]["3"]["costs"]

    assert cli.main(["reproduce", "3", "--out", str(tmp_path / "out"), "--resume"]) == 130
    there = sorted(p.name for p in (tmp_path / "out" / "checkpoints").iterdir())
    assert there == ["chapter3-1.ckpt"]
    resumed = costs("out", "--resume")
    assert set(batches[7:]) == {"RBM(2)"}
    assert not (tmp_path / "out" / "checkpoints").exists()
    stop_at[0] = 0
    assert resumed == costs("other")


OPTIONS = {
    "reproduce": ["3", "--sizes", "8", "--epochs", "100000", "--backend", "jax"],
    "compare": ["rbm", "--sizes", "4", "--steps", "1000000", "--backends", "--twins", "numpy"],
}


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="has no SIGHUP")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("command", OPTIONS)
def test_a_signal_leaves_no_process_no_temporary_file_and_no_page(command, number, tmp_path):
    temporary, out = tmp_path / "temporary", tmp_path / "out"
    temporary.mkdir()
    line = [sys.executable, "-m", "udl_pt", command, *OPTIONS[command], "--out", str(out)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    before = signal.signal(number, signal.SIG_DFL)  # nohup ignores SIGHUP, and so would what is started
    process = subprocess.Popen(line, start_new_session=True, env=environment, **pipes)
    signal.signal(number, before)
    with process:
        process.stdout.readline()  # the data's source: it is at work from here on
        time.sleep(0.5)
        process.send_signal(number)
        try:
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 128 + number, errors
    assert f"ended by {number.name}" in errors
    assert list(temporary.iterdir()) == []
    assert not out.exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


INTERRUPTED = """
import atexit, sys, threading, time
from udl_pt import cli
from udl_pt.cli import _main

def interrupt(path, **options):
    raise KeyboardInterrupt

_main.load_data = interrupt
atexit.register(print, "cleaned up")
threading.Thread(target=time.sleep, args=(600,)).start()  # as of compiled code that still runs
sys.argv = ["udl-pt", "reproduce"]
cli.run()
"""


def test_an_interrupted_process_cleans_up_and_waits_for_no_thread():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "cleaned up\n", "udl-pt: interrupted\n")


@pytest.mark.parametrize(("words", "status"), [(["--version"], 0), (["reproduce", "9"], 2)])
def test_the_exit_status_is_that_of_the_command(words, status, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["udl-pt", *words])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert ended.value.code == status


def test_handlers_are_what_they_were_afterwards(capsys):
    before = signal.getsignal(signal.SIGTERM), sys.unraisablehook, tempfile.tempdir
    assert cli.main(["reproduce", "9"]) == 2
    assert (signal.getsignal(signal.SIGTERM), sys.unraisablehook, tempfile.tempdir) == before


def test_version_and_module():
    command = [sys.executable, "-m", "udl_pt", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert result.stdout.strip() == f"udl-pt {__version__}"
