"""Optimisers that a script writes, and the graphs that they read. The values are those of Theano 1.0.5."""

import numpy as np
import pytest
from pytensor.compile.mode import optdb


@pytest.fixture(autouse=True)
def _on_c(monkeypatch):
    monkeypatch.setenv("UDL_PT_BACKEND", "c")


@pytest.fixture
def T(theano):
    return theano.tensor


@pytest.fixture
def databases():
    """Undo at the end what a test registers."""
    kept = [
        (db, {tag: type(members)(members) for tag, members in db.__db__.items()}, set(db._names))
        for db in (optdb, optdb["canonicalize"])
    ]
    positions = dict(optdb.__position__)
    yield
    for db, members, names in kept:
        db.__db__.clear()
        db.__db__.update(members)
        db._names = names
    optdb.__position__ = positions


def test_a_decorated_function_replaces_nodes(theano, T, databases):
    x, seen = T.dvector("x"), []
    assert theano.function([x], T.sinh(x) * 3)([0, 0]).tolist() == [0, 0]

    @T.opt.register_canonicalize
    @theano.gof.local_optimizer([T.sinh])
    def local_sinh_is_two(node):
        if hasattr(node, "fgraph"):
            seen.append((len(node.outputs[0].clients), node.outputs[0].fgraph is node.fgraph))
        return [T.exp(node.inputs[0]) * 0 + 2]

    assert theano.function([x], T.sinh(x) * 3)([0, 0]).tolist() == [6, 6]
    assert seen[0] == (1, True)
    (replaced,) = local_sinh_is_two.transform(T.sinh(x).owner)
    assert replaced.ndim == 1
    assert local_sinh_is_two.transform(T.exp(x).owner) is False


def test_classes_are_registered_at_their_positions(theano, T, databases):
    gof, optdb, order = theano.gof, theano.compile.optdb, []

    class TanIsTen(gof.LocalOptimizer):
        def tracks(self):
            return [T.tan]

        def transform(self, node):
            return [node.inputs[0] * 10] if node.op == T.tan else False

    class CoshIsTan(gof.Optimizer):
        def add_requirements(self, fgraph):
            fgraph.attach_feature(gof.toolbox.ReplaceValidate())

        def apply(self, fgraph):
            for node in fgraph.toposort():
                if node.op == T.cosh:
                    order.append("cosh")
                    fgraph.replace_validate(node.outputs[0], T.tan(node.inputs[0]))

    optdb.register("tan_is_ten", gof.TopoOptimizer(TanIsTen(), order="in_to_out"), 0.6, "fast_run")
    optdb.register("cosh_is_tan", CoshIsTan(), 0.5, "fast_run")
    x = T.dvector("x")
    assert theano.function([x], T.cosh(x), mode="FAST_RUN")([1, -2]).tolist() == [10, -20]
    assert order == ["cosh"]


def test_an_optimiser_is_applied_by_optimize(theano):
    gof = theano.gof
    from theano.scalar import add, float64, mul, true_div

    class Simplify(gof.LocalOptimizer):
        def transform(self, node):
            if node.op == true_div:
                x, y = node.inputs
                if x.owner and x.owner.op == mul:
                    a, b = x.owner.inputs
                    return [b] if y == a else [a] if y == b else False
            return False

    x, y, z = float64("x"), float64("y"), float64("z")
    graph = gof.FunctionGraph([x, y, z], [true_div(mul(add(y, z), x), add(y, z))])
    simplify = gof.TopoOptimizer(Simplify())
    simplify.optimize(graph)
    assert len(graph.apply_nodes) == 4
    gof.MergeOptimizer().optimize(graph)
    assert len(graph.apply_nodes) == 3
    simplify.optimize(graph)
    assert graph.outputs[0] is graph.inputs[0]


def test_a_functions_variables_know_their_clients(theano, T):
    x = T.dvector("x")
    graph = theano.function([x], T.exp(x).sum()).maker.fgraph
    one, other = graph.toposort()
    assert one.outputs[0].clients == [(other, 0)]
    assert other.outputs[0].clients == [("output", 0)]
    assert one.fgraph is graph.inputs[0].fgraph is graph
    for variable in (x, T.exp(x)):
        assert not hasattr(variable, "clients")
        assert not hasattr(variable, "fgraph")


def test_a_types_methods_can_be_set(theano):
    kind = theano.gof.Type()
    kind.filter = lambda value, strict=False, allow_downcast=None: float(value)

    class Twice(theano.Op):
        __props__ = ()

        def make_node(self, v):
            return theano.Apply(self, [v], [kind()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = 2 * inputs[0]

    v = kind("v")
    assert theano.function([v], Twice()(v))(4) == 8.0


def test_test_values_are_printed(theano, T):
    x, y = T.dvector("x"), T.dscalar("y")
    x.tag.test_value = [1, 2]
    shared = theano.shared(3.0, "s")
    with theano.change_flags(print_test_value=True):
        assert [repr(v) for v in (x, y, shared)] == ["x\narray([1., 2.])", "y", "s\narray(3.)"]
        assert repr(x + 1).count("\n") == 0
    assert repr(x) == "x"


def test_the_dtypes_of_sparse_matrices_are_a_set(theano):
    import theano.sparse.basic

    assert theano.sparse.all_dtypes == theano.sparse.basic.all_dtypes == set(theano.sparse.all_dtypes)
    assert np.array([*theano.sparse.all_dtypes]).size == 12
