"""A test gets the modules behind ``import theano``, for as long as it runs."""

import importlib
import zlib

import pytest

import udl_pt.theano


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark one of the two dtypes of each comparison as exhaustive, by chance but always the same one."""
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        dtype = parameters.get("floatX", parameters.get("dtype"))
        if dtype in ("float32", "float64") and item.path.parent.name == "face":
            name = item.name.replace(dtype, "").encode()
            if dtype != ("float32", "float64")[zlib.crc32(name) % 2]:
                item.add_marker(pytest.mark.exhaustive)


@pytest.fixture
def theano(monkeypatch):
    """Theano's top module, with the settings of no environment."""
    monkeypatch.delenv("THEANO_FLAGS", raising=False)
    monkeypatch.setenv("THEANORC", "/nothing")
    udl_pt.theano.install()
    yield importlib.import_module("theano")
    udl_pt.theano.uninstall()
