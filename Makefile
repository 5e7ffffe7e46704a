PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# One worker a core, and one BLAS thread a worker: more would wait for each other.
PYTEST = OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile
# Checks links, images and anchors of the site, and of the pages that readers of the repository see.
LYCHEE = $(BIN)/lychee --no-progress --include-fragments --exclude-path _static/webpack-macros \
	build/docs README.md CONTRIBUTING.md CHANGELOG.md examples/listings/README.md
# JAX takes three quarters of the time if it optimises less. The core tests run what users run.
FEW_OPTIMISATIONS = XLA_FLAGS=--xla_backend_optimization_level=0

.PHONY: demo install torch test quick slow exhaustive coverage lint types users-types core lowest docs docs-serve links release bench clean

demo: $(VENV)/.installed
	$(BIN)/udl-pt reproduce 3

install: $(VENV)/.installed

# PyTorch is large, and only the tests of its twins need it. After this, `make test` runs them too.
torch: $(VENV)/.installed-torch

test: lint $(VENV)/.installed-dev
	$(FEW_OPTIMISATIONS) $(PYTEST) $(OPTIONS)

quick: lint $(VENV)/.installed-dev
	$(PYTEST) -m "core and not slow" --backend jax

# TESTS=FILE runs those of one file.
slow: $(VENV)/.installed-dev
	$(FEW_OPTIMISATIONS) $(PYTEST) --dist load -m 'slow and not exhaustive' $(OPTIONS) $(TESTS)

# What `make test` and `make slow` sample: here is the rest.
exhaustive: $(VENV)/.installed-dev
	$(PYTEST) -m exhaustive $(OPTIONS)

# The tests of `make test`, which take a quarter longer so.
coverage: $(VENV)/.installed-torch
	$(FEW_OPTIMISATIONS) $(PYTEST) --cov

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory --jobs 2 --output-sync types users-types

types:
	$(BIN)/mypy

# The types as users see them.
users-types:
	$(BIN)/mypy --cache-dir .mypy_cache/users --config-file tests/typing/mypy.ini tests/typing
	$(BIN)/pyright --warnings --pythonpath $(BIN)/python tests/typing

# The models' numbers and backends only, without linters: for further interpreters.
core: $(VENV)/.installed-dev
	$(PYTEST) -m core $(OPTIONS)

# The site, in build/docs: open build/docs/index.html, or `make docs-serve` and http://localhost:8000.
docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs
	$(LYCHEE) --offline
	! grep -rnE '<(script|img|iframe|source)[^>]* src="(https?:)?//|<link[^>]* href="(https?:)?//' build/docs --include='*.html'

# The links to other sites too, which needs a network.
links: docs
	$(LYCHEE)

docs-serve: docs
	$(BIN)/python -m http.server --directory build/docs --bind localhost 8000

# The core with the lowest versions that pyproject.toml allows.
lowest .venv-lowest/.installed: VENV = .venv-lowest
lowest: .venv-lowest/.installed
	$(PYTEST) -m core $(OPTIONS)

# Builds the distributions, and tests what is installed from them.
release: $(VENV)/.installed-release
	$(BIN)/python -m pytest -m release

# One table of all goals for speed and memory, benchmarks/results/goals.json: 40 minutes, and nothing else should run.
# UDL_PT_DATA names the folder of the full MNIST. OPTIONS=--quick shows in minutes that everything runs.
bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/bench.py $(OPTIONS)

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable ".[dev,jax,test,tsne]"
	touch $(VENV)/.installed $@

$(VENV)/.installed-torch: $(VENV)/.installed-dev
	$(PIP) --editable ".[torch]"
	touch $@

# The reference has the twins in PyTorch.
$(VENV)/.installed-docs: $(VENV)/.installed-torch
	$(PIP) --editable ".[docs]"
	touch $@

$(VENV)/.installed-release: $(VENV)/.installed-dev
	$(PIP) --editable ".[release]"
	touch $@

.venv-lowest/.installed: pyproject.toml tools/lowest.py
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python tools/lowest.py > .venv-lowest/constraints.txt
	$(PIP) --constraint .venv-lowest/constraints.txt --editable ".[jax,test,tsne]"
	touch $@

clean:
	rm -rf .venv .venv-* build dist report *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache
