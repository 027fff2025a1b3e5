.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bench-national lock

PYTHON ?= python3
BIN := .venv/bin

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/runtime ## Build Kota Contoh and serve its page
	$(BIN)/kantong demo

test: .venv/development ## Install what the tests need, and run them
	@.ci/system-packages
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: .venv/development ## Check style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/development ## Measure speed and memory, as ratios in one run
	$(BIN)/python -m tests.benchmarks

bench-national: .venv/development ## Count a synthetic nation in parts
	$(BIN)/python -c "from tests.benchmarks import national; national.main()"

lock: .venv/development ## Pin the versions of pyproject.toml again, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK) --group build -o requirements.lock
	$(BIN)/uv pip compile $(LOCK) --group build --group dev -o requirements-dev.lock

LOCK := pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.venv/runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/development: .venv/runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
