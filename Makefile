PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# One worker a core, and one BLAS thread a worker: more would wait for each other.
PYTEST = OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

.PHONY: demo install test lint core clean

demo: $(VENV)/.installed
	$(BIN)/udl-pt reproduce 3

install: $(VENV)/.installed

test: lint $(VENV)/.installed-torch
	$(PYTEST)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The models' numbers and backends only, without linters: for further interpreters.
core: $(VENV)/.installed-dev
	$(PYTEST) -m core

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,jax,tsne]"
	touch $(VENV)/.installed $@

# PyTorch is large, and only the tests of its twins need it.
$(VENV)/.installed-torch: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[torch]"
	touch $@

clean:
	rm -rf .venv .venv-* build report *.egg-info .mypy_cache .pytest_cache .ruff_cache
