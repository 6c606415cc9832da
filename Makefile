# Everything stays in this folder: the virtual environment .venv, and the data in ./data (QUIETLINE_DATA).
#   make up PORT=8062          another port; every setting of docs/settings.md can be given like this
#   make test PYTHON=python3.13 ARGS="-k storm"

PYTHON ?=
ARGS   ?=
MESSAGES ?= 10000
KILLS    ?= 150
DATABASE ?= both
SEED     ?= 1
CASES    ?= 20000
SHELL  := /bin/sh
BIN    := .venv/bin
SUITABLE := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install

# Processes are started by the hundred, and each is to find its modules compiled, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help up test axe shots bench storm away lifecycle naughty api evaluate lint clean
.DEFAULT_GOAL := help

help:
	@echo 'make up      start everything; Ctrl-C stops it'
	@echo 'make test    the whole test suite'
	@echo 'make axe     what the tests of the desk in a browser need besides Chromium (npm)'
	@echo 'make shots   pictures of every page of the desk   (FOLDER=build/shots)'
	@echo 'make lint    style, types, flows'
	@echo 'make bench   measure against bare floors    (ARGS="--help")'
	@echo 'make evaluate  how well labelled texts are read'
	@echo 'make storm   10,000 texts, 150 kill -9 and every other fault, on both databases   (MESSAGES=3000 KILLS=45)'
	@echo 'make away    10,000 reports for a control room that was gone for 72 hours'
	@echo 'make lifecycle  20,000 lives of conversations, killed and restarted in any order   (CASES=400)'
	@echo 'make naughty every string that breaks software, through every field of every channel'
	@echo 'make api     10,000 generated requests to the interface for control rooms'
	@echo 'make clean   remove what was built, but not ./data'

# `up` ends with make, however make ended.
up: $(BIN)/.installed
	@exec env QUIETLINE_SUPERVISOR_PID=$$PPID $(BIN)/quietline up

# Three processes for two cores: much of what tests do is waiting.
test: $(BIN)/.installed-dev
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -rs $(ARGS)

# What checks the desk's pages for barriers; the browser itself is the system's (Debian: apt-get install chromium).
axe: tests/browser/node_modules/axe-core/axe.min.js

tests/browser/node_modules/axe-core/axe.min.js: tests/browser/package.json
	@npm install --prefix tests/browser --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error
	@touch $@

shots: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.browser.shots $(or $(FOLDER),build/shots) $(ARGS)

bench: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.bench $(ARGS)

evaluate: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.evaluate $(ARGS)

storm: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.storm --messages $(MESSAGES) --kills $(KILLS) --database $(DATABASE) --seed $(SEED) $(ARGS)

away: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.storm.away $(ARGS)

lifecycle: $(BIN)/.installed-dev
	@LIFECYCLE_CASES=$(CASES) LIFECYCLE_SHARES=2 $(BIN)/python -m pytest -n 2 tests/handlers/test_lifecycle.py $(ARGS)

naughty: $(BIN)/.installed-dev
	@NAUGHTY=all $(BIN)/python -m pytest -n 2 -k naughty tests $(ARGS)

api: $(BIN)/.installed-dev
	@API_CASES=5000 $(BIN)/python -m pytest -n 2 tests/gateway/web/test_api_cases.py $(ARGS)

lint: $(BIN)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/quietline flows lint

clean:
	rm -rf .venv build quietline.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find conversations handlers gateway tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/.installed: pyproject.toml $(BIN)/.made
	@echo 'Installing into .venv, once; a minute at most.'
	@$(PIP) --editable .
	@touch $@

$(BIN)/.installed-dev: pyproject.toml $(BIN)/.made
	@echo 'Installing into .venv what the tests need, once; a minute or two.'
	@$(PIP) --editable '.[dev]'
	@touch $@ $(BIN)/.installed

# An environment that works is kept; else the first Python that is new enough and can make one.
$(BIN)/.made:
	@if $(BIN)/python -c '$(SUITABLE)' 2>/dev/null; then touch $@; exit 0; fi; \
	for python in $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3); do \
	  if "$$python" -c '$(SUITABLE)' 2>/dev/null; then \
	    "$$python" -m venv --clear .venv && touch $@; \
	    exit; \
	  fi; \
	done; \
	echo 'Quietline needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: python3-venv). If it has another name: make up PYTHON=/path/to/python3' >&2; \
	exit 1
