# A thin front of meson and ninja: what a newcomer types. 'make help' lists it.
BUILD := build
PYTHON := /usr/bin/python3
CORACLE := $(BUILD)/coracle

.PHONY: all build up down status test unit sanitize threads fuzz lint e2e sim bench format clean help

all: build

build: $(BUILD)/build.ninja ## compile everything into build/
	@scripts/configure $(BUILD)
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@scripts/packages build
	@scripts/configure $(BUILD)

up: build ## start a two-node cluster, deploy examples/day-service, call it, say what it did
	@scripts/packages run
	@scripts/up

down: ## stop and remove everything that 'up' made; running it twice is fine
	@scripts/down

status: build ## say what runs
	@$(CORACLE) status

test: ## everything that CI runs: build, lint, unit tests (plain and sanitized), simulation, end to end
	@scripts/test

unit: build ## unit tests beside the code
	@meson test -C $(BUILD) --quiet --print-errorlogs

sanitize: ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/packages build test
	@scripts/sanitize address,undefined

threads: ## the tests of what threads share (loop, store, client, apiserver, deciders) under ThreadSanitizer
	@scripts/packages build test
	@scripts/sanitize thread loop. store. client. apiserver. cluster.deciders

fuzz: ## every fuzz target for FUZZ_SECONDS (default 10) each, two at once
	@scripts/packages build test
	@scripts/fuzz

lint: $(BUILD)/build.ninja ## layers, sizes, clang-format, clang-tidy
	@scripts/packages build test
	@scripts/lint

sim: build ## the whole control plane and 100 hollow nodes on virtual time, many seeds
	@scripts/sim

e2e: build ## the cluster driven by kubectl and the official Python client
	@scripts/packages run test
	@scripts/peers $(BUILD)/peers || echo 'e2e: not every kubectl could be fetched; the tests of those are skipped'
	@$(PYTHON) -m pytest -q -p no:cacheprovider --basetemp=$(BUILD)/e2e tests/e2e

bench: build ## figures beside a peer or a physical floor measured in the same run, and the budget of each
	@scripts/packages run test
	@scripts/bench

format: ## rewrite the sources in the project's layout
	@git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' | xargs clang-format -i

clean: ## remove what was built
	@rm -rf $(BUILD) build-*

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
