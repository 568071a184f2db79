# `make help` lists what there is to do.

CARGO ?= cargo
IMAGE ?= chat-server
ARGS ?=
SECS ?= 60
TARGETS ?=

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
STATIC_BINARY = $(TARGET_DIR)/$(HOST)/release/chat-server

# A bare container has no /dev/random to fall back on: ask the kernel for random bytes directly.
STATIC_RUSTFLAGS = -C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build static install test setup fmt fmt-check lint doc test-all trials fuzz deny bench clean
.PHONY: docker docker-test docker-test-if-possible

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build the server, start it, and say how to join (ARGS='--ephemeral' passes flags on)
	@echo 'chat-tui is $(TARGET_DIR)/release/chat-tui; `make install` puts it on your PATH'
	@exec $(TARGET_DIR)/release/chat-server $(ARGS)

build: ## Build the server and the client for daily use
	$(CARGO) build --release --locked -p chat-server -p chat-tui

static: ## Build a server that needs no library of the system it runs on
	RUSTFLAGS='$(STATIC_RUSTFLAGS)' $(CARGO) build --release --locked --target $(HOST) -p chat-server

install: ## Install chat-server and chat-tui into cargo's bin directory
	$(CARGO) install --locked --path chat-server
	$(CARGO) install --locked --path chat-tui

test: setup fmt-check lint doc test-all docker-test-if-possible ## Check and test everything, as a change must pass it

setup:
	@tests/setup

fmt: ## Format the sources
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all --check

lint: ## Run clippy over every target; a warning is an error
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# The programs have no public API: their documentation is for who works on them, and shows and links private items.
doc: ## Build the documentation; a warning is an error
	RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' $(CARGO) doc --workspace --no-deps --document-private-items --locked

# The end-to-end tests start the built programs, so those come first.
test-all:
	$(CARGO) build --workspace --locked
	$(CARGO) test --workspace --locked

trials: ## Do the long trials: a thousand kills, cut cables, a million missed messages (half an hour)
	CHAT_TRIALS=long $(CARGO) test --release --locked -p chat-tests --test crash --test cut_cables --test catch_up -- --nocapture --test-threads=3

# Marks in the code tell libFuzzer what an input has reached; stable compilers know them too, under these names.
FUZZ_FLAGS = -Cpasses=sancov-module $(addprefix -Cllvm-args=-sanitizer-coverage-,level=4 inline-8bit-counters pc-table trace-compares) -Cdebug-assertions
fuzz: ## Let libFuzzer look for input that breaks something (SECS=60 for each of TARGETS='session lines'; needs g++)
	CARGO_PROFILE_RELEASE_LTO=off RUSTFLAGS='$(FUZZ_FLAGS)' $(CARGO) build --release --locked --target $(HOST) --target-dir $(TARGET_DIR)/fuzz -p chat-tests --bin chat-fuzz --features libfuzzer
	tests/fuzz-all $(TARGET_DIR)/fuzz/$(HOST)/release/chat-fuzz $(TARGET_DIR)/fuzz $(SECS) $(TARGETS)

deny: ## Ask cargo-deny about weaknesses, licences and sources of dependencies, where it is installed
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --workspace check; \
	else echo 'deny: left out, cargo-deny is not installed (cargo install --locked cargo-deny)'; fi

bench: build ## Compare with redis in five minutes (ARGS='fan100 --rounds 5', ARGS=--all, ARGS=growth, ARGS=--help)
	$(CARGO) build --release --locked -p chat-tests --bin chat-bench
	@$(TARGET_DIR)/release/chat-bench $(ARGS)

docker: ## Build the container image
	DOCKER_BUILDKIT=1 docker build -t $(IMAGE) .

docker-test: static ## Try the container: talk, restart, stop
	@tests/docker/with-engine tests/docker/test $(STATIC_BINARY)

docker-test-if-possible:
	@! tests/docker/with-engine --possible || $(MAKE) --no-print-directory docker-test

clean: ## Remove what was built
	$(CARGO) clean
