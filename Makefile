# Each target installs what it needs first (.ci/setup); `make run` on a fresh machine is all that a newcomer types.
SHELL := /bin/bash
PYTHON := .venv/bin/python
CATALOGUE := admin_app/translations/zh_Hans_CN/LC_MESSAGES/messages
PYTEST := $(PYTHON) -m pytest -n $(or $(WORKERS),2) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help run test test-hard check format bench catalog lock setup-run setup-dev

help:
	@echo "make run        set up, then serve http://127.0.0.1:8000 with demo data"
	@echo "make test       set up, then all tests on SQLite; PostgreSQL and Redis where found"
	@echo "make test-hard  the long proofs: isolation matrix, kill points, raced decisions, browser grid"
	@echo "make check      lint, formatting, types, floors, translations"
	@echo "make format     let ruff format and mend what it can"
	@echo "make bench      the benchmarks, one JSON line per figure"
	@echo "make catalog    extract the messages, update and compile the catalogues"
	@echo "make lock       resolve the dependencies again"

setup-run:
	@.ci/setup run

setup-dev:
	@.ci/setup dev

%.mo: %.po
	@$(PYTHON) -m babel.messages.frontend --quiet compile -i $< -o $@

run: setup-run
	@$(MAKE) --no-print-directory --silent $(CATALOGUE).mo
	@exec $(PYTHON) -m admin_app run --demo

test: setup-dev
	@$(MAKE) --no-print-directory --silent $(CATALOGUE).mo
	@$(PYTEST) -q -m "not hard"

test-hard: setup-dev
	@$(MAKE) --no-print-directory --silent $(CATALOGUE).mo
	@$(PYTEST) -q -m hard

check: setup-dev
	@$(MAKE) --no-print-directory --silent $(CATALOGUE).mo
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/mypy
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/contracts/test_floors.py tests/contracts/test_house_rules.py tests/contracts/test_translations.py

format: setup-dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

bench: setup-dev
	@$(MAKE) --no-print-directory --silent $(CATALOGUE).mo
	@$(PYTHON) -m tests.bench

catalog: setup-dev
	@$(PYTHON) -m babel.messages.frontend --quiet extract -F admin_app/translations/babel.cfg --no-location --sort-output \
		--project "Continuing education" -k N_ -k _l -k lazy_gettext -o admin_app/translations/messages.pot .
	@$(PYTHON) -m babel.messages.frontend --quiet update -i admin_app/translations/messages.pot -o $(CATALOGUE).po -l zh_Hans_CN --no-fuzzy-matching
	@$(MAKE) --no-print-directory --silent $(CATALOGUE).mo

lock: setup-dev
	@.venv/bin/uv --version >/dev/null 2>&1 || $(PYTHON) -m pip install --quiet uv
	@.venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --group dev --constraints requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements-dev.lock
