.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz node-faults bench-gas bench-stale lint fmt bench-detect bench-market mutate prove coverage

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.cache/bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.cache/bin
export VVM_BINARY_PATH := $(CURDIR)/.cache/vyper

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: ## install everything from the lock files
	@toolchain/setup.sh

demo: setup ## the main job on the replica: relay to journal, then every row checked (DEMO_SECONDS, DEMO_SEED)
	@python -m replica.demo

test: setup ## the whole test suite, its files on two processes
	@pytest -n 2 --dist loadfile
	@APE_DATA_FOLDER=$(CURDIR)/.cache/ape ape test

fuzz: setup ## the deep tier: venues against their contracts, the executor against its model and a thief (FUZZ_SEED)
	@FUZZ=deep pytest -s --timeout 7200 tests/property/test_venue_*.py \
		tests/property/test_executor_differential.py tests/property/test_executor_stolen_key.py

node-faults: setup ## 36 kinds of node faults around the collector and the whole keeper (NODE_FAULT_ROUNDS=50)
	@NODE_FAULT_ROUNDS=$${NODE_FAULT_ROUNDS:-50} pytest -q --timeout 600 tests/e2e/test_node_faults.py \
		tests/e2e/test_keeper_node_faults.py

bench-gas: setup ## gas of cycles: ours, floor, routers, loans, on both schedules; GAS=--record keeps it
	@python -m bench.gas $(GAS)

lint: setup ## ruff, mypy --strict and forge fmt, in check mode
	ruff format --check .
	ruff check .
	mypy
	forge fmt --check

fmt: setup ## format Python and Solidity
	ruff format .
	ruff check --fix .
	forge fmt

mutate: setup ## would the tests notice a fault in the contracts? (MUTATE="--seed 1 --guarded 1 --sample 0.2"; hours)
	@python -m toolchain.mutate $(MUTATE)

coverage: setup ## functions, lines and branches of the contracts that the executor's tests reach
	@FUZZ=brief python -m toolchain.coverage

prove: setup ## symbolic proofs: a stranger with any bytes moves nothing and changes nothing
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.cache/prove $$(command -v uv || echo .cache/uv/bin/uv) sync \
		--quiet --frozen --no-python-downloads --project toolchain/prove
	@python -m toolchain.prove

bench-market: setup ## 10,000 pools read from a node, then updates from frame bytes to exact state; the last line is JSON
	@python -m bench.market

bench-stale: setup ## what early checks and exact outputs are worth where others trade first; the last line is JSON
	@python -m bench.stale $(STALE)

bench-detect: setup ## detection on 10,000 pools beside its peers, whose environments it builds; the last line is JSON
	@python -m bench.detect
