# Broadsheet. `make run` and `make test` set up what they need by themselves.
PYTHON ?= python3
BIN := .venv/bin
# Three at once, also on two cores: journeys wait more than they work. Bytecode is kept even where the environment says
# otherwise, or each of the three, and each bot that a test starts, would compile everything anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 3 --dist worksteal

.PHONY: run setup test test-all check bench bench-articles crash endure fuzz screenshots lock clean help

help:           ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 20

run: .venv/.runtime  ## Start: Discord with DISCORD_TOKEN set, otherwise the sandbox with sample sources
	@exec $(BIN)/python -m bot

setup: .venv/.runtime .venv/.dev  ## Only the environment

test: .venv/.dev  ## The everyday tests
	$(PYTEST) -m "not thorough"

test-all: .venv/.dev  ## All tests: also the thorough ones, and properties with more examples
	$(PYTEST) --hypothesis-profile=full

check: .venv/.dev  ## Lint, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev  ## Measure; the figures go into docs/performance.md
	$(BIN)/python -m benchmarks

bench-articles: .venv/.dev  ## Measure how articles are read and summarised; fails where a bar is missed
	$(BIN)/python -m benchmarks.articles

crash: .venv/.dev  ## Kill and hinder the bot at every point: make crash COUNT=200 SEED=1 ONLY="request not sent+kill"
	$(BIN)/python -m tests.crash $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")

endure: .venv/.dev  ## A day of faults in twenty minutes, and two bots frozen in turns for ten
	$(BIN)/python -m tests.endurance day
	$(BIN)/python -m tests.endurance frozen

fuzz: .venv/.dev  ## Read hostile and spoilt documents: make fuzz COUNT=100000
	$(BIN)/python -m tests.fuzz $(COUNT)

screenshots: .venv/.dev  ## Take the README's pictures from a running demo (needs Chromium)
	$(BIN)/python -m docs.screenshots

lock: ## Compile the locks anew (needs uv)
	uv pip compile -q pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock
	uv pip compile -q --group dev -c requirements.lock --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements-dev.lock

clean:          ## Remove the environment and caches, never data/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Broadsheet needs Python 3.11 or newer; '$(PYTHON)' is older. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# The stamps are older than their lock only when the lock changed: nothing is reinstalled otherwise.
.venv/.runtime: requirements.lock | .venv/bin/python
	@echo "Setting up Broadsheet's environment under .venv (once, about a minute) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Adding the tools for tests and checks ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
