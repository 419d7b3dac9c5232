# Two commands for a new user: `make demo` and `make test`. Everything installs into .venv of this checkout.
PYTHON ?= python3
BIN := .venv/bin
LOCKS := requirements/development.lock
PIP_IN := bin/python -m pip install --quiet --disable-pip-version-check
PIP := .venv/$(PIP_IN)
# An environment that another Python made is of no use: half of it would be the other's.
MADE_BY = grep -qsxF "version = $$($(PYTHON) -c 'import platform; print(platform.python_version())')" .venv/pyvenv.cfg \
  && grep -qsxF "home = $$($(PYTHON) -c 'import os, sys; print(os.path.dirname(sys._base_executable))')" .venv/pyvenv.cfg

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench accuracy adoption weather fuzz chaos mutants lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: .venv/.ready  ## the whole story on embedded parts, in about two minutes
	$(BIN)/reconciler demo

test: lint  ## lint, types, import rules and all tests
	$(BIN)/pytest --numprocesses auto --dist loadfile $(PYTEST_ARGS)

lint: .venv/.ready  ## ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

weather: .venv/.ready  ## every kind of bad AWS weather, not only some of each
	ALL_WEATHER=1 $(BIN)/pytest -n 2 --dist loadfile tests/chaos/test_weather*.py

bench: .venv/.ready  ## figures beside Terraform's, as ratios
	PYTHONPATH=tests $(BIN)/python -m bench $(BENCH_ARGS)

fuzz: .venv/.ready  ## altered inputs for every reader, half a minute each; FUZZ_ARGS="--seed 1 --count 100000 --only hcl"
	PYTHONPATH=tests $(BIN)/python -m fuzz $(FUZZ_ARGS)

chaos: .venv/.ready  ## every call failed, 200 kills of a pass and of an apply, 100 duels, 20 restarts: some hours
	CHAOS=full $(BIN)/pytest -p no:randomly -s tests/chaos/test_nth_call.py tests/chaos/test_moments.py \
	  tests/chaos/test_apply_moments.py $(PYTEST_ARGS)

accuracy: .venv/.ready  ## every change by hand on two estates, beside Terraform, into docs/accuracy-table.md
	PYTHONPATH=tests $(BIN)/python -m accuracy $(ACCURACY_ARGS)

adoption: .venv/.ready  ## every resource of two estates adopted, beside Terraform's generator, into docs/adoption-table.md
	PYTHONPATH=tests $(BIN)/python -m adoption $(ADOPTION_ARGS)

# MUTANTS="normalise/clock explain" takes a part of the core, MUTANTS=--help tells the rest.
mutants: .venv/.ready  ## small changes of the pure core that no test notices, on one core
	PYTHONPATH=tests $(BIN)/python -m mutation $(MUTANTS)

# Extras stay in the lock: without them an older pip does not pair `coverage[toml]` with the pin of `coverage`, and stops as
# soon as a newer coverage is out.
lock: .venv/.ready  ## resolve the dependencies anew
	$(BIN)/pip install --quiet uv
	for part in "production.lock" "development.lock --all-extras --group dev"; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras --python-version 3.11 --no-header --upgrade \
	    pyproject.toml -o requirements/$$part; done

clean:  ## remove what make made
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.ready: pyproject.toml $(LOCKS) requirements/provider.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@echo "installing into .venv, a few minutes the first time"
	@$(MADE_BY) || rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r $(LOCKS)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q reconciler models  # also where PYTHONDONTWRITEBYTECODE is set
	@$(PYTHON) -m venv .venv/test-provider
	@.venv/test-provider/$(PIP_IN) --require-hashes -r requirements/provider.lock
	@touch $@
