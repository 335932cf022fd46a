# Two commands: `make demo` shows the product, `make test` proves it. Both prepare everything they need.
# DATABASE_URL set: that PostGIS server, no private one.  PORT: where the demo listens.  ARGS: passed on to pytest.  PYTHON: another python3.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
BIN := .venv/bin
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-strip-extras --allow-unsafe
SECOND := var/second# where lane two of the tests has its copy and its server, see tests/lanes.py
.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint doctor chaos bench stop clean lock database

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

demo: ## install what is missing, load the demo city, serve it on PORT (8000)
	@$(PYTHON) -m backend.bootstrap demo
	@$(MAKE) --no-print-directory database
	@LISTENING_DEMO=1 PORT='$(PORT)' exec $(BIN)/python manage.py demo

test: ## install what is missing, then every check and every test; ARGS go to pytest
	@$(PYTHON) -m backend.bootstrap test
	@$(MAKE) --no-print-directory database
	$(BIN)/pybabel -q compile -d backend/locale -D django
	@$(MAKE) --no-print-directory lint
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m $(if $(ARGS),pytest $(ARGS),tests.lanes)

# The tests of open data have a run of their own, see tests/lanes.py.
coverage: ## the tests one after the other, which takes far longer, and the lines that none of them reaches
	@$(PYTHON) -m backend.bootstrap test
	@$(MAKE) --no-print-directory database
	$(BIN)/pybabel -q compile -d backend/locale -D django
	$(BIN)/python -m pytest --cov --cov-report= --ignore=tests/listening/opendata
	$(BIN)/python -m pytest --cov --cov-append -W "ignore:Error when trying to teardown test databases" tests/listening/opendata

lint: ## ruff, mypy and the import contracts, in the prepared .venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

doctor: ## say what is there, what is missing, and the command that mends it
	@test -x $(BIN)/python || { echo 'There is no .venv yet. Run: make demo' >&2; exit 1; }
	@LISTENING_DEMO=1 $(BIN)/python manage.py doctor

chaos: ## kill, cut, fill and delay all that sync relies on, and count what was lost; ARGS="--help"
	@$(PYTHON) -m backend.bootstrap test
	$(BIN)/python -m tests.faults.chaos $(ARGS)

bench: ## the benchmarks, each beside the raw SQL of the same run
	@$(PYTHON) -m backend.bootstrap test
	@$(MAKE) --no-print-directory database
	$(BIN)/python -m tests.benchmarks $(ARGS)

stop: ## stop the private PostgreSQL; its data stay
	@test ! -d $(SECOND)/var || (cd $(SECOND) && $(PYTHON) -m backend.localdb down)
	@test ! -d var || $(PYTHON) -m backend.localdb down

clean: ## stop it and remove everything that make has made
	@test ! -d $(SECOND)/var || (cd $(SECOND) && $(PYTHON) -m backend.localdb clean)
	@test ! -d var || $(PYTHON) -m backend.localdb clean
	rm -rf .venv var .coverage .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find backend/locale -name '*.mo' -delete

lock: ## compile the requirements files anew, with hashes
	@$(PYTHON) -m backend.bootstrap test
	$(COMPILE) --output-file=requirements.txt requirements.in
	$(COMPILE) --output-file=requirements-dev.txt requirements-dev.in
	$(COMPILE) --output-file=requirements-bench.txt requirements-bench.in

database:
	@test -n "$$DATABASE_URL" || $(PYTHON) -m backend.localdb up
