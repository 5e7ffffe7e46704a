"""Translate a source of Python 2 in memory.

fissix, the living successor of lib2to3, turns the syntax into Python 3's, line by line. What remains is
meaning: `Meaning` replaces operators and methods by functions of `_builtins2`, which do what Python 2 did.
"""

import ast
import contextlib
import functools
import re
import warnings
from types import CodeType
from typing import Any

from udl_pt.theano._runner._source import PREFIX, Attributes, as_function, compile_python3, decode

__all__ = ["METHODS", "compile_python2", "needs_python2", "translate"]

# Only those that change syntax. The names of builtins and modules are served when the script runs.
FIXERS = (
    "except exec funcattrs methodattrs metaclass ne numliterals paren print raise repr throw tuple_params"
)
METHODS = frozenset(
    [
        "decode",
        "encode",
        "has_key",
        "items",
        "iteritems",
        "iterkeys",
        "itervalues",
        "keys",
        "next",
        "sort",
        "translate",
        "values",
        "viewitems",
        "viewkeys",
        "viewvalues",
        "xreadlines",
    ]
)
SPECIAL = {
    "next": "__next__",
    "__nonzero__": "__bool__",
    "__div__": "__truediv__",
    "__rdiv__": "__rtruediv__",
    "__idiv__": "__itruediv__",
    "__unicode__": "__str__",
}
_UR = re.compile(r"^[uU][rR](?=['\"])")


@functools.cache
def _tool() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from fissix.refactor import RefactoringTool
        except ImportError as error:
            raise ImportError("--python2 needs fissix: pip install 'udl_pt[theano]'") from error
        return RefactoringTool([f"fissix.fixes.fix_{name}" for name in FIXERS.split()], {}, [])


def translate(source: str, path: str) -> str:
    """Return a source of Python 2 in the syntax of Python 3, with the same number of lines.

    Raises
    ------
    SyntaxError
        If it is neither Python 2 nor Python 3.
    """
    from fissix import pygram
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    tool, error = _tool(), None
    grammar = tool.driver.grammar
    for attempt in (grammar, pygram.python_grammar_no_print_statement):
        tool.driver.grammar = attempt
        try:
            tree = tool.refactor_string(source if source.endswith("\n") else source + "\n", path)
        except (ParseError, TokenError, IndentationError) as found:
            error = error or found
            continue
        finally:
            tool.driver.grammar = grammar
        for leaf in tree.leaves():
            if _UR.match(leaf.value):
                leaf.value = _UR.sub("r", leaf.value)
        return str(tree)
    line = getattr(error, "context", None)
    line = line[1][0] if line else getattr(error, "lineno", 1) or 1
    text = source.splitlines()[line - 1] if line <= len(source.splitlines()) else ""
    raise SyntaxError("this is no Python 2, and no Python 3 either", (path, line, None, text)) from None


class Meaning(Attributes):
    """Replaces what Python 3 does differently: ``/``, methods of dictionaries, names of special methods."""

    def __init__(self, true_division: bool) -> None:
        self.true_division = true_division
        self.classes: list[str] = []

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and not self.true_division:
            return as_function("div", [node.left, node.right], node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or self.true_division:
            return node
        target, new = node.target, ast.Expr(node.value)
        if isinstance(target, ast.Name):
            value = as_function("idiv", [ast.Name(target.id, ast.Load()), node.value], node)
            return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], value), node))
        if isinstance(target, ast.Attribute):
            name = target.attr
            if name.startswith("__") and not name.endswith("__") and self.classes:
                name = f"_{self.classes[-1].lstrip('_')}{name}"
            new.value = as_function("idiv_attribute", [target.value, ast.Constant(name), node.value], node)
        else:
            new.value = as_function("idiv_item", [target.value, _as_index(target.slice), node.value], node)
        return ast.fix_missing_locations(ast.copy_location(new, node))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr not in METHODS or not isinstance(node.ctx, ast.Load):
            return super().visit_Attribute(node)
        self.generic_visit(node)
        return as_function("method", [node.value, ast.Constant(node.attr)], node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "str" and len(node.args) == 1:
            self.generic_visit(node)
            return as_function("str", node.args, node) if not node.keywords else node
        return super().visit_Call(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.classes.append(node.name)
        self.generic_visit(node)
        self.classes.pop()
        defined = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        for old, new in SPECIAL.items():
            if old in defined and new not in defined:
                alias = ast.Assign([ast.Name(new, ast.Store())], ast.Name(old, ast.Load()))
                node.body.append(ast.fix_missing_locations(ast.copy_location(alias, node)))
        if "__cmp__" in defined:
            node.decorator_list.append(ast.copy_location(ast.Name(PREFIX + "ordered", ast.Load()), node))
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        """Keep the error's name after the clause, as Python 2 did."""
        self.generic_visit(node)
        if node.name:
            kept = ast.Assign([ast.Name(node.name, ast.Store())], ast.Name(PREFIX + node.name, ast.Load()))
            node.body.insert(0, ast.fix_missing_locations(ast.copy_location(kept, node)))
            node.name = PREFIX + node.name
        return node


def _as_index(node: ast.expr) -> ast.expr:
    """Return an index as an expression that builds it, so that it can be an argument."""
    if isinstance(node, ast.Slice):
        parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
        return as_function("slice", parts, node)
    if isinstance(node, ast.Tuple):
        return ast.copy_location(ast.Tuple([_as_index(part) for part in node.elts], ast.Load()), node)
    return node


def compile_python2(source: bytes | str, path: str, mode: str = "exec") -> CodeType:
    """Compile a source of Python 2."""
    text = source if isinstance(source, str) else decode(source)
    if mode == "eval":
        text = text.strip()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            translated = translate(text, path)
        except SyntaxError as error:
            with contextlib.suppress(SyntaxError):
                if mode == "exec":
                    return compile_python3(
                        text.encode("utf-8"), path
                    )  # a module of Python 3 beside the script
            raise error from None
        try:
            tree: Any = compile(translated, path, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
        except TabError:  # a tab was as wide as eight blanks
            widened = re.sub(r"^[ \t]+", lambda found: found[0].expandtabs(8), translated, flags=re.MULTILINE)
            tree = compile(widened, path, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
        futures = {
            alias.name
            for node in (tree.body if mode == "exec" else ()) if isinstance(node, ast.ImportFrom)
            for alias in node.names if node.module == "__future__"
        }  # fmt: skip
        tree = Meaning("division" in futures).visit(tree)
        node: Any
        for node in ast.walk(tree):  # the columns are the translation's, and a traceback shows the source
            if hasattr(node, "lineno"):
                node.end_lineno, node.col_offset, node.end_col_offset = node.lineno, -1, -1
        return compile(tree, path, mode, dont_inherit=True)


def needs_python2(source: bytes, path: str) -> bool:
    """Return whether a source that isn't Python 3 is Python 2."""
    try:
        compile_python2(source, path)
    except Exception:  # whatever keeps fissix from reading it
        return False
    return True
