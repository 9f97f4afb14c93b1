# `make atlas` and `make test` need Python 3.11 or newer and make, and set up the rest in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUTPUT := maps/build
# Folder of another contrat de ville: make atlas TERRITORY=DIR
TERRITORY :=

.PHONY: atlas test test-long fuzz lint bench maps scale clean

atlas: $(VENV)/.runtime
	$(BIN)/cdv-geo $(if $(TERRITORY),--territory "$(TERRITORY)") atlas -o $(OUTPUT)

test: $(VENV)/.development
	$(BIN)/pytest --numprocesses auto --dist worksteal

# The same tests on all cases: every combination, many examples, many moments to be killed at.
test-long: $(VENV)/.development
	CDV_GEO_TESTS=long $(BIN)/pytest --numprocesses auto --dist worksteal

# Spoilt files for every command, for a while: no traceback, no hang, no more than 10 s and 1 GB. What
# is found is kept in tests/fuzz/seeds/ (how to add one by hand: its README.md), and `make test`
# tries it ever after. The same SEED spoils the same way. Other files in place of the tests' own, each
# as often as any other: make fuzz CDV_GEO_FUZZ=DIR:DIR
SECONDS := 600
SEED := 1
CDV_GEO_FUZZ :=

fuzz: $(VENV)/.development
	SECONDS=$(SECONDS) SEED=$(SEED) CDV_GEO_FUZZ="$(CDV_GEO_FUZZ)" PYTHONPATH=tests $(BIN)/python -m fuzz

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

# Some twenty minutes on two cores: all figures of docs/performance.md, beside the peers of the extra
# `bench`. With CDV_GEO_BENCH_DATA=FOLDER on the real perimeters of France too.
bench: $(VENV)/.bench
	$(BIN)/python benchmarks/run.py --own 28000000 --report docs/performance.md

# Some five minutes: the tables of docs/maps.md. With CDV_GEO_BENCH_DATA=FOLDER the page of France too.
maps: $(VENV)/.bench
	$(BIN)/python benchmarks/maps.py --report docs/maps.md

# The table of docs/scale.md: `cdv-geo link` alone and on a Dask cluster of two workers.
scale: $(VENV)/.bench
	$(BIN)/python benchmarks/scale.py

$(VENV)/.bench: $(VENV)/.development
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $@
