"""What the `repr` of a model says: its class, its arguments, and whether it is fitted."""

from functools import partial

import numpy as np
import pytest

import udl_pt
from udl_pt import eager
from udl_pt.symbolic.corruption import masking

X, Y = np.random.RandomState(0).rand(6, 3), np.arange(6) % 2


@pytest.mark.parametrize("side", [udl_pt, eager], ids=lambda side: side.__name__)
def test_a_model_says_what_differs_from_the_defaults(side):
    said = {
        "<AutoEncoder(5), not fitted>": side.AutoEncoder(5),
        "<AutoEncoder(5, an_id='first', hidden='relu'), not fitted>": side.AutoEncoder(
            5, "first", hidden="relu", random_state=0
        ),
        "<RBM(4, dtype='float32'), not fitted>": side.RBM(4, dtype="float32"),
        "<DNN([3, 2]), not fitted>": side.DNN([3, 2]),
        "<DNN([3, 2], 'RBM'), not fitted>".replace("'RBM'", "UnsupervisedModel='RBM'"): side.DNN(
            [3, 2], side.RBM
        ),
        "<DBN([3, 2], UnsupervisedModel=['RBM', 'AutoEncoder']), not fitted>": side.DBN(
            [3, 2], [side.RBM, side.AutoEncoder]
        ),
        "<PCA(n_components=2, whiten=True), not fitted>": side.PCA(2, whiten=True),
        "<TSNE(perplexity=2), not fitted>": side.TSNE(perplexity=2),
        "<SymmetricSNE(), not fitted>": side.SymmetricSNE(),
    }
    assert {repr(model) for model in said.values()} == set(said)


def test_so_do_those_without_a_twin():
    assert repr(udl_pt.Ladder([3, 2], noise=0.1)) == "<Ladder([3, 2], noise=0.1), not fitted>"
    assert repr(udl_pt.DeepAutoEncoder([3, 2])) == "<DeepAutoEncoder([3, 2]), not fitted>"
    assert repr(udl_pt.RBM(3, visible="gaussian")) == "<RBM(3, visible='gaussian'), not fitted>"
    deep = repr(udl_pt.DNN([3], corruption=masking(0.5)))
    assert deep.startswith("<DNN([3], corruption=functools.partial(<function _masking")
    assert deep.endswith("), not fitted>")


@pytest.mark.parametrize("side", [udl_pt, eager], ids=lambda side: side.__name__)
def test_a_fitted_model_says_to_how_many_features(side):
    fit = {"pretrain": False, "epochs": 0}
    assert repr(side.RBM(4).fit(X, epochs=0)) == "<RBM(4), fitted to 3 features>"
    assert repr(side.DNN([2]).fit(X, Y, X, Y, **fit)) == "<DNN([2]), fitted to 3 features>"
    assert repr(side.DBN([2]).fit(X, 0)) == "<DBN([2]), fitted to 3 features>"
    assert repr(side.PCA().fit(X)) == "<PCA(), fitted to 3 features>"
    tsne = side.TSNE(perplexity=2, max_iter=1, random_state=0)
    tsne.fit_transform(X)
    assert repr(tsne) == "<TSNE(perplexity=2, max_iter=1), fitted>"


def test_a_subclass_with_arguments_of_its_own():
    class Named(udl_pt.AutoEncoder):
        def __init__(self, *sizes, colour="red", **options):
            super().__init__(*sizes, **options)
            self.colour = colour

    assert repr(Named(3)) == "<Named(), not fitted>"
    assert repr(Named(3, colour="blue")) == "<Named(colour='blue'), not fitted>"
    assert repr(partial(Named, 3)()) == "<Named(), not fitted>"


@pytest.mark.parametrize("kind", [udl_pt.TSNE, udl_pt.SymmetricSNE, udl_pt.PCA])
def test_a_model_that_is_its_own_argument_is_shown_once(kind):
    model = kind()
    name = "dtype" if "dtype" in model.get_params() else "n_components"
    model.set_params(**{name: [model, model]})
    assert repr(model) == f"<{kind.__name__}({name}=[..., ...]), not fitted>"
