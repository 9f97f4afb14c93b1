# `make atlas` and `make test` need Python 3.11 or newer and make, and set up the rest in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUTPUT := maps/build

.PHONY: atlas test lint bench clean

atlas: $(VENV)/.runtime
	$(BIN)/cdv-geo atlas -o $(OUTPUT)

test: $(VENV)/.development
	$(BIN)/pytest

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cdv_geo needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; give another one: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.development: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,lint]'
	touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) $(OUTPUT)

bench: $(VENV)/.development
	$(BIN)/python benchmarks/journey.py
