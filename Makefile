# make demo   runs a community hall and a roadside station on this machine
# make test   runs the tests that need no server and no root
# make help   lists the rest
#
# Everything is set up by itself, in .venv, from what python3 and make alone can do: the pip that
# installs is the one in .ci, so a Python without ensurepip (Debian's) is enough.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python .ci/pip-26.3-py3-none-any.whl/pip --disable-pip-version-check
SHELL := /bin/sh
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip

.PHONY: help demo test test-all check bench lock clean packages

help:
	@sed -n 's/^# make /make /p' Makefile

demo: .venv/ready
	@$(BIN)/kyoten demo

test: .venv/ready-dev
	$(BIN)/pytest -m "not needs"

# make test-all  as root: installs the servers and the browser that the other tests need, runs all
test-all: .venv/ready-dev packages
	KYOTEN_ALL=1 $(BIN)/pytest

packages:
	.ci/packages

# make check  lint, types and import contracts
check: .venv/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# make bench  measures what the spine costs, as ratios (needs mosquitto and its clients)
bench: .venv/ready-dev
	$(BIN)/python benchmarks/spine.py

# make lock   writes the lock files anew from pyproject.toml
lock: .venv/ready-dev
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--extra demo --group build --upgrade pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--extra demo --group dev --constraint requirements.lock pyproject.toml \
		--output-file requirements-dev.lock

# make clean  removes what the other targets made, the demo's data included
clean:
	rm -rf .venv .demo .cache dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kyoten needs Python 3.11 or newer")'
	$(PYTHON) -m venv --without-pip .venv

.venv/ready: .venv/bin/python requirements.lock pyproject.toml
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready-dev: .venv/bin/python requirements-dev.lock pyproject.toml
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ .venv/ready
