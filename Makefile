# Each target is one or two commands that may be typed by hand in this folder.

# Python that .venv is made with: 3.11 or later, for example `make up PYTHON=python3.12`.
PYTHON = python3

.PHONY: help up down env test test-faults bench check docs release tools

help:
	@echo "make up      run the main program on a local AWS; gets what it needs first"
	@echo "make down    destroy its stack and end the local AWS"
	@echo 'make env     print what brings a shell into the set-up: eval "$$(make -s env)"'
	@echo "make test    the whole test suite, on the real engine; ARGS='-k name' for a part"
	@echo "make test-faults  kills, storms and denials on the real engine: half an hour; ARGS='-k name' for a part"
	@echo "make bench   measure what it costs, into tests/benchmarks; ARGS=--quick to see that it works"
	@echo "make docs    build the documentation's site into .local/docs/html; a warning is an error"
	@echo "make release build wheel and sdist of the last commit, twice, into dist/"
	@echo "make check   ruff, mypy, the tests with their coverage, and the wheel on the oldest and newest dependencies"

# .venv, the Pulumi engine and pulumi-aws's plugin, each only where it is missing or out of date.
tools:
	@$(PYTHON) scripts/python_environment.py
	@.venv/bin/python scripts/pulumi_engine.py
	@.venv/bin/python scripts/aws_plugin.py

up: tools
	@.venv/bin/python scripts/up.py

down:
	@$(PYTHON) scripts/down.py

env:
	@$(PYTHON) scripts/shell.py

test: tools
	@lines="$$($(PYTHON) scripts/shell.py --no-aws)" && eval "$$lines" && python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

test-faults: tools
	@lines="$$($(PYTHON) scripts/shell.py --no-aws)" && eval "$$lines" && python -m pytest tests/faults $(ARGS)

bench: tools
	@lines="$$($(PYTHON) scripts/shell.py --no-aws)" && eval "$$lines" && PYTHONPATH=tests python -m benchmarks $(ARGS)

check: tools
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	@lines="$$($(PYTHON) scripts/shell.py --no-aws)" && eval "$$lines" && \
		python -m coverage run -m pytest --numprocesses=auto --dist=worksteal
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report
	.venv/bin/python scripts/supported_range.py

docs: tools
	@.venv/bin/python scripts/docs.py

release: tools
	@.venv/bin/python scripts/release.py
