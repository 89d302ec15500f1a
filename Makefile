# Build, test and install kes. `make help` lists what there is.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

TOOLS := kes-produce kes-segment kes-read kes-purge
SWIFT_SOURCES := Sources Tests Package.swift
MANUAL := $(wildcard man/*.1 man/*.5 man/*.7)
EXAMPLE_SCRIPTS := examples/demo examples/fullspeed examples/drill
EXAMPLES := $(filter-out $(EXAMPLE_SCRIPTS),$(wildcard examples/*))
SHELL_SCRIPTS := .ci/run scripts/setup scripts/demo scripts/package-debian scripts/check-package \
  scripts/check-rdkafka \
  examples/common.bash $(EXAMPLE_SCRIPTS)
RELEASE := .build/release
# Made anew when a source is newer, so that `sudo make install` installs what was built before.
RELEASE_BUILT := .build/release-built

BIN := $(DESTDIR)$(PREFIX)/bin
BASH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
MAN := $(DESTDIR)$(PREFIX)/share/man
DOC := $(DESTDIR)$(PREFIX)/share/doc/kes

.PHONY: build release demo test check check-memory check-package check-rdkafka bench bench-kafka install \
  uninstall deb format clean help

build: ## Build the tools for debugging (.build/debug)
	@scripts/setup build
	$(SWIFT) build

release: $(RELEASE_BUILT) ## Build the tools for use, the Swift runtime included (.build/release)

$(RELEASE_BUILT): Package.swift $(shell find Sources -type f -not -name '*.md')
	@scripts/setup build
	$(SWIFT) build -c release --static-swift-stdlib
	@touch $@

demo: ## Show devices wake up, send data and fall asleep, gathered into sessions
	@scripts/demo

test: ## Build and run all tests, those that go by chance with few seeds
	@scripts/setup build
	$(SWIFT) test --disable-xctest

check: ## All that CI checks: format, scripts, manual, compose file, rooms, build without warnings, tests, package
	@scripts/setup check
	$(SWIFT) format lint --strict --recursive $(SWIFT_SOURCES)
	shellcheck -x $(SHELL_SCRIPTS)
	mandoc -T lint -W warning $(MANUAL)
	docker-compose --file examples/compose.yaml config --quiet
	scripts/check-rooms --self-test
	scripts/check-rooms
	$(SWIFT) build --build-tests
	$(MAKE) check-package
	KES_TEST_SEEDS=all KES_TEST_TOOLS=$(abspath $(RELEASE)) \
	  $(SWIFT) test --disable-xctest --skip-build

check-package: release ## Install, uninstall and package into a folder, and try what lies there
	@scripts/setup package
	scripts/check-package

# Without the schema that is 2,000 types deep: the sanitizer makes its frames too large. Leaks are not
# looked for, as libavro has some.
check-memory: ## Run what reads foreign bytes under the address sanitizer (takes minutes)
	@scripts/setup build
	$(SWIFT) build --build-tests --sanitize=address --scratch-path .build-asan
	KES_TEST_SEEDS=all ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
	  $(SWIFT) test --sanitize=address --scratch-path .build-asan --disable-xctest --skip-build \
	  --filter 'KESCoreTests.(Avro|Confluent)' --skip schemasMayBeAsDeepAsJSON

check-rdkafka: ## Run the tests on topics with another librdkafka: LIBRARY=PATH
	@scripts/setup build
	$(SWIFT) build --build-tests
	scripts/check-rdkafka "$(LIBRARY)"

bench: release ## Measure the tools against cat, mawk and librdkafka (takes minutes)
	@scripts/setup bench
	scripts/bench
	scripts/bench-kafka

bench-kafka: release ## Measure kes-segment on topics alone
	@scripts/setup bench
	scripts/bench-kafka

install: release ## Install under PREFIX (/usr/local), beneath DESTDIR where that is set
	install -d $(BIN) $(BASH_COMPLETIONS) $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS) \
	  $(MAN)/man1 $(MAN)/man5 $(MAN)/man7 $(DOC)/examples
	install -s -m 755 $(TOOLS:%=$(RELEASE)/%) $(BIN)
	for tool in $(TOOLS); do \
	  $(RELEASE)/$$tool --generate-completion-script bash > $(BASH_COMPLETIONS)/$$tool && \
	  $(RELEASE)/$$tool --generate-completion-script zsh > $(ZSH_COMPLETIONS)/_$$tool && \
	  $(RELEASE)/$$tool --generate-completion-script fish > $(FISH_COMPLETIONS)/$$tool.fish \
	    || exit 1; \
	done
	for page in $(MANUAL); do \
	  install -m 644 $$page $(MAN)/man$${page##*.} || exit 1; \
	done
	install -m 644 README.md CHANGELOG.md LICENSE docs/tutorial.md docs/recipes.md $(DOC)
	install -m 644 $(EXAMPLES) $(DOC)/examples
	install -m 755 $(EXAMPLE_SCRIPTS) $(DOC)/examples

uninstall: ## Remove what install put under PREFIX
	rm -f $(TOOLS:%=$(BIN)/%) $(TOOLS:%=$(BASH_COMPLETIONS)/%) \
	  $(TOOLS:%=$(ZSH_COMPLETIONS)/_%) $(TOOLS:%=$(FISH_COMPLETIONS)/%.fish)
	for page in $(notdir $(MANUAL)); do rm -f $(MAN)/man$${page##*.}/$$page || exit 1; done
	rm -rf $(DOC)

deb: release ## Build a Debian package (.build/deb)
	@scripts/setup package
	scripts/package-debian

format: ## Format the Swift sources
	$(SWIFT) format format --in-place --recursive $(SWIFT_SOURCES)

clean: ## Remove all that was built
	rm -rf .build .build-asan bench-data

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile
