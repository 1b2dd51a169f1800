# `make demo` shows it, `make test` tests it, `make check` is all that is asked of a change.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
TESTING := .venv/.testing

.PHONY: demo test check lint types contracts clean

demo: $(INSTALLED)
	$(BIN)/regulars demo

test: $(TESTING)
	$(BIN)/python -m pytest -n auto --dist worksteal

check: lint types contracts test

lint: $(TESTING)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TESTING)
	$(BIN)/mypy

contracts: $(TESTING)
	$(BIN)/lint-imports

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(TESTING): $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --group dev
	touch $@

clean:
	rm -rf .venv outbox preview .regulars regulars.db*
