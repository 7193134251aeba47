# Everything that a developer types. `make` alone lists it.
SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/caseweave

.DEFAULT_GOAL := help
.PHONY: help setup build test lint deny postgres demo simulate bench bench-phone bench-summary bench-import proof fuzz schemathesis sslyze test-pages test-kotlin test-control test-swift test-failover clean

# A target whose part of the house is not built says so and fails.
define needs
	@test -e "$(1)" || { echo "make $@: not there yet ($(1) is missing)" >&2; exit 1; }
endef

help: ## list what can be done
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## check for, or as root install, the tools of the build
	scripts/install-tools

build: ## build the server and the terminal phone
	cargo build

test: ## run every suite of tests/budget; SUITES="unit system" runs those only
	scripts/test $(SUITES)

lint: ## formatting and lints only
	scripts/test fmt clippy

deny: ## licences, bans, sources and (needs the network) advisories; installs cargo-deny in the cache
	@PATH="$$PATH:$(CACHE)/bin" command -v cargo-deny >/dev/null \
		|| cargo install --locked --root "$(CACHE)" cargo-deny
	PATH="$$PATH:$(CACHE)/bin" cargo deny check

postgres: ## a throw-away PostgreSQL server until interrupted; prints its URL
	scripts/postgres serve

demo: ## the main job as a story with real phones; DEMO=once ends after it; SCALE=10 loads less
	$(call needs,scripts/demo)
	scripts/demo $(ARGS)

simulate: ## the simulator; SEEDS=1000 FIRST_SEED=0; ARGS="--plant grant-late" plants a bug, "--threads 2" is faster
	$(call needs,tests/src/bin/simulate.rs)
	scripts/simulate --seeds $(or $(SEEDS),100) --first-seed $(or $(FIRST_SEED),0) $(ARGS)

bench: ## measure what the design promises
	$(call needs,scripts/bench)
	scripts/bench $(ARGS)

bench-phone: ## what a phone costs: opening, lists, search, saving, first sync, size; WORKLOAD=DIR
	scripts/bench-phone

bench-summary: ## what leads and chief officers wait for: pages, figures, an edition; SCALE=10 loads less
	scripts/bench-summary

bench-import: ## roll and a year of marks of 13,000 pupils, on SQLite and, where it is there, PostgreSQL
	scripts/bench-import

proof: ## the million-scale promises, kept in docs/proof; long
	$(call needs,scripts/proof)
	scripts/proof $(ARGS)

fuzz: ## fuzz every reader of bytes from outside; SECONDS=60 each; ARGS="gate meaning" takes those only
	scripts/fuzz $(or $(SECONDS),60) $(ARGS)

schemathesis: ## the interface against its own description, 10,000 cases and more; needs Python
	scripts/schemathesis

sslyze: ## the wire as a stranger sees it; needs Python
	scripts/sslyze

test-pages: ## the pages in a real browser, WCAG 2.2 and keyboard; as root on Debian it gets Chromium
	scripts/pages get
	scripts/pages $(ARGS)

test-kotlin: ## the Kotlin package against the built library and a live server; needs Maven and Java 17
	scripts/kotlin

test-control: ## the library without encryption: words that must not be in its files are found there
	scripts/control

test-swift: ## the Swift package, likewise; as root on Debian it fetches Swift into the cache
	scripts/swift $(ARGS)

test-failover: ## the primary of a PostgreSQL kept three times dies while phones sync; as root on Debian it gets Patroni
	scripts/failover get
	scripts/failover

clean: ## remove what was built
	cargo clean
