# The words for working on centri. `make demo` shows it, `make test` proves it; both install first.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PYTHON := $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell $(name) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) and print(sys.executable)' 2>/dev/null)))

.DEFAULT_GOAL := help
.PHONY: help install demo test lint mapping format prove mutants world soak lock clean fixtures

help: ## Say what can be made.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

install: $(INSTALLED) ## Install centri and what it needs into .venv.

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "centri needs Python 3.11, 3.12 or 3.13; found: $$(python3 --version 2>&1)" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: install ## Two CRMs, one PRM store, three rounds, and the Dagster UI.
	$(BIN)/centri demo

test: lint mapping ## Every check and every test.
	$(BIN)/pytest -n 2 --dist worksteal -m "not prove"

lint: install ## Layers, style and types.
	$(BIN)/lint-imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

mapping: install ## Check and test the mapping, and say what its last edit does to the fixtures.
	$(BIN)/centri check --offline
	$(BIN)/centri test
	@base=$$(git rev-list --skip=1 --max-count=1 HEAD -- mappings.yaml 2>/dev/null); \
	if test -n "$$base"; then $(BIN)/centri diff "$$base"; \
	else echo "no earlier mappings.yaml is known here (a shallow clone, or no git): nothing to compare with"; fi

format: install ## Put the code into its form.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

prove: install ## The longer proofs that `make test` leaves out: worlds, kills, clients, the engine on PostgreSQL.
	$(BIN)/pytest -n 2 --dist worksteal -m prove --ignore tests/ui --ignore tests/deploy
	@# These start whole deployments, with ports and a broker that they would take from each other.
	CENTRI_PICTURES=$${CENTRI_PICTURES:-build/pictures} $(BIN)/pytest -m prove tests/ui tests/deploy

mutants: install ## Break the decisions of centri/sync in every small way, and see which the tests do not notice.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutation]'
	$(BIN)/mutmut run
	$(BIN)/mutmut results

N ?= 5000

world: install ## A long soak: make world N=5000 makes so many worlds.
	CENTRI_WORLDS=$$(( ($(N) + 3) / 4 )) $(BIN)/pytest -n 2 --timeout 0 -m prove tests/laws/test_world.py

MINUTES ?= 60

soak: install ## So many minutes unattended, people at work in four CRMs: make soak MINUTES=60.
	$(BIN)/python benchmarks/soak.py --minutes $(MINUTES)

fixtures: install ## Record fixtures/ anew from the sandbox.
	$(BIN)/python fixtures/refresh.py

lock: ## Write requirements.lock anew, from a fresh environment.
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	{ head -1 requirements.lock; $(VENV)-lock/bin/python -m pip freeze --exclude centri; } > requirements.new
	mv requirements.new requirements.lock && rm -rf $(VENV)-lock

clean: ## Remove what was installed and what was made; .centri, which holds data, stays.
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
