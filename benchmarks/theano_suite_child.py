"""Run one file of Theano's tests against `udl_pt.theano`, and write a line of JSON for each test."""

import argparse
import importlib.abc
import importlib.util
import inspect
import json
import re
import signal
import sys
import traceback
import types
import unittest
import warnings
from pathlib import Path

import pytensor
from theano_suite_exclusions import SKIP_FAST_COMPILE, reason_to_exclude
from theano_suite_source import SourceLoader
from theano_suite_stubs import install_stubs, repair

import udl_pt.theano

TEST = re.compile(r"(?:^|[\b_.\-])[Tt]est")  # nose's


class SourceFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of Theano's test packages in its source; `udl_pt.theano` has all others."""

    def __init__(self, source):
        self.source = source

    def find_spec(self, fullname, path, target=None):
        """Return the specification of a module of tests."""
        parts = fullname.split(".")
        if parts[0] != "theano" or "tests" not in parts or fullname == "theano.tests":
            return None
        base = self.source.joinpath(*parts[1:])
        if base.is_dir():
            return importlib.util.spec_from_file_location(
                fullname, base / "__init__.py", submodule_search_locations=[str(base)]
            )
        file = base.with_suffix(".py")
        if not file.exists():
            return None
        return importlib.util.spec_from_file_location(
            fullname, file, loader=SourceLoader(fullname, str(file))
        )


class TimeIsUp(BaseException):
    """A test took too long; tests that expect any Exception do not catch it."""


def _too_long(*_):
    raise TimeIsUp


def _placeholder(name):
    """Return a class for a name that is not served: a test fails when it uses it, not the whole file."""

    def refuse(self, *args, **keywords):
        raise AttributeError(f"{name} isn't served")

    return type(name.rpartition(".")[2], (), {"__init__": refuse})


class _PlaceholderModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(f"{self.__name__}.{name}")


def import_with_placeholders(name, missing):
    """Import a module, with placeholders for what it needs of Theano and is not served."""
    while True:
        try:
            return importlib.import_module(name)
        except (ImportError, AttributeError) as error:
            absent = _fill(error)
            if absent is None or absent in missing:
                raise
            missing.append(absent)


def _fill(error):
    """Put a placeholder where a name is missing; return the name, None for other errors."""
    if isinstance(error, ModuleNotFoundError):
        if not (error.name or "").startswith("theano."):
            return None
        sys.modules[error.name] = module = _PlaceholderModule(error.name)
        module.__path__ = []
        parent, _, child = error.name.rpartition(".")
        setattr(importlib.import_module(parent), child, module)
        return f"module {error.name}"
    if isinstance(error, ImportError):
        owner, name = sys.modules.get(error.name or ""), re.search(r"import name '(\w+)'", str(error))
        name = name and name[1]
    else:
        owner, name = error.obj, error.name
        if owner is None and (found := re.match(r"(theano[\w.]*)\.(\w+) isn't served", str(error))):
            owner, name = importlib.import_module(found[1]), found[2]
    if not isinstance(owner, types.ModuleType) or name is None:
        return None
    full = f"{owner.__name__}.{name}".replace("udl_pt.theano._face", "theano")
    setattr(owner, name, _placeholder(full))
    return full


def _is_test(name, value):
    if getattr(value, "__test__", True) is False or name.startswith("_"):
        return False
    if inspect.isclass(value):
        return issubclass(value, unittest.TestCase) or TEST.search(name) is not None
    return inspect.isfunction(value) and TEST.search(name) is not None


def collect(module):
    """Return the module's tests as nose collects them: pairs of a name and a function without arguments.

    A test that a module imports from another is left to the other.
    """
    found = []
    for name, value in list(vars(module).items()):
        if not _is_test(name, value):
            continue
        home = sys.modules.get(value.__module__)
        if inspect.isclass(value) and not hasattr(home, value.__name__):
            # made by a function; its name was an operation's text, which is another in PyTensor
            value.__name__, value.__module__ = name, module.__name__
            home = module
        if home is not module and getattr(home, value.__name__, None) is value:
            continue
        if inspect.isclass(value):
            methods = [n for n in dir(value) if TEST.search(n) and _is_method(n, getattr(value, n))]
            found += [
                (f"{name}.{n}", value, n) for n in methods if getattr(getattr(value, n), "__test__", True)
            ]
        else:
            found.append((name, None, value))
    return found


def _is_method(name, value):
    return not name.startswith("_") and inspect.isfunction(value) and value.__name__ != "<lambda>"


def source_of(cls, test):
    """Return the text of a test, by which it may be excluded."""
    function = getattr(cls, test) if cls else test
    try:
        return inspect.getsource(getattr(function, "source", function))
    except OSError:
        return ""


def _fixture(target, *names):
    for name in names:
        function = getattr(target, name, None)
        if callable(function):
            function()
            return


def run_method(cls, name):
    """Yield the calls of a class's test, each with its fixtures; a generator's are many."""
    if issubclass(cls, unittest.TestCase):

        def run():
            me = cls(name)
            result = unittest.TestResult()
            unittest.TestSuite([me]).run(result)  # with the class's fixtures
            if result.skipped:
                raise unittest.SkipTest(result.skipped[0][1])
            for _, text in result.errors + result.failures:
                raise Failed(text)

        yield run
        return
    _fixture(cls, "setup_class", "setUpClass", "setupClass")
    generator = getattr(cls(), name)
    if inspect.isgeneratorfunction(getattr(cls, name)) or hasattr(generator, "generates"):
        me = cls()
        _fixture(me, "setUp", "setup", "setup_method")
        for function, *args in getattr(me, name)():
            yield lambda function=function, args=args: function(*args)
        return

    def run_plain():
        me = cls()
        _fixture(me, "setUp", "setup")
        try:
            getattr(me, name)()
        finally:
            _fixture(me, "tearDown", "teardown")

    yield run_plain


def run_function(function):
    """Yield the calls of a test function; a generator's are many."""
    if inspect.isgeneratorfunction(function) or hasattr(function, "generates"):
        for made in function():
            called, *args = made if isinstance(made, tuple) else (made,)
            yield lambda called=called, args=args: called(*args)
    else:
        yield function


class Failed(Exception):
    """A test of a unittest.TestCase failed; the argument is the trace."""


def kind_of(error):
    """Return an error's type and the first line of its message, and the last lines of its trace."""
    if isinstance(error, Failed):
        text = error.args[0]
        lines = [
            line
            for line in text.splitlines()
            if re.match(r"[A-Za-z_.]+(Error|Exception|Warning|Exit)?\b:?", line)
        ]
        lines = [line for line in lines if not line.startswith("Traceback")]
        return (lines[0] if lines else text.splitlines()[-1]), text
    message = str(error).strip().splitlines()
    return f"{type(error).__name__}: {message[0] if message else ''}", "".join(
        traceback.format_exception(error)
    )


def outcome(call, seconds):
    """Return how a call ended: passed, skipped or failed, with the reason."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        call()
    except unittest.SkipTest as skipped:
        return {"outcome": "skipped", "reason": str(skipped)[:200]}
    except TimeIsUp:
        return {"outcome": "failed", "reason": f"longer than {seconds:g} s"}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        reason, trace = kind_of(error)
        return {"outcome": "failed", "reason": reason[:200], "trace": trace[-3000:]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {"outcome": "passed"}


def _arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("file", help="such as tensor/tests/test_basic.py")
    parser.add_argument("results", type=Path)
    parser.add_argument("--mode", default="FAST_COMPILE")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    return parser.parse_args()


def main():
    """Run the tests that have no result yet."""
    args = _arguments()
    signal.signal(signal.SIGALRM, _too_long)
    install_stubs()
    udl_pt.theano.install()
    sys.meta_path.insert(0, SourceFinder(args.source))
    warnings.simplefilter("ignore")
    import theano
    import theano.tensor

    if args.mode == "FAST_COMPILE" and args.file in SKIP_FAST_COMPILE:
        theano.config.optimizer = "fast_compile"  # the same mode by its other name
    else:
        theano.config.mode = args.mode
    if args.mode == "FAST_COMPILE":
        pytensor.config.mode = args.mode  # of what compiles without theano.function
    if not hasattr(theano.tensor.verify_grad, "E_grad"):  # without it no file of tests can be imported
        theano.tensor.verify_grad.E_grad = theano.gradient.GradientError
    theano.__file__ = str(args.source / "__init__.py")  # a test reads numbers beside it
    theano.tests.unittest_tools = importlib.import_module("theano.tests.unittest_tools")  # the source's
    done = {}
    if args.results.exists():
        for line in args.results.read_text().splitlines():
            record = json.loads(line)
            done[record["test"]] = record
    with args.results.open("a") as file:

        def write(test, **record):
            file.write(json.dumps({"test": test, **record}) + "\n")
            file.flush()

        name = "theano." + args.file.removesuffix(".py").replace("/", ".")
        missing: list[str] = []
        loaded = outcome(lambda: import_with_placeholders(name, missing), 10 * args.seconds)
        for absent in missing:
            write(f"(missing) {absent}", outcome="missing")
        if loaded["outcome"] != "passed":
            write("(import)", **loaded)
            return
        module: types.ModuleType = sys.modules[name]
        repair(module)
        for test, cls, what in collect(module):
            if test in done or not re.search(args.only, test):
                continue
            reason = reason_to_exclude(args.file, test, source_of(cls, what))
            if reason:
                write(test, outcome="excluded", reason=reason)
                continue
            write(test, outcome="started")
            _run(test, cls, what, args.seconds, write)


def _run(test, cls, what, seconds, write):
    number = 0
    calls = run_method(cls, what) if cls else run_function(what)
    while True:
        generated = (
            outcome(lambda: keep.append(next(calls, None)), seconds) if (keep := []) is not None else {}
        )
        if generated["outcome"] != "passed":
            write(test, **generated)
            return
        if keep[0] is None:
            if number == 0:
                write(test, outcome="passed")
            return
        write(test if number == 0 else f"{test}#{number}", **outcome(keep[0], seconds))
        number += 1


if __name__ == "__main__":
    main()
