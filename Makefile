# SPDX-License-Identifier: MIT
# Everything lives in .venv; a stamp file in it says what has been installed from which pyproject.

PYTHON ?= python3
BIN := .venv/bin
# Quiet twice leaves errors only.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

.PHONY: help check test lint bench clean
.DELETE_ON_ERROR:

help:
	@echo "make check   check the newest kernel against the packaged scenarios"
	@echo "make test    lint, type-check and test everything"
	@echo "make lint    the first two only"
	@echo "make bench   compare speeds"
	@echo "make clean   remove .venv, caches and build results"
	@echo "PYTHON=...   the interpreter to use, 3.11 or newer (now: $(PYTHON))"

check: .venv/stamp-run
	@$(BIN)/shootdown check

test: lint
	@$(BIN)/pytest -n auto --dist worksteal --inline-snapshot=disable

lint: .venv/stamp-dev
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet --diff
	@$(BIN)/mypy --no-error-summary
	@found=$$($(BIN)/lint-imports --no-cache --no-logo) || { echo "$$found"; exit 1; }

bench: .venv/stamp-dev
	@$(BIN)/python -m benchmarks.compare

clean:
	@rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "$(PYTHON) is not Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	@echo "making .venv with $$($(PYTHON) --version)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/stamp-run: pyproject.toml | .venv/bin/python
	@echo "installing shootdown into .venv"
	@$(PIP) --editable .
	@touch $@

.venv/stamp-dev: pyproject.toml | .venv/bin/python
	@echo "installing shootdown and its development tools into .venv"
	@$(PIP) --editable '.[dev]'
	@touch $@ .venv/stamp-run
