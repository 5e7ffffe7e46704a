"""A test gets the modules behind ``import theano``, for as long as it runs."""

import importlib

import pytest

import udl_pt.theano


@pytest.fixture
def theano(monkeypatch):
    """Theano's top module, with the settings of no environment."""
    monkeypatch.delenv("THEANO_FLAGS", raising=False)
    monkeypatch.setenv("THEANORC", "/nothing")
    udl_pt.theano.install()
    yield importlib.import_module("theano")
    udl_pt.theano.uninstall()
