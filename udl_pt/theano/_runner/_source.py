"""Compile a script: attributes that objects have lost since are looked up by a function of ours.

The functions that the compiled code calls lie in its builtins, under names that no script has (`PREFIX`).
"""

import ast
import warnings
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

from udl_pt.theano._runner._shims.attributes import CALLS, REMOVED, attribute

__all__ = ["PREFIX", "Attributes", "as_function", "builtins_for", "compile_python3", "decode"]

PREFIX = "_udl_pt_"


def as_function(name: str, arguments: list[ast.expr], at: ast.AST) -> ast.Call:
    """Return the call of a function of ours, at the place of another node."""
    call = ast.Call(ast.Name(PREFIX + name, ast.Load()), arguments, [])
    return ast.fix_missing_locations(ast.copy_location(call, at))


class Attributes(ast.NodeTransformer):
    """Replaces ``x.name`` for each name that objects of some class have lost."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr not in REMOVED or not isinstance(node.ctx, ast.Load):
            return node
        return as_function("attribute", [node.value, ast.Constant(node.attr)], node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        one = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        if one and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            return as_function("call_" + node.func.id, [node.func, node.args[0]], node)
        return node


def builtins_for() -> Mapping[str, Callable[..., Any]]:
    """Return the functions that the compiled code calls."""
    functions = {"attribute": attribute} | {f"call_{name}": function for name, function in CALLS.items()}
    return {PREFIX + name: function for name, function in functions.items()}


def decode(source: bytes) -> str:
    """Return a source as text: in the encoding that it states, else UTF-8, else Latin-1."""
    import importlib.util

    try:
        return importlib.util.decode_source(source)
    except UnicodeDecodeError:
        return source.decode("latin-1").replace("\r\n", "\n")


def compile_python3(source: bytes, path: str) -> CodeType:
    """Compile a source of Python 3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes such as "\d", and of `is` with a number
        tree = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        return compile(Attributes().visit(tree), path, "exec", dont_inherit=True)
