# Each target does all of its own set-up from Python 3.11+ and make: `make demo`, `make test`, `make check`.

PYTHON ?= python3
ASSETS := $(shell find toolkit sql rules migrations -name '__pycache__' -prune -o -print)

.PHONY: help demo test check docs clean

help:
	@echo "make demo    the whole flow on a throw-away PostgreSQL, in under a minute"
	@echo "make test    build the wheel, install it in an environment of its own, test it"
	@echo "make check   linters, types, layers, examples of the rules, generated parts of the README"
	@echo "make docs    write the generated parts of the README again"
	@echo "make clean   remove what these targets made"

demo: .venv/demo.stamp
	.venv/bin/motjuste demo

# ARGS narrows a run down: make test ARGS="-k rewrite -x"
test: .venv-test/wheel.stamp
	.venv-test/bin/python -m pytest -n auto --dist worksteal $(ARGS)

check: .venv/check.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/motjuste rules test
	.venv/bin/cog --check README.md

docs: .venv/check.stamp
	.venv/bin/cog -r README.md

clean:
	rm -rf .venv .venv-test dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv-test/bin/python:
	$(PYTHON) -m venv .venv-test

.venv/demo.stamp: pyproject.toml | .venv/bin/python
	.venv/bin/python -m pip install --quiet --editable '.[embedded]'
	touch $@

.venv/check.stamp: pyproject.toml | .venv/bin/python
	.venv/bin/python -m pip install --quiet --editable '.[dev]'
	touch $@

# The second install replaces a wheel of the same version, which pip would keep.
.venv-test/wheel.stamp: pyproject.toml README.md LICENSE $(ASSETS) | .venv-test/bin/python
	rm -rf dist
	.venv-test/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	.venv-test/bin/python -m pip install --quiet "$$(echo dist/motjuste-*.whl)[test]"
	.venv-test/bin/python -m pip install --quiet --no-deps --force-reinstall dist/motjuste-*.whl
	touch $@
