# Everything stays in this folder: the virtual environment .venv, and the data in ./data (QUIETLINE_DATA).
#   make up PORT=8062          another port; every setting of docs/settings.md can be given like this
#   make test PYTHON=python3.13 ARGS="-k storm"

PYTHON ?=
ARGS   ?=
SHELL  := /bin/sh
BIN    := .venv/bin
SUITABLE := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: help up test bench storm api evaluate lint clean
.DEFAULT_GOAL := help

help:
	@echo 'make up      start everything; Ctrl-C stops it'
	@echo 'make test    the whole test suite'
	@echo 'make lint    style, types, flows'
	@echo 'make bench   measure against bare floors    (ARGS="--help")'
	@echo 'make evaluate  how well labelled texts are read'
	@echo 'make storm   texts under kill -9            (ARGS="--messages 100000 --kills 1500")'
	@echo 'make api     10,000 generated requests to the interface for control rooms'
	@echo 'make clean   remove what was built, but not ./data'

# `up` ends with make, however make ended.
up: $(BIN)/.installed
	@exec env QUIETLINE_SUPERVISOR_PID=$$PPID $(BIN)/quietline up

test: $(BIN)/.installed-dev
	@$(BIN)/python -m pytest -n 2 -rs $(ARGS)

bench: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.bench $(ARGS)

evaluate: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.evaluate $(ARGS)

storm: $(BIN)/.installed-dev
	@$(BIN)/python -m tests.storm $(ARGS)

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
