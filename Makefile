# Pyyntö: every target does the set-up it needs first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEVEL  := $(VENV)/.ready-dev
# The system's certificates, where a company's network has its own.
SYNC   := VIRTUAL_ENV=$(CURDIR)/$(VENV) UV_SYSTEM_CERTS=1 $(BIN)/uv sync -q --frozen --inexact --compile-bytecode --extra demo

.PHONY: setup demo test journeys check bench eval learn fuzz

setup: $(DEVEL)  ## Build .venv from the locked versions.

$(READY): uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install -q --disable-pip-version-check "uv>=0.8"
	@$(SYNC) --no-dev
	@touch $(READY)

$(DEVEL): $(READY)
	@$(SYNC)
	@touch $(DEVEL)

demo: $(READY)  ## Try everything on this machine, in the browser.
	@$(BIN)/pyynto demo

test: $(DEVEL)  ## Run the whole test suite.
	$(BIN)/pytest -q -n 2 --dist loadgroup

journeys: $(DEVEL)  ## Five shops, seven rights, two channels, two languages.
	$(BIN)/pytest -q tests/journeys

check: $(DEVEL)  ## Lint, formatting, types, import rule.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEVEL)  ## Measure the promised numbers; ends with 1 when one is missed.
	@$(BIN)/python -m bench

eval: $(DEVEL)  ## How well messages are understood, which are not, and how fast.
	@$(BIN)/python -m bench understanding

learn: $(DEVEL)  ## Learn the weights of the understanding from learning/ and write them.
	@$(SYNC) --group learn
	@$(BIN)/python -m learning

FUZZ_SECONDS ?= 60
fuzz: $(DEVEL)  ## Search for mails that break the reading of mail, for FUZZ_SECONDS.
	@$(SYNC) --group fuzz
	@$(BIN)/python -m tests.fuzz.mail --seconds $(FUZZ_SECONDS)
