# `make demo` shows it, `make test` tests it, `make check` is all that a change has to pass;
# `make soak` runs what takes minutes, `make wheel-demo` the demo of the installed wheel, `make audit`
# looks up known vulnerabilities of what is installed, if it can.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
TESTING := .venv/.testing

.PHONY: demo test check soak soak-kills wheel-demo audit lint types contracts clean

demo: $(INSTALLED)
	$(BIN)/regulars demo

test: $(TESTING)
	$(BIN)/python -m pytest -n auto --dist worksteal

check: lint types contracts test

soak: export REGULARS_EXAMPLES = 4
soak: $(TESTING)
	$(BIN)/python -m pytest -m "soak or hypothesis" -n 2

soak-kills: export SOAK_KILLS ?= 1000
soak-kills: export SOAK_REPORT ?= soak.jsonl
soak-kills: $(TESTING)
	$(BIN)/python -m pytest -m soak -n 2 tests/soak/test_kills.py
	$(BIN)/python -m tests.soak.report $(SOAK_REPORT)

wheel-demo: $(TESTING)
	set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(BIN)/python -m hatchling build -t wheel -d "$$folder"; \
	$(PYTHON) -m venv "$$folder/venv"; \
	"$$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$$folder"/*.whl; \
	mkdir "$$folder/demo"; cd "$$folder/demo"; ../venv/bin/regulars demo

audit: $(TESTING)
	$(BIN)/python .ci/audit.py

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
