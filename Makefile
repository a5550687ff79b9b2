# Two commands do all the set-up on a machine with python3 and make: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# tests start hundreds of processes, which would compile the same modules again and again
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-fast campaign lint words format types sql interface lock bench clean test-metricflow test-superset

help: ## This list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-16s %s\n", $$1, $$2}'

venv: $(READY) ## Build the environment from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Koubei needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages of requirements.lock into $(VENV) (a minute or two) ..."
	@# uv installs in a sixth of pip's time; where it cannot reach the packages, pip's own settings may
	@awk '/^uv==/ {found = 1} found {print; if (!/\\$$/) exit}' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --no-deps --require-hashes -r requirements.lock \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## Invented exports in, published marts out: the whole refresh, then where to look
	@$(BIN)/koubei demo

test: $(READY) ## Every test, in ten minutes on two cores; make campaign, test-metricflow and test-superset are apart
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 30 --durations-min 5

test-fast: $(READY) ## The unit tests alone, in less than a minute
	@$(BIN)/pytest -n 2 --dist loadfile -m "not integration" tests/unit

campaign: $(READY) ## The long campaign: random kills and portions, an hour or more: make campaign seed=1 rounds=10
	@CAMPAIGN_SEED=$(or $(seed),1) CAMPAIGN_ROUNDS=$(or $(rounds),10) $(BIN)/pytest -n 2 tests/campaign/ask_*.py

test-metricflow: $(READY) ## MetricFlow's answers against the KPIs, in an environment of its own: make test-metricflow home=PATH
	@test -x $(VENV)-metricflow/bin/mf || $(BIN)/uv venv --quiet --python $(BIN)/python $(VENV)-metricflow
	@$(BIN)/uv pip install --quiet --python $(VENV)-metricflow/bin/python --no-deps --require-hashes -r tests/metricflow/requirements.lock
	@METRICFLOW_BIN=$(abspath $(VENV)-metricflow/bin) METRICFLOW_HOME=$(abspath $(home)) $(BIN)/pytest tests/metricflow/ask_metricflow.py

SUPERSET_VENV ?= $(VENV)-superset

test-superset: $(READY) ## Superset 6.1, in an environment of its own, with every dashboard drawn: make test-superset home=PATH
	@test -x $(SUPERSET_VENV)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(SUPERSET_VENV)
	@$(BIN)/uv pip install --quiet --python $(SUPERSET_VENV)/bin/python --no-deps --require-hashes -r tests/superset/requirements.lock
	@SUPERSET_VENV=$(abspath $(SUPERSET_VENV)) SUPERSET_TEST_HOME=$(abspath $(home)) $(BIN)/pytest --durations=8 tests/superset/ask_superset.py

lint: $(READY) words ## Style and form of the Python, and the words of everything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

words: $(READY) ## Spelling, and words that are not used here (.codespell/words.txt)
	@$(BIN)/codespell .
	@$(BIN)/pytest -q tests/unit/test_words.py

format: $(READY) ## Put the Python and the SQL in form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix dbt_project/models dbt_project/tests

types: $(READY) ## Types of the Python
	@$(BIN)/mypy

sql: $(READY) ## Style and form of the SQL
	@$(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests

interface: $(READY) ## Write the published interface, the page of KPIs, the reference and the changelog anew
	@$(BIN)/python -m orchestration.interface --write
	@$(BIN)/python -m orchestration.reference --write

lock: ## Resolve pyproject.toml anew into requirements.lock (needs an environment)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --extra dev pyproject.toml --output-file requirements.lock

bench: $(READY) ## Timings beside what you would pick instead: make bench only=NAME
	@$(BIN)/python -m tests.benchmarks $(if $(only),--only $(only))

clean: ## Remove what builds and tests leave behind, but not .koubei
	@rm -rf $(VENV) $(VENV)-metricflow $(SUPERSET_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
