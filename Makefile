# The few commands that a newcomer needs; CMake does the work. `make help` lists them.
BUILD := build
QUIETLY := $(if $(V),,--log-level=WARNING)
VERBOSELY := $(if $(V),--verbose)
FOLDER ?= /usr/include
# Compile several sources of a library or test program at once; for work on leptir itself: make UNITY=OFF
UNITY ?= ON
# Compiler warnings are errors. A newer compiler may warn where the tested ones do not: make WERROR=OFF
WERROR ?= ON
# The MongoDB backend. Without it, nothing of MongoDB is needed: make test MONGODB=OFF
MONGODB ?= ON
# The Amazon SQS backend. Without it, its tests need no emulator: make test SQS=OFF
SQS ?= ON
# So many tests run at once: more than there are cores, since most tests wait
JOBS ?= 5
PRESET := cmake --preset release -DLEPTIR_UNITY=$(UNITY) -DLEPTIR_WERROR=$(WERROR) $(QUIETLY)
# The demo keeps its tasks in SQLite. Where nothing was built before, nothing else is built for it; `make` adds the rest
# in the same folder.
EMBEDDED := -DLEPTIR_REDIS=OFF -DLEPTIR_MONGODB=OFF -DLEPTIR_SQS=OFF -DLEPTIR_CURL=OFF -DLEPTIR_WEB=OFF -DLEPTIR_TOP=OFF
COMPLETE := -DLEPTIR_REDIS=ON -DLEPTIR_MONGODB=$(MONGODB) -DLEPTIR_SQS=$(SQS) -DLEPTIR_CURL=ON -DLEPTIR_WEB=ON -DLEPTIR_TOP=ON
PROGRAM_ALONE := -DLEPTIR_TESTS=OFF -DLEPTIR_BENCH=OFF
has = grep -qs '^LEPTIR_$(1):BOOL=$(2)$$' $(BUILD)/CMakeCache.txt
IS_CONFIGURED := test -f $(BUILD)/build.ninja

.PHONY: all setup setup-demo setup-tests setup-servers build everything demo test test-in test-asan test-tsan chaos mutants bench lint deb test-deb format help clean
.DEFAULT_GOAL := all

all: build ## set up what is missing and build build/leptir, the libraries and the examples

setup: ## install the packages that the program needs and that are missing (apt)
	@MONGODB=$(MONGODB) SQS=$(SQS) tools/setup

setup-demo: # the fewer packages of the demo
	@tools/setup demo

setup-tests: # what the tests and benchmarks need beside that
	@MONGODB=$(MONGODB) SQS=$(SQS) tools/setup tests

setup-servers: setup-tests # the servers of the MongoDB and Amazon SQS tests, below $(BUILD)
	@[ "$(MONGODB)" = OFF ] || tools/setup-mongodb
	@[ "$(SQS)" = OFF ] || tools/setup-sqs

build: setup
	@$(IS_CONFIGURED) || $(PRESET) $(COMPLETE) $(PROGRAM_ALONE)
	@{ $(call has,CURL,ON) && $(call has,MONGODB,$(MONGODB)) && $(call has,SQS,$(SQS)); } || $(PRESET) $(COMPLETE)
	@echo "Building the program and the examples: some 3 minutes on two cores for the first time (V=1 shows the commands)."
	@cmake --build $(BUILD) $(VERBOSELY) --target installed examples

everything: setup-servers
	@$(PRESET) $(COMPLETE) -DLEPTIR_TESTS=ON -DLEPTIR_BENCH=ON
	@echo "Building everything: some 8 minutes on two cores for the first time (V=1 shows the commands)."
	@cmake --build $(BUILD) $(VERBOSELY)

demo: setup-demo ## SHA-256 of every file under FOLDER (default /usr/include), through the whole product
	@$(IS_CONFIGURED) || $(PRESET) $(EMBEDDED) $(PROGRAM_ALONE)
	@echo "Building the demo: some 2 minutes on two cores for the first time (V=1 shows the commands)."
	@cmake --build $(BUILD) $(VERBOSELY) --target leptir digest digest_demo
	@examples/digest/demo $(BUILD) "$(FOLDER)"

test: everything ## build and run every test: a line for each suite, and what failed at the end
	@tools/run-tests $(BUILD) -j $(JOBS)

test-in: ## the README's two commands in a fresh Debian SUITE (bookworm, trixie); as root
	@tools/test-in "$(SUITE)"

test-asan: setup-servers ## every test under the address and undefined behaviour sanitizers (ONLY=pattern: some)
	@tools/test-sanitized asan $(ONLY)

test-tsan: setup-servers ## the tests of modules with threads under the thread sanitizer (ONLY=pattern: some)
	@tools/test-sanitized tsan $(ONLY)

chaos: everything ## kill and break things for MINUTES (60), rows ROWS (all), and print what came of it
	@tests/chaos/run $(BUILD) $(or $(MINUTES),60) "$(or $(ROWS),*)"

mutants: setup-servers ## known-bad changes, one by one: each must be caught by its test
	@tests/mutants/run $(BUILD)/mutants

bench: setup-servers ## measure: tasks/s, push to start, memory, beside a bare loop of the same statements
	@cmake --preset release $(COMPLETE) -DLEPTIR_BENCH=ON $(QUIETLY)
	@cmake --build $(BUILD) $(VERBOSELY) --target leptir bare_loop bare_redis bare_mongodb mongodb_server bare_sqs sqs_server
	@bench/run $(BUILD)

deb: ## build the Debian packages into build/deb, and check them with lintian
	@tools/setup deb
	@packaging/build-deb $(BUILD)/deb

test-deb: ## build the packages in a fresh Debian SUITE, install them in another one and use them; as root
	@tests/package/debian "$(SUITE)"

lint: setup-tests ## formatting, the modules, the Lua scripts, one definition of each name, clang-tidy
	@tools/lint

format: ## rewrite the sources as .clang-format says
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

clean: ## remove what was built
	@rm -rf $(BUILD) build-asan build-tsan build-lint

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18
