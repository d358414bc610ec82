# Debian or Ubuntu, Python 3.11 or newer, make: the rest comes by itself.
.DEFAULT_GOAL := help
.PHONY: help setup demo picture test-setup lint test bench lock upgrade clean
BIN := .venv/bin
CODE := $(wildcard api bench bidding migrations notary templates tests trading)
say = @printf '\n== %s\n' '$(1)'

help:  ## This list.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

setup:  ## Debian packages and .venv, as locked.
	@sed 's/#.*//' apt.txt | xargs sh setup/apt.sh
	@sh setup/environment.sh run

demo: setup  ## A whole tender, live in the terminal.
	@$(BIN)/sunbid demo

picture: setup  ## docs/demo.svg: the final screen of a demonstration.
	@rm -rf demo/picture
	@$(BIN)/sunbid demo --once --directory demo/picture
	@cp demo/picture/screen.svg docs/demo.svg

test-setup:
	@sed 's/#.*//' apt.txt apt-test.txt | xargs sh setup/apt.sh
	@sh setup/environment.sh test

lint: test-setup  ## Lints, types, import contracts.
	$(call say,ruff: lints)
	@$(BIN)/ruff check $(CODE)
	$(call say,ruff: format)
	@$(BIN)/ruff format --check $(CODE)
	$(call say,mypy: types)
	@$(BIN)/mypy $(CODE)
	$(call say,import-linter: who may import whom)
	@$(BIN)/lint-imports
	$(call say,bandit: unsafe calls)
	@$(BIN)/bandit -q -r -c pyproject.toml $(filter-out tests,$(CODE))

test: lint  ## All of lint, then all tests, on servers of their own.
	$(call say,pytest)
	@$(BIN)/pytest -n 3 --dist worksteal

bench: test-setup  ## Rates and memory beside the limits of this machine.
	@$(BIN)/python -m bench

LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --only-binary :all:
lock: test-setup  ## Write the locks again after a change of pyproject.toml.
	$(LOCK) $(UPGRADE) --group setup pyproject.toml -o requirements.lock
	$(LOCK) $(UPGRADE) --group setup --group test pyproject.toml -c requirements.lock -o requirements-test.lock
	echo uv | $(LOCK) - -c requirements.lock -o requirements-uv.lock

upgrade: UPGRADE := --upgrade
upgrade: lock  ## Write the locks again with the newest versions.

clean:  ## Remove .venv and caches, no data.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
