# Build, test and install kes. `make help` lists what there is.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

TOOLS := kes-produce kes-segment kes-read kes-purge
SWIFT_SOURCES := Sources Tests Package.swift
SHELL_SCRIPTS := .ci/run scripts/setup scripts/demo \
  examples/common.bash examples/demo examples/fullspeed examples/drill
RELEASE := .build/release
# Made anew when a source is newer, so that `sudo make install` installs what was built before.
RELEASE_BUILT := .build/release-built

BIN := $(DESTDIR)$(PREFIX)/bin
BASH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
DOC := $(DESTDIR)$(PREFIX)/share/doc/kes

.PHONY: build release demo test check check-memory bench install uninstall format clean help

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

test: ## Build and run all tests
	@scripts/setup build
	$(SWIFT) test --disable-xctest

check: ## All that CI checks: format, scripts, rooms, build without warnings, tests
	@scripts/setup check
	$(SWIFT) format lint --strict --recursive $(SWIFT_SOURCES)
	shellcheck -x $(SHELL_SCRIPTS)
	scripts/check-rooms --self-test
	scripts/check-rooms
	$(SWIFT) build --build-tests
	$(SWIFT) test --disable-xctest --skip-build

# Without the schema that is 2,000 types deep: the sanitizer makes its frames too large. Leaks are not
# looked for, as libavro has some.
check-memory: ## Run what reads foreign bytes under the address sanitizer (takes minutes)
	@scripts/setup build
	$(SWIFT) build --build-tests --sanitize=address --scratch-path .build-asan
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
	  $(SWIFT) test --sanitize=address --scratch-path .build-asan --disable-xctest --skip-build \
	  --filter 'KESCoreTests.(Avro|Confluent)' --skip schemasMayBeAsDeepAsJSON

bench: release ## Measure the tools against cat and mawk (takes minutes)
	@scripts/setup bench
	scripts/bench

install: release ## Install under PREFIX (/usr/local), beneath DESTDIR where that is set
	install -d $(BIN) $(BASH_COMPLETIONS) $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS) $(DOC)
	install -s -m 755 $(TOOLS:%=$(RELEASE)/%) $(BIN)
	for tool in $(TOOLS); do \
	  $(RELEASE)/$$tool --generate-completion-script bash > $(BASH_COMPLETIONS)/$$tool && \
	  $(RELEASE)/$$tool --generate-completion-script zsh > $(ZSH_COMPLETIONS)/_$$tool && \
	  $(RELEASE)/$$tool --generate-completion-script fish > $(FISH_COMPLETIONS)/$$tool.fish \
	    || exit 1; \
	done
	install -m 644 README.md CHANGELOG.md LICENSE $(DOC)

uninstall: ## Remove what install put under PREFIX
	rm -f $(TOOLS:%=$(BIN)/%) $(TOOLS:%=$(BASH_COMPLETIONS)/%) \
	  $(TOOLS:%=$(ZSH_COMPLETIONS)/_%) $(TOOLS:%=$(FISH_COMPLETIONS)/%.fish)
	rm -rf $(DOC)

format: ## Format the Swift sources
	$(SWIFT) format format --in-place --recursive $(SWIFT_SOURCES)

clean: ## Remove all that was built
	rm -rf .build .build-asan bench-data

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
