# limner: what a person types. `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
# One BLAS thread: the matrices are small, and more threads only wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
PIP := $(BIN)/python -m pip install -qq -c constraints.txt
DEMO := $(addprefix tests/data/sketches/,lavater_smile.png lorelei_smile.png busch_max.png)

.PHONY: help setup demo test test-blender lint types bench docs lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
	  while IFS=$$'\t' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: $(VENV)/.dev ## a virtual environment with all that developers need
	@echo "ready: $(BIN)/limner --help"

demo: $(VENV)/.run $(VENV)/.blender ## fit a head to three real drawings; results in out/demo
	@rm -rf out/demo
	@$(BIN)/python -m limner fit $(DEMO) --out out/demo
	@echo "Look at:"
	@find out/demo -type f | sort | sed 's/^/  /'

test: $(VENV)/.test ## all tests but those inside Blender
	@$(BIN)/python -m pytest -q -m "not blender"

test-blender: $(VENV)/.test $(VENV)/.blender ## the tests inside Blender: the module, then real ones
	@$(BIN)/python -m pytest -q -m blender || [ $$? = 5 ]
	@bash tests/blender/run.sh $(BIN)/python

lint: $(VENV)/.dev ## formatting and likely mistakes
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.dev ## static types
	@mkdir -p .cache/types && ln -sfn ../.. .cache/types/limner  # mypy wants the package's name
	@MYPYPATH=.cache/types $(BIN)/python -m mypy -p limner

bench: $(VENV)/.test ## measure; figures go to out/bench.json
	@mkdir -p out
	@$(BIN)/python -m limner bench --json out/bench.json

docs: $(VENV)/.dev ## the manual, as a web page in docs/_build
	@$(BIN)/python -m sphinx -q -W -b html docs docs/_build/html
	@echo "Look at docs/_build/html/index.html"

lock: $(VENV)/.dev ## write constraints.txt anew (needs uv)
	@uv pip compile pyproject.toml constraints.in --all-extras --universal --python-version 3.11 \
	  --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --quiet --upgrade -o constraints.txt

clean: ## remove the environment and all results
	@rm -rf $(VENV) out docs/_build build limner.egg-info .cache .*_cache

# The environment, in steps; each is made once and again when what it depends on has changed.
$(VENV)/.python:
	@bash tools/make_venv.sh $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml constraints.txt
	@echo "installing limner into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "installing what the tests need"
	@$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@echo "installing what developers need"
	@$(PIP) -e '.[dev]'
	@touch $@

# Never fails: without Blender everything but the .blend is there, and limner says so.
$(VENV)/.blender: $(VENV)/.run
	@bash tools/install_blender.sh $(BIN)/python
	@touch $@
