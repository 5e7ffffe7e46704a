"""Theano's tests without their assertions about optimised graphs; what else they assert stays.

Dropped are statements that assert something of ``f.maker``, of ``toposort()``, of the class of a variable's
Op, or of a name that holds a part of these. Assignments and loops stay.
"""

import ast
import functools
import importlib.machinery
import re
import textwrap

__all__ = ["SourceLoader", "asserts_graphs_alone"]

GRAPH = {"maker", "toposort", "apply_nodes"}
HELPERS = re.compile(r"assertFunctionContains|assert_has_opt|check_stack_trace|assert_inplace")
ASSERTION = re.compile(r"assert|^fail$", re.IGNORECASE)
CHECK = re.compile(r"assert|raises|verify_grad|allclose|check|compare|^fail$|^test_|validate", re.IGNORECASE)


def _called(node):
    """Return the name that a call calls."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _reads_graph(node, names):
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr in GRAPH:
            return True
        if _asks_for_class(part) or (isinstance(part, ast.Call) and HELPERS.search(_called(part))):
            return True
        if isinstance(part, ast.Name) and part.id in names:
            return True
    return False


def _asks_for_class(node):
    """Return whether an expression compares a variable's Op, or what it reads, or asks for its class."""
    if isinstance(node, ast.Call) and _called(node) == "isinstance":
        asked = node.args[0]
    elif isinstance(node, ast.Compare):
        asked = node.left
        if isinstance(asked, ast.Attribute) and asked.attr == "__class__":
            asked = asked.value
        if isinstance(asked, ast.Subscript):
            asked = asked.value
            return isinstance(asked, ast.Attribute) and ast.unparse(asked).endswith(".owner.inputs")
    else:
        return False
    return isinstance(asked, ast.Attribute) and asked.attr == "op"


def _targets(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _graph_names(function):
    """Return the names that hold a part of a graph within a function."""
    names, before = set(), None
    while before != names:
        before = set(names)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _reads_graph(node.value, names):
                names.update(*(_targets(t) for t in node.targets if isinstance(t, ast.Name | ast.Tuple)))
            elif isinstance(node, ast.For) and _reads_graph(node.iter, names):
                names.update(_targets(node.target))  # a comprehension's names end with it
    return names


class _Dropper(ast.NodeTransformer):
    """Drops the statements that assert something of a graph."""

    def __init__(self):
        self.names, self.dropped = frozenset(), 0

    def visit_FunctionDef(self, node):
        before, self.names = self.names, self.names | _graph_names(node)
        self.generic_visit(node)
        self.names = before
        return node

    def _drop(self, node):
        self.dropped += 1
        return ast.copy_location(ast.Pass(), node)

    def visit_Assert(self, node):
        return self._drop(node) if _reads_graph(node.test, self.names) else node

    def visit_Expr(self, node):
        call = node.value
        if isinstance(call, ast.Call):
            name = _called(call)
            if HELPERS.search(name) or (ASSERTION.search(name) and _reads_graph(call, self.names)):
                return self._drop(node)
        return node


@functools.cache
def asserts_graphs_alone(text):
    """Return whether a test's text asserts something of a graph, and nothing else."""
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        return False
    dropper = _Dropper()
    tree = dropper.visit(tree)
    if not dropper.dropped:
        return False
    return not any(
        isinstance(node, ast.Assert | ast.Raise | ast.Yield)
        or (isinstance(node, ast.Call) and CHECK.search(_called(node)))
        for part in tree.body
        for statement in getattr(part, "body", [part])
        for node in ast.walk(statement)
    )


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Loads a module of tests without its assertions about graphs."""

    def source_to_code(self, data, path, *, _optimize=-1):
        """Return the module's code; the line numbers are the source's."""
        tree = ast.fix_missing_locations(_Dropper().visit(ast.parse(data, path)))
        return compile(tree, path, "exec", dont_inherit=True, optimize=_optimize)

    def get_code(self, fullname):
        """Return the code; none is kept on disk, where it would be taken for the whole module's."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)
