"""What ``--python2`` makes of a script. CPython 2.7.18 with NumPy 1.16.6 printed all expected lines."""

import gzip
import sys

import numpy as np
import pytest

from udl_pt.theano import run_script
from udl_pt.theano._runner._python2 import _tool, compile_python2, translate

# statement of Python 2, and what it printed there
PRINTED = [
    ("print 7 / 2, -7 / 2, 7 / 2., True / 2, 2 ** -1, (5 + 2) / 2 * 1.0", "3 -4 3.5 0 0.5 3.0"),
    ("print np.int64(7) / 2, np.arange(6) / 4, 10 / np.arange(1, 4)", "3 [0 0 0 0 1 1] [10  5  3]"),
    ("print np.float64(7) / 2, np.arange(3) / 2., np.True_ / np.True_", "3.5 [0.  0.5 1. ] 1"),
    ("from __future__ import division; print 7 / 2", "3.5"),
    ("i = 7; i /= 2; print i", "3"),
    ("a = np.arange(5); a /= 2; print a, a.dtype", "[0 0 1 1 2] int64"),
    ("m = np.arange(6).reshape(2, 3); m[:, 1] /= 2; print m.tolist()", "[[0, 0, 2], [3, 2, 5]]"),
    ("a = np.arange(3.); a /= 2; print a", "[0.  0.5 1. ]"),
    ("print round(0.5), round(1.5), round(-0.5), round(3), round(2.675, 2)", "1.0 2.0 -1.0 3.0 2.67"),
    ("print 0.1 + 0.2, 1 / 3., 1e11, 1e10, 1e-5, [0.1 + 0.2]",
     "0.3 0.333333333333 1e+11 10000000000.0 1e-05 [0.30000000000000004]"),
    ("print str(1e20), str(12345678901.5), float('nan'), str(True)", "1e+20 12345678901.5 nan True"),
    ("print 'a',; print 'b\\n',; print 'c'", "a b\nc"),
    ("import sys; print >>sys.stdout, 'to', 3", "to 3"),
    ("print map(str, [1.5]), zip([1], [2]), range(3) + [9], filter(None, 'ab'), filter(None, (0, 1))",
     "['1.5'] [(1, 2)] [0, 1, 2, 9] ab (1,)"),
    ("print map(None, [1, 2], [3]), reduce(lambda a, b: a + b, [1, 2]), cmp(3, 2)",
     "[(1, 3), (2, None)] 3 1"),
    ("d = {'a': 1}; print d.keys()[0], d.has_key('b'), list(d.iteritems()), d.values() + [2]",
     "a False [('a', 1)] [1, 2]"),
    ("print sorted([1, 3], cmp=lambda a, b: b - a), sorted(['b', 'A'], key=str.lower)", "[3, 1] ['A', 'b']"),
    ("x = [3, 1, 2]; x.sort(lambda a, b: b - a); print x; x.sort(); print x", "[3, 2, 1]\n[1, 2, 3]"),
    ("print `1.1`, 0x1F, 017, 10L, 1 <> 2, u'a', ur'\\d'", "1.1 31 15 10 True a \\d"),
    ("import string; print string.letters[:3], string.maketrans('a', 'b')[97], 'ab'.translate(None, 'a')",
     "abc b b"),
    ("print isinstance(3L, long), isinstance(u'a', basestring), unicode('a'), unichr(65)", "True True a A"),
    ("exec 'q = 7 / 2'; print q, eval('9 / 2'), input('')", "3 4 4"),
    ("print 'ab'.encode('hex'), 'abc'.decode('utf-8') == u'abc', raw_input('')", "6162 True 9/2"),
    ("import random; random.seed(42); l = range(10); random.shuffle(l); print l, random.randint(1, 6)",
     "[9, 7, 8, 5, 3, 4, 1, 2, 0, 6] 1"),
    ("import random; random.seed(42); print random.sample(range(20), 4), random.choice('abc')",
     "[12, 0, 4, 3] c"),
    ("import random; random.seed(1); print random.sample(xrange(1000), 7), random.randrange(10)",
     "[134, 847, 763, 255, 495, 449, 651] 7"),
    ("from itertools import izip, imap; print list(izip([1], [2])), sum(imap(abs, [-1]))", "[(1, 2)] 1"),
    ("import urllib, urlparse; print urllib.quote('a b'), urlparse.urlparse('http://x/y').netloc", "a%20b x"),
    ("import cPickle, StringIO; f = StringIO.StringIO(); cPickle.dump((1, 'x'), f); f.seek(0); "
     "print cPickle.load(f)", "(1, 'x')"),
    ("import Queue; print Queue.Queue().empty()", "True"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), PRINTED)
def test_a_statement_prints_what_python_2_printed(text, printed, tmp_path, capsys):
    future = "from __future__" in text
    script = tmp_path / "old.py"
    script.write_text(text + "\n" if future else f"import numpy as np; {text}\n")
    run_script(script, python2=True, answers=["9/2"])
    assert capsys.readouterr().out.removeprefix("9/2\n") == printed + "\n"  # the answer is shown too


CLASSES = """
class A:
    __x = 7
    def __init__(self, v): self.v = v
    def __cmp__(self, other): return cmp(self.v, other.v)
    def __nonzero__(self): return self.v > 0
    def __div__(self, other): return "divided"
    def next(self):
        if self.v <= 0: raise StopIteration
        self.v -= 1
        return self.v
    def __iter__(self): return self
    def half(self):
        self.__x /= 2
        return self.__x
class M(type): pass
class B(object):
    __metaclass__ = M
print A(1) < A(2), A(2) == A(2), bool(A(0)), A(1) / 3, list(A(3)), A(4).next(), A(1).half(), type(B).__name__
try:
    raise ValueError, "bad"
except ValueError, e:
    pass
print e
def f((a, b), c): return a + b + c
print f((1, 2), 3)
"""


def test_classes_exceptions_and_tuple_parameters(tmp_path, capsys):
    (tmp_path / "old.py").write_text(CLASSES)
    run_script(tmp_path / "old.py", python2=True)
    assert capsys.readouterr().out == "True True False divided [2, 1, 0] 3 3 M\nbad\n6\n"


def test_siblings_are_translated_and_found_beside_their_module(tmp_path, capsys):
    package = tmp_path / "parts"
    package.mkdir()
    (package / "__init__.py").write_text("import inner\nfrom inner import half\n")
    (package / "inner.py").write_text("def half(x): return x / 2\nprint 'inner'\n")
    (tmp_path / "old.py").write_text("import parts\nprint parts.half(5), parts.inner.half(3)\n")
    run_script(tmp_path / "old.py", python2=True)
    assert capsys.readouterr().out == "inner\n2 1\n"


def test_a_pickle_of_python_2_is_read(tmp_path):
    # cPickle.dump(("\xe9", numpy.arange(2, dtype="float32")), f, 2) in Python 2 with NumPy 1.16
    pickled = (
        b"\x80\x02U\x01\xe9cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        b"(K\x01K\x02\x85cnumpy\ndtype\nq\x04U\x02f4K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff"
        b"\xffK\x00tb\x89U\x08\x00\x00\x00\x00\x00\x00\x80?tb\x86."
    )
    with gzip.open(tmp_path / "data.pkl.gz", "wb") as file:
        file.write(pickled)
    text = "import cPickle, gzip\nf = gzip.open({!r}, 'rb')\ntext, array = cPickle.load(f)\nf.close()\n"
    (tmp_path / "old.py").write_text(text.format(str(tmp_path / "data.pkl.gz")))
    names = run_script(tmp_path / "old.py", python2=True)
    assert names["text"] == "\xe9"
    np.testing.assert_array_equal(names["array"], np.array([0, 1], "float32"))


# The original, on CPython 2.7, floatX=float64
DIVISIONS = [
    ("i / i", "int32", 1), ("7 / i", "int32", 2), ("-i / 2", "int32", -2), ("i / 2.0", "float64", 1.5),
    ("l / 2", "int64", [0, 1]), ("l.sum() / l.shape[0]", "int64", 2), ("i / np.int64(2)", "int64", 1),
    ("np.arange(2) / l", "int64", [0, 0]), ("f / 2", "float32", 1.25), ("i / f", "float64", 1.2),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "dtype", "value"), DIVISIONS)
def test_variables_divide_as_theano_did_under_python_2(expression, dtype, value, tmp_path):
    (tmp_path / "old.py").write_text(
        "import numpy as np, theano, theano.tensor as T\n"
        "i, l, f = T.iscalar(), T.lvector(), T.fscalar()\n"
        f"y = {expression}\n"
        "f = theano.function([i, l, f], y, on_unused_input='ignore', mode='FAST_COMPILE')\n"
        "value = f(3, [1, 3], 2.5)\n"
    )
    names = run_script(tmp_path / "old.py", python2=True)
    assert names["y"].dtype == dtype
    np.testing.assert_allclose(names["value"], value, rtol=1e-7)


def test_lines_stay_where_they_are(tmp_path):
    text = "def f(x):\n    print 'a', \\\n        x\n    raise ValueError, x\n\nf(1)\n"
    assert translate(text, "x").count("\n") == text.count("\n")
    (tmp_path / "old.py").write_text(text)
    with pytest.raises(ValueError, match="1") as caught:
        run_script(tmp_path / "old.py", python2=True)
    trace = caught.value.__traceback__.tb_next
    lines = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith("old.py"):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    assert lines == [6, 4]


def test_tabs_and_blanks_mix(tmp_path, capsys):
    (tmp_path / "old.py").write_text("if True:\n        x = 1\n\tprint x\n")
    run_script(tmp_path / "old.py", python2=True)
    assert capsys.readouterr().out == "1\n"


def test_a_module_of_python_3_beside_the_script_stays_as_it_is(tmp_path, capsys):
    (tmp_path / "new.py").write_text("def f(a, /, *, b): return a / b\n")
    (tmp_path / "old.py").write_text("import new\nprint new.f(1, b=2)\n")
    run_script(tmp_path / "old.py", python2=True)
    assert capsys.readouterr().out == "0.5\n"


def test_without_fissix_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fissix.refactor", None)
    _tool.cache_clear()
    (tmp_path / "old.py").write_text("print 'a'\n")
    with pytest.raises(ImportError, match=r"pip install 'udl_pt\[theano\]'"):
        run_script(tmp_path / "old.py", python2=True)


def test_neither_python_2_nor_3_is_an_error():
    with pytest.raises(SyntaxError, match="no Python 2, and no Python 3 either") as caught:
        compile_python2(b"x = 1\ny = = 2\n", "wrong.py")
    assert caught.value.lineno == 2
