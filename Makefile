# Pyyntö: every target does the set-up it needs first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: setup demo test check bench

setup: $(READY)  ## Build .venv from the locked versions.

$(READY): uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip -q
	@$(BIN)/python -m pip install -q --disable-pip-version-check "uv>=0.8"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync -q --frozen --inexact --compile-bytecode --extra demo
	@touch $(READY)

demo: setup  ## Try everything on this machine, in the browser.
	@$(BIN)/pyynto demo

test: setup  ## Run the whole test suite.
	$(BIN)/pytest -q -n 2 --dist loadgroup

check: setup  ## Lint, formatting, types, import rule.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## Measure the promised numbers; ends with 1 when one is missed.
	@$(BIN)/python -m bench
