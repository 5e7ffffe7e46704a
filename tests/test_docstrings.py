"""Every public class, function and method has an example in its docstring, and all examples run."""

import doctest
import importlib
import importlib.util
import inspect
import pkgutil

import pytensor
import pytest

import udl_pt

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _is_public(name):
    return not any(part.startswith("_") for part in name.split("."))


def _members(owner, name):
    """Yield a public class or function, and a class's own public methods, each with its full name."""
    yield name, owner
    if inspect.isclass(owner):
        for attribute, value in vars(owner).items():
            function = getattr(value, "__func__", value)  # of a static or class method
            is_method = inspect.isfunction(function) and function.__name__ != "<lambda>"  # a field's default
            if _is_public(attribute) and is_method:
                yield f"{name}.{attribute}", function


def _documented():
    """Return what public modules export, by its name: each class or function once, with its methods."""
    found, seen = {}, set()
    modules = [udl_pt.__name__, *(m.name for m in pkgutil.walk_packages(udl_pt.__path__, "udl_pt."))]
    if importlib.util.find_spec("torch") is None:
        modules.remove("udl_pt.eager.torch")
    for module in map(importlib.import_module, filter(_is_public, modules)):
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            is_ours = getattr(value, "__module__", "").startswith("udl_pt")
            if is_ours and (inspect.isclass(value) or inspect.isfunction(value)) and id(value) not in seen:
                seen.add(id(value))
                found |= _members(value, f"{module.__name__}.{name}")
    return found


DOCUMENTED = _documented()


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Run examples in a folder of their own, on the backend that compiles fastest; close their figures."""
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    udl_pt.set_backend("jax")
    with pytensor.config.change_flags(mode="FAST_COMPILE"):  # of functions that an example compiles itself
        yield
    udl_pt.set_backend(None)
    plt.close("all")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_runs(name):
    tests = doctest.DocTestFinder(recurse=False).find(DOCUMENTED[name], name, globs={})
    assert any(test.examples for test in tests), f"the docstring of {name} has no example"
    for test in tests:
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        text = []
        runner.run(test, out=text.append)
        assert runner.summarize(verbose=False).failed == 0, "".join(text)
