# Each target is one or two commands that may be typed by hand in this folder.

# Python that .venv is made with: 3.11 or later, for example `make up PYTHON=python3.12`.
PYTHON = python3

# Stamps: a file is newer than what it was made from. .venv is made anew in a clone that was moved, or whose Python is gone.
VENV := .venv/of-$(shell pwd | cksum | cut -d' ' -f1)
ifeq ($(shell .venv/bin/python -c 'print("starts")' 2>/dev/null),)
.PHONY: $(VENV)
endif
PINS := .venv/requirements.installed
PROJECT := .venv/pyproject.installed
SPHINX := .local/docs/environment
PIP := -m pip --disable-pip-version-check --quiet install --no-compile
IN_SHELL = lines="$$($(PYTHON) scripts/shell.py --no-aws)" && eval "$$lines" &&

.PHONY: help up down env test test-faults bench check docs tools

help:
	@echo "make up      run the main program on a local AWS; gets what it needs first"
	@echo "make down    destroy its stack and end the local AWS"
	@echo 'make env     print what brings a shell into the set-up: eval "$$(make -s env)"'
	@echo "make test    the whole test suite, on the real engine; ARGS='-k name' for a part"
	@echo "make test-faults  kills, storms and denials on the real engine: half an hour; ARGS='-k name' for a part"
	@echo "make bench   measure what it costs, into tests/benchmarks; ARGS=--quick to see that it works"
	@echo "make docs    build the documentation's site into .local/docs/html; a warning is an error"
	@echo "make check   ruff, mypy, and the tests with their coverage"

# .venv, the Pulumi engine and pulumi-aws's plugin, each only where it is missing or out of date.
tools: $(PROJECT)
	@.venv/bin/python scripts/pulumi_engine.py
	@.venv/bin/python scripts/aws_plugin.py

$(VENV):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("python      failed: the pinned tools need Python 3.11 or \
	later, not " + sys.version.split()[0] + "; name another one, for example: make up PYTHON=python3.12")'
	@echo "python      making .venv"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

# A script's first line cannot name a Python in a folder with a blank. pip repairs those that it writes, not the AWS CLI's.
$(PINS): scripts/requirements.txt $(VENV)
	@echo "python      installing the pinned requirements into .venv: about a minute"
	@.venv/bin/python $(PIP) -r $<
	@case "$$(pwd)" in *" "*) sed '1s|.*|#!/usr/bin/env python|' .venv/bin/aws > .venv/aws && cp .venv/aws .venv/bin/aws ;; esac
	@touch $@

$(PROJECT): pyproject.toml $(PINS)
	@.venv/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

up: tools
	@.venv/bin/python scripts/up.py

down:
	@$(PYTHON) scripts/down.py

env:
	@$(PYTHON) scripts/shell.py

test: tools
	@$(IN_SHELL) python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

test-faults: tools
	@$(IN_SHELL) python -m pytest tests/faults $(ARGS)

bench: tools
	@$(IN_SHELL) PYTHONPATH=tests python -m benchmarks $(ARGS)

check: tools
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	@$(IN_SHELL) python -m coverage run -m pytest --numprocesses=auto --dist=worksteal
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

# Sphinx needs a newer docutils than the AWS CLI in .venv, so it has an environment of its own. It needs nothing of the package.
$(SPHINX)/installed: docs/requirements.txt $(VENV)
	@echo "docs        installing the pinned tools into $(SPHINX)"
	@.venv/bin/python -m venv --clear $(SPHINX)
	@$(SPHINX)/bin/python $(PIP) -r $<
	@touch $@

docs: $(SPHINX)/installed
	@rm -rf .local/docs/html
	@$(SPHINX)/bin/python -m sphinx --quiet --fresh-env --fail-on-warning --nitpicky \
		--doctree-dir .local/docs/doctrees docs .local/docs/html
	@echo "docs        .local/docs/html/index.html"
