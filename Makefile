# `make` lists the targets. Requires only Python 3.11+, Node 20+ and make.

SHELL := /bin/sh
PYTHON ?= python3
WORKERS ?= 1
DATABASE ?= sqlite
FAULTS ?= tests/faults tests/api/test_schema.py $(addprefix tests/postgres/test_,$(addsuffix .py,clock_jumps failover killed_containers killed_hosts network outage))
BIN := .venv/bin
ROOMS := core services/api services/worker services/cli
ENGINE := $(shell docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && echo yes)
NO_SECRETS := requirements\.txt$$|package-lock\.json$$|\.png$$|schema\.d\.ts$$
SOURCES := $(shell find frontend/src frontend/index.html frontend/package.json frontend/vite.config.ts 2>/dev/null)
export TESTCONTAINERS_RYUK_DISABLED := true
ifeq ($(DATABASE),postgres)
export COMPOSE_FILE := docker-compose.yml:deploy/$(if $(QUEUECTL_DATABASE_URL),external-)postgres.yml$(addprefix :,$(wildcard docker-compose.override.yml))
else ifneq ($(DATABASE),sqlite)
$(error DATABASE=$(DATABASE): it is sqlite or postgres)
endif

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

up: $(BIN)/queuectl ## Run everything: in containers if there is an engine, otherwise as processes (WORKERS=4 DATABASE=postgres make up)
ifeq ($(ENGINE),yes)
	docker compose up --build --detach --wait --scale worker=$(WORKERS)
	@docker compose build --quiet cli  # otherwise its first run would print the build log
	@deploy/sign-in
else
ifeq ($(DATABASE),postgres)
	@case "$$QUEUECTL_DATABASE_URL" in postgres*) ;; *) echo "make up DATABASE=postgres: no container engine answers. Start one," \
		"or set QUEUECTL_DATABASE_URL=postgresql://USER@HOST/NAME to an empty database (docs/many-hosts.md)." >&2; exit 1;; esac
endif
	@$(MAKE) --no-print-directory .venv/services frontend/dist/index.html
	@$(BIN)/queuectl up --detach --workers $(WORKERS) --dashboard frontend/dist
endif
	@echo "CLI:       export PATH=\"\$$PWD/$(BIN):\$$PATH\"; queuectl status"

down: ## Stop what `make up` started; keeps the data
ifeq ($(ENGINE),yes)
	docker compose down --remove-orphans
endif
	@if [ -x $(BIN)/queuectl ]; then $(BIN)/queuectl down; fi

dev: .venv/services frontend/node_modules ## Run everything with reloading: the dashboard is on http://localhost:5173
	@PYTHON=$(BIN)/python deploy/dev

test: .venv/tests frontend/dist/index.html ## Install everything that tests need, then run all tests
	@$(BIN)/python -m tests.browser
	cd frontend && npm test
ifeq ($(ENGINE),yes)
	docker compose -f docker-compose.yml -f deploy/postgres.yml --profile cli build --quiet  # so that no test has to wait for it on a busy machine
endif
	$(BIN)/python -m pytest -n 6 --dist loadgroup tests

faults: .venv/tests frontend/dist/index.html ## Run the long fault tests (FAULTS=FILE: one of them); prints the table of docs/reliability.md
	rm -rf .faults
	QUEUECTL_FAULTS=long $(BIN)/python -m pytest -n 2 --dist loadgroup -o timeout=0 $(FAULTS)
	@$(BIN)/python -m tests.faults.report

check: .venv/tests frontend/node_modules ## Check types, lint, import rules, leaked secrets, known vulnerabilities, generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q --configfile pyproject.toml --recursive core services deploy
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --exclude-files '$(NO_SECRETS)'
	$(BIN)/python deploy/check_advisories.py
	$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml
	cd frontend && npm run check
	deploy/check-generated

types: .venv/tests frontend/node_modules ## Export the OpenAPI schema and generate the dashboard's API types from it
	$(BIN)/python -m queuectl_api.openapi >frontend/openapi.json
	cd frontend && npm run types

lock: .venv/tests ## Compile the requirement files from each pyproject.toml
	deploy/lock

sbom: .venv/tests frontend/node_modules ## Write sbom/: the components of each service, as CycloneDX
	@mkdir -p sbom
	@for room in api worker cli; do $(BIN)/cyclonedx-py requirements --pyproject services/$$room/pyproject.toml \
		--output-file sbom/$$room.cdx.json services/$$room/requirements.txt; done
	@cd frontend && npm sbom --sbom-format cyclonedx --omit dev >../sbom/frontend.cdx.json
	@ls sbom/*

screenshots: .venv/tests frontend/dist/index.html ## Create docs/screenshots: every page in two sizes and both themes
	@$(BIN)/python -m tests.screenshots

bench: .venv/tests frontend/dist/index.html ## Measure the queue and compare with its goals; prints a table (DATABASE=postgres: beside SQLite)
	@$(BIN)/python -m bench.$(if $(filter postgres,$(DATABASE)),postgres,table)

bench-dashboard: .venv/tests frontend/dist/index.html ## Measure the dashboard with 1,000,000 jobs
	@$(BIN)/python -m bench.dashboard

clean: ## Remove everything installed and built here; keeps the queue's data
	rm -rf .venv frontend/node_modules frontend/dist

# One virtual environment, installed in three steps: the command line, the services, the tests.
$(BIN)/queuectl: services/cli/requirements.txt services/cli/pyproject.toml deploy/build-requirements.txt
	@$(PYTHON) deploy/make_venv.py
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r deploy/build-requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r services/cli/requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e services/cli
	@touch $@

.venv/services: $(BIN)/queuectl services/api/requirements.txt services/worker/requirements.txt $(ROOMS:=/pyproject.toml)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r services/api/requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r services/worker/requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation $(ROOMS:%=-e %)
	@touch $@

.venv/tests: .venv/services tests/requirements.txt tests/generator/requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.txt
	$(BIN)/python -m venv .venv/generator
	.venv/generator/bin/pip install -q --disable-pip-version-check --require-hashes -r tests/generator/requirements.txt
	@touch $@

frontend/node_modules: frontend/package-lock.json
	@node deploy/node-version.cjs
	cd frontend && npm ci --no-audit --no-fund
	@touch $@

frontend/dist/index.html: frontend/node_modules $(SOURCES)
	cd frontend && npm run build
	@touch $@

.PHONY: help up down dev test faults check types lock sbom screenshots bench bench-dashboard clean
