"""Names that libraries have lost are served to a script, with the values of that time."""

import textwrap
import warnings

import numpy as np
import pytest

from udl_pt.theano import run_script


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(text, **options):
        (tmp_path / "script.py").write_text(textwrap.dedent(text))
        return run_script("script.py", **options)

    return run


# expression, and what NumPy 1.16, SciPy 1.2, pandas 0.24, scikit-learn 0.20 or Python 3.5 return
VALUES = [
    ("np.float(3) + np.int('2')", 5.0),
    ("np.zeros(2, dtype=np.bool).dtype.name", "bool"),
    ("np.cast['float32'](0.5).dtype.name", "float32"),
    ("np.asscalar(np.float32([2.5]))", 2.5),
    ("np.product([2, 3]) + np.rank([[1]]) + np.alltrue([1, 1])", 9),
    ("np.in1d([1, 2], [2]).tolist()", [False, True]),
    ("np.trapz([1, 2, 3])", 4.0),
    ("np.Inf - 1 == np.infty and np.isnan(np.NaN)", True),
    ("np.array([[1], [1, 2]]).dtype == object", True),
    ("np.array([np.zeros((2, 1)), np.zeros((2, 3))]).shape", (2,)),
    ("np.zeros((2, 6 / 2)).shape", (2, 3)),
    ("np.vstack(x for x in ([1], [2])).tolist()", [[1], [2]]),
    ("np.array(3, copy=False).tolist()", 3),
    ("np.fromstring(b'\\x01\\x00', dtype='<i2').tolist()", [1]),
    ("np.histogram([0, 1], bins=2, normed=True)[0].tolist()", [1.0, 1.0]),
    ("np.arange(3).ptp() + np.float64(2).ptp()", 2.0),
    ("np.arange(2, dtype='u1').tostring()", b"\x00\x01"),
    ("np.random.random_integers(1, 1, 2).tolist()", [1, 1]),
    ("np.mat('1 2').shape", (1, 2)),
    ("np.math.sqrt(4)", 2.0),
    ("float(np.array([2.5])) + int(np.array([[2]]))", 4.5),
    ("'%s' % [np.float64(0.5)]", "[0.5]"),
    ("scipy.misc.logsumexp([0., 0.])", np.log(2)),
    ("scipy.misc.factorial(3) + scipy.misc.comb(4, 2)", 12.0),
    ("scipy.misc.derivative(lambda x: x ** 3, 1., dx=1e-3)", 3.000001),
    ("scipy.exp(0) + scipy.zeros(2)[0] + scipy.pi", 1 + np.pi),
    ("scipy.misc.toimage([[0., 1.], [2., 4.]]).getpixel((1, 0))", 64),
    ("scipy.misc.imresize(np.uint8([[0, 100], [100, 200]]), 200, 'nearest').tolist()[0]", [0, 0, 100, 100]),
    ("scipy.integrate.simps([0, 1, 4])", 8 / 3),
    ("pd.DataFrame({'a': [1, 2]}).as_matrix().tolist()", [[1], [2]]),
    ("pd.DataFrame({'a': [1, 2]}, index=['x', 'y']).ix['y', 'a']", 2),
    ("pd.DataFrame({'a': [1, 2]}, index=['x', 'y']).ix[1, 0]", 2),
    ("pd.rolling_mean(pd.Series([1., 3.]), 2).tolist()[1]", 2.0),
    ("[name for name, _ in pd.DataFrame({'a': [1]}).iteritems()]", ["a"]),
    ("pd.DataFrame({'a': [1]}).append({'a': 2}, ignore_index=True).a.tolist()", [1, 2]),
    ("pd.DataFrame({'a': [2, 1]}).sort('a').a.tolist()", [1, 2]),
    ("[t.tolist() for t, _ in KFold(4, n_folds=2)]", [[2, 3], [0, 1]]),
    ("len(StratifiedKFold([0, 0, 1, 1], n_folds=2))", 2),
    ("linear_assignment(np.array([[2, 1], [1, 2]])).tolist()", [[0, 1], [1, 0]]),
    ("sklearn.externals.joblib.hash(1) == sklearn.externals.joblib.hash(1)", True),
    ("plt.cm.spectral.name", "nipy_spectral"),
    ("plt.hist([0., 1.], bins=1, normed=True)[0].tolist()", [1.0]),
    ("plt.subplot(111, axisbg='red').get_facecolor()", (1.0, 0.0, 0.0, 1.0)),
    ("plt.hold(True)", None),
    ("mlab.normpdf(0., 0., 1.)", 0.3989422804014327),
    ("time.clock() >= 0", True),
    ("issubclass(collections.Iterable, object)", True),
    ("inspect.getargspec(lambda a, b=1: 0).defaults", (1,)),
    ("fractions.gcd(6, 4)", 2),
    ("os.getcwdu() == os.getcwd()", True),
    ("imp.new_module('a').__name__", "a"),
    ("'abc'.translate(string.maketrans('a', 'b'))", "bbc"),
]  # fmt: skip
IMPORTS = """
import collections, fractions, imp, inspect, os, string, time
import numpy as np
import scipy.integrate
import scipy.misc
import pandas as pd
import sklearn.externals.joblib
from sklearn.cross_validation import KFold, StratifiedKFold
from sklearn.utils.linear_assignment_ import linear_assignment
import matplotlib.mlab as mlab
import matplotlib.pyplot as plt
"""


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_a_name_is_served(run, expression, expected):
    value = run(f"{IMPORTS}\nvalue = {expression}\nplt.close('all')\n")["value"]
    if isinstance(expected, float):
        assert value == pytest.approx(expected, rel=1e-9)
    else:
        assert value == expected


def test_what_cannot_be_served_says_why(run):
    with pytest.raises(RuntimeError, match=r"mldata\.org no longer exists"):
        run("from sklearn.datasets import fetch_mldata\nfetch_mldata('MNIST original')\n")
    with pytest.raises(RuntimeError, match=r"pandas\.Panel is gone"):
        run("import pandas as pd\npd.Panel()\n")


def test_a_star_import_hides_no_builtin(run):
    names = run("from numpy import *\nfrom pylab import *\nkept = max([1, 2], key=abs), float, round(2.5)\n")
    assert names["kept"] == (2, float, 2)
    assert names["asscalar"](np.array([1])) == 1


def test_images_are_read_as_they_were_written(run):
    names = run(
        """
        import numpy as np
        from scipy.misc import imread, imsave
        image = np.arange(12, dtype="uint8").reshape(2, 2, 3)
        imsave("image.png", image)
        read, grey = imread("image.png"), imread("image.png", flatten=True)
        """
    )
    np.testing.assert_array_equal(names["read"], names["image"])
    assert names["grey"].shape == (2, 2)
    assert names["grey"].dtype == np.float32


def test_values_of_a_frame_can_be_changed(run):
    names = run(
        """
        import pandas as pd
        frame = pd.DataFrame({"a": [1., 2.]})
        values = frame.values
        values[0, 0] = 5
        frame.ix[0, "a"] = 7
        """
    )
    assert names["values"][0, 0] == 5
    assert names["frame"].a.tolist() == [7, 2]


def test_a_proxy_passes_for_its_module(run):
    names = run(
        """
        import types, numpy, numpy.linalg, numpy.random
        checks = [isinstance(numpy, types.ModuleType), numpy.__version__, numpy.linalg.__name__]
        checks.append("float" in dir(numpy))
        from numpy import random, linalg
        same = random is numpy.random
        """
    )
    assert names["checks"] == [True, np.__version__, "numpy.linalg", True]
    assert names["same"] is True


def test_a_missing_name_stays_an_error(run):
    with pytest.raises(AttributeError, match="no_such_name"):
        run("import numpy as np\nnp.no_such_name\n")
    with pytest.raises(ModuleNotFoundError, match=r"numpy\.nowhere"):
        run("import numpy.nowhere\n")
    with pytest.raises(AttributeError, match="as_matrix"):
        run("[].as_matrix()\n")


def test_warnings_are_as_before_afterwards(run):
    before = list(warnings.filters)
    run("import warnings\nwarnings.warn('old', DeprecationWarning)\n")
    assert list(warnings.filters) == before


def test_six_and_pkg_resources_are_there(run):
    names = run("""
        import pkg_resources, six
        from pkg_resources import parse_version

        def plus(a):
            "Add one."
            return a + 1

        @six.wraps(plus)
        def other(a):
            return plus(a)

        newer = parse_version("1.10.1") > parse_version("1.9rc1")
        name = other.__name__
        texts = six.ensure_str(b"a"), six.ensure_binary("a"), six.ensure_text("a")
        key = list(six.viewkeys({"k": 1}))
        try:
            six.raise_from(ValueError("x"), KeyError("y"))
        except ValueError as error:
            cause = type(error.__cause__).__name__
        """)
    assert names["newer"]
    assert names["name"] == "plus"
    assert names["texts"] == ("a", b"a", "a")
    assert (names["key"], names["cause"]) == (["k"], "KeyError")
