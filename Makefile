# A fresh machine needs python3 (3.11 or newer) and make; everything else is fetched into .venv.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: run test check bench chaos lock clean
.DEFAULT_GOAL := run

run: $(INSTALLED) ## a hospital with people in it; Ctrl-C stops it
	@$(BIN)/medray up

test: $(INSTALLED) check ## everything that a commit must pass
	@echo "two cores, two runs: the hospital, whose words come at the end, and everything else"
	@$(BIN)/pytest -p no:cacheprovider -m cluster > .hospital.log 2>&1 & hospital=$$!; \
	$(BIN)/pytest -m "not cluster and not chaos"; rest=$$?; \
	wait $$hospital; hospital=$$?; cat .hospital.log; exit $$((rest + hospital))

check: $(INSTALLED) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## the figures of the README
	$(BIN)/python -m benchmarks

chaos: $(INSTALLED) ## kills processes at work, then counts what was lost
	$(BIN)/pytest -m chaos --timeout 600

lock: $(INSTALLED) ## choose the newest allowed versions again
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes \
		--no-header --no-annotate --quiet --upgrade --universal --python-version 3.11 \
		--output-file requirements.lock

clean: ## what was built and fetched, not the data in .medray
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Compiled once here: a dozen processes start together, and each would compile Ray for itself.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "medray needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q -j 0 .venv/lib actors deployments storage || true
	touch $@
