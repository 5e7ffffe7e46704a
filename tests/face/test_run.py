"""The command that runs a script of Theano's time: arguments, errors, figures, answers, seeds, the report."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from udl_pt.theano import run_script
from udl_pt.theano.__main__ import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a script's text, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(text, *arguments, name="script.py", **options):
        (tmp_path / name).write_text(textwrap.dedent(text))
        return run_script(name, arguments, **options)

    return run


def test_the_script_is_main_with_its_arguments_and_its_folder(run, tmp_path):
    before = sys.modules["__main__"], sys.argv, list(sys.path)
    names = run(
        """
        import sys, __main__
        argv, path, name, file = sys.argv, sys.path[0], __name__, __file__
        same = __main__.argv is argv
        """,
        "1",
        "--x",
    )
    assert names["argv"] == ["script.py", "1", "--x"]
    assert names["path"] == os.path.realpath(tmp_path)
    assert names["name"] == "__main__"
    assert names["file"] == str(tmp_path / "script.py")
    assert names["same"] is True
    assert (sys.modules["__main__"], sys.argv, sys.path) == before


def test_theano_is_found_and_gone_afterwards(run):
    names = run(
        """
        import theano
        import theano.tensor as T
        x = T.dvector("x")
        y = theano.function([x], (x ** 2).sum(), mode="FAST_COMPILE")([1, 2, 3])
        """
    )
    assert names["y"] == 14.0
    assert "theano" not in sys.modules


def test_a_sibling_is_compiled_as_the_script_and_forgotten(run, tmp_path):
    (tmp_path / "beside.py").write_text("import numpy as np\nkind = np.float\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "further.py").write_text("import numpy as np\nkind = np.object\n")
    names = run("import sys\nsys.path.append('folder')\nimport beside, further\n")
    assert names["beside"].kind is float
    assert names["further"].kind is object
    assert not {"beside", "further"} & set(sys.modules)


def test_a_library_of_that_time_gets_what_the_script_gets(run, tmp_path, monkeypatch):
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "oldlib.py").write_text("from inspect import getargspec\n")
    monkeypatch.syspath_prepend(tmp_path / "installed")
    with pytest.raises(ImportError, match="getargspec"):
        run("import oldlib\n")
    assert run("import oldlib\n", libraries=["oldlib"])["oldlib"].getargspec(lambda a: 0).args == ["a"]


def test_a_script_pickles_its_own_classes(run):
    text = "import pickle\nclass A: pass\ncopy = pickle.loads(pickle.dumps(A()))\nsame = type(copy) is A\n"
    assert run(text)["same"] is True


def test_only_the_script_sees_names_that_libraries_have_lost(run):
    names = run(
        """
        import sys
        import numpy
        import numpy as np
        lost = np.asscalar(np.array([3])), np.product([2, 3])
        there = hasattr(sys.modules["numpy"], "asscalar")
        """
    )
    assert names["lost"] == (3, 6)
    assert names["there"] is False
    assert not hasattr(np, "asscalar")


def test_what_a_script_sets_in_a_module_is_set(run, monkeypatch):
    monkeypatch.setattr(np, "marked", 1, raising=False)
    run("import numpy as np\nnp.marked = 2\n")
    assert np.marked == 2


def test_an_error_shows_only_the_scripts_frames(tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text("import numpy as np\n\ndef f(x):\n    return 1 / x\n\nf(0)\n")
    command = [sys.executable, "-m", "udl_pt.theano", str(script)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    python = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert ran.returncode == python.returncode == 1
    assert ran.stderr == python.stderr
    assert ran.stderr.count("wrong.py") == 2


@pytest.mark.parametrize(("statement", "status"), [("sys.exit(3)", 3), ("sys.exit()", None), ("x = 1", 0)])
def test_the_exit_status_is_the_scripts(run, statement, status, tmp_path):
    (tmp_path / "ends.py").write_text(f"import sys\n{statement}\n")
    try:
        result = main([str(tmp_path / "ends.py")])
    except SystemExit as error:
        result = error.code
    assert result == status


def test_a_missing_file_is_an_error(capsys):
    assert main(["nowhere.py"]) == 2
    assert "there is no file 'nowhere.py'" in capsys.readouterr().err


def test_show_writes_numbered_figures(run, capsys, tmp_path):
    run(
        """
        import matplotlib.pyplot as plt
        plt.plot([1, 2])
        plt.show()
        plt.imshow([[1, 2]], cmap="spectral")
        plt.show()
        assert plt.get_fignums() == []
        plt.figure(); plt.plot([3]); plt.show(block=False)
        plt.pause(0.1); plt.pause(0.1)
        """,
        report="report.json",
    )
    written = json.loads((tmp_path / "report.json").read_text())["figures"]
    assert written == ["figure_001.png", "figure_002.png", "figure_003.png"]
    said = capsys.readouterr().err
    for name in written:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert f"plt.show() wrote {name}\n" in said


def test_figures_go_into_a_folder(run, tmp_path):
    run("import pylab\npylab.plot([1])\npylab.show()\n", figures=tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["figure_001.png"]


def test_questions_are_answered_in_turn(run, capsys):
    names = run("a = input('first? ')\nb = input()\n", answers=["yes", "2"])
    assert (names["a"], names["b"]) == ("yes", "2")
    assert capsys.readouterr().out == "first? yes\n2\n"


def test_a_question_without_an_answer_names_the_option(run, monkeypatch):
    def nobody(prompt=""):
        raise EOFError("EOF when reading a line")

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(EOFError) as caught:
        run("a = input('first? ')\n")
    assert "--answer TEXT" in caught.value.__notes__[0]


SEEDED = """
import random
import numpy as np
import theano
from theano.tensor.shared_randomstreams import RandomStreams
def uniform(streams):
    return float(theano.function([], streams.uniform(), mode="FAST_COMPILE")())
drawn = np.random.rand(), random.random(), np.random.RandomState().rand(), uniform(RandomStreams())
fixed = np.random.RandomState(7).rand(), uniform(RandomStreams(7))
mine = isinstance(np.random.RandomState(), np.random.RandomState), isinstance(RandomStreams(), RandomStreams)
"""


def test_a_seed_seeds_what_the_script_does_not(run):
    first, second, other = (run(SEEDED, seed=seed) for seed in (5, 5, 6))
    assert first["drawn"] == second["drawn"]
    assert not set(first["drawn"]) & set(other["drawn"])
    assert first["drawn"][0] == np.random.RandomState(5).rand()
    assert first["fixed"] == other["fixed"] == run(SEEDED)["fixed"]
    assert first["fixed"][0] == np.random.RandomState(7).rand()
    assert first["mine"] == (True, True)


def test_the_report_lists_what_the_script_used(run, tmp_path):
    with pytest.raises(AttributeError):
        run(
            """
            import numpy as np
            import theano
            import theano.tensor as T
            x = T.dscalar()
            f = theano.function([x], T.exp(x) * np.float(1), mode="FAST_COMPILE")
            T.no_such_name
            """,
            report="report.json",
        )
    report = json.loads((tmp_path / "report.json").read_text())
    assert "theano.function" in report["served differently from PyTensor"]
    assert "theano.tensor.exp" not in report["served differently from PyTensor"]
    assert list(report["missing"]) == ["theano.tensor.no_such_name"]
    assert report["shims"] == {"numpy.float": 1}
    assert report["outcome"].startswith("AttributeError: theano.tensor.no_such_name")
    assert report["functions"] == 1
    assert 0 < report["seconds"]["compiling"] < report["seconds"]["total"]


def test_a_backend_holds_while_the_script_runs(run):
    from udl_pt.backends import get_backend
    from udl_pt.backends._choice import set_choice

    before, choice = get_backend(), set_choice()
    names = run("from udl_pt.backends import get_backend\nbackend = get_backend()\n", backend="numba")
    assert names["backend"] == "numba"
    assert (get_backend(), set_choice()) == (before, choice)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("print 'a'\n", "script.py is written for Python 2: run it with --python2."),
        ("try:\n    pass\nexcept ValueError, e:\n    pass\n", "is written for Python 2"),
        ("for i in xrange(3): pass\n", "'xrange' is a name of Python 2"),
        ("raw_input()\n", "'raw_input' is a name of Python 2"),
        ("unicode('a')\n", "'unicode' is a name of Python 2"),
        ("import cPickle\n", "'cPickle' is a name of Python 2"),
        ("import urllib2\n", "'urllib2' is a name of Python 2"),
        ("from itertools import izip\n", "'izip' is a name of Python 2"),
        ("{}.iteritems()\n", "'iteritems' is a name of Python 2"),
        ("{}.keys()[0]\n", "If this script was written for Python 2, run it with --python2"),
        ("import numpy\nnumpy.zeros(3)[4 / 2]\n", "If this script was written for Python 2"),
        ("import pickle\npickle.loads(b'\\x80\\x02U\\x01\\xe9q\\x00.')\n", "Python 2 wrote this pickle"),
    ],
)
def test_a_script_of_python_2_names_the_flag(run, text, sentence):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        run(text)
    assert sentence in caught.value.__notes__[0]


def test_an_error_of_python_3_names_no_flag(run):
    with pytest.raises(SyntaxError) as caught:
        run("x = = 1\n")
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(NameError) as caught:
        run("nothing\n")
    assert not hasattr(caught.value, "__notes__")
