# The two commands to know: `make demo` and `make test`. Both set up everything they need in .venv.

PORT ?= 8000
RESPONDENTS ?=
DATA ?=
BROWSER ?= yes
ARGS ?=
UV ?= uv

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench set-up browser lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up ## serve the demonstration [PORT=8000] [RESPONDENTS=1000] [DATA=folder]
	@exec $(BIN)/equality-survey demo --port $(PORT) \
		$(if $(RESPONDENTS),--respondents $(RESPONDENTS)) $(if $(DATA),--data-dir "$(DATA)")

test: set-up browser ## run every test but the benchmarks [BROWSER=no leaves the browser out] [ARGS=...]
	@bash tools/run-tests $(BROWSER) $(ARGS)

check: set-up ## look at style, types and who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: set-up ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: set-up ## measure speed as ratios to baselines of the same run [ARGS=...]
	@$(BIN)/python -m tests.benchmarks $(ARGS)

set-up: ## install what requirements.lock names into .venv
	@bash tools/set-up

browser: set-up
	@if [ "$(BROWSER)" != no ]; then bash tools/set-up-browser; fi

lock: ## renew requirements.lock from pyproject.toml (needs uv) [ARGS=--upgrade]
	$(UV) pip compile pyproject.toml --group checks --group build --universal \
		--python-version 3.11 --only-binary :all: --generate-hashes --no-annotate --no-header \
		$(ARGS) --output-file requirements.lock

clean: ## remove .venv and everything made by tools; demonstration data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
