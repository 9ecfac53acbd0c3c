# Every target makes what it needs: Python 3.11 or later, make and a package index are enough.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo up test cover soak check bench format lock wheels clean

unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 2

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Show the whole hub on sample posts; off a terminal it ends by itself
	@$(BIN)/pabal demo

up: $(READY) ## Run the hub on this machine, data below ~/.local/share/pabal
	@$(BIN)/pabal up

test: $(READY) ## Run all tests, on servers that they start themselves
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

cover: $(READY) ## Run the same, and print how much of the code they reach
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --cov --cov-report=term

soak: $(READY) ## Run the tests that repeat or last, such as many seeds and the demo
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m soak

check: $(READY) ## Run ruff, mypy, the import contracts, and the tests of docs and links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:randomly tests/unit/project

bench: $(READY) ## Measure, and print a table with the machine's facts
	$(BIN)/python -m bench

format: $(READY) ## Put the code into its form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: ## Resolve the dependencies anew; needs uv
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra embedded --extra otel --extra dev \
	  pyproject.toml -o requirements/dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra otel -c requirements/dev.lock \
	  pyproject.toml -o requirements/image.lock

clean: ## Remove what was made here
	rm -rf .venv build dist wheels .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -f .coverage .coverage.*

# A newer pip first: the one that comes with Python takes three times as long over hashes.
# Compiled by all cores at once, also where the environment forbids Python to do so by itself:
# each of the hub's processes would compile a thousand modules at every start.
$(READY): requirements/pip.lock requirements/dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/pip.lock
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	-$(BIN)/python -m compileall -q -j 0 .venv services shared
	@touch $@
