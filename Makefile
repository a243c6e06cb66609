# The few commands that a newcomer needs; CMake does the work. `make help` lists them.
BUILD := build
FOLDER ?= /usr/include

.PHONY: all setup build everything demo test test-in test-asan test-tsan chaos mutants bench lint format help clean
.DEFAULT_GOAL := all

all: build ## set up what is missing and build build/leptir

setup: ## install the packages that are missing (apt)
	@tools/setup

build: setup
	@test -f $(BUILD)/build.ninja || cmake --preset release
	@cmake --build $(BUILD) --target leptir digest digest_demo bare_loop bare_redis

everything: setup
	@test -f $(BUILD)/build.ninja || cmake --preset release
	@cmake --build $(BUILD)

demo: build ## SHA-256 of every file under FOLDER (default /usr/include), through the whole product
	@examples/digest/demo $(BUILD) "$(FOLDER)"

test: everything ## build and run every test
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j 2

test-in: ## the README's two commands in a fresh Debian SUITE (bookworm, trixie); as root
	@tools/test-in "$(SUITE)"

test-asan: setup ## every test under the address and undefined behaviour sanitizers (ONLY=pattern: some)
	@tools/test-sanitized asan $(ONLY)

test-tsan: setup ## the tests of modules with threads under the thread sanitizer (ONLY=pattern: some)
	@tools/test-sanitized tsan $(ONLY)

chaos: everything ## kill and break things for MINUTES (60), rows ROWS (all), and print what came of it
	@tests/chaos/run $(BUILD) $(or $(MINUTES),60) "$(or $(ROWS),*)"

mutants: setup ## known-bad changes, one by one: each must be caught by its test
	@tests/mutants/run $(BUILD)/mutants

bench: build ## measure: tasks/s, push to start, memory, beside a bare loop of the same statements
	@bench/run $(BUILD)

lint: everything ## formatting, the rooms, clang-tidy
	@tools/lint $(BUILD)

format: ## rewrite the sources as .clang-format says
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

clean: ## remove what was built
	@rm -rf $(BUILD) build-asan build-tsan

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18
