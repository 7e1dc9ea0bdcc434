# Thin on purpose: each target is one idea, and what takes more than a line stands in Scripts/.
SWIFT  ?= swift
PREFIX ?= /usr/local

.PHONY: build demo test soak lint bench install clean setup

build: setup
	$(SWIFT) build -c release --product p2pchat

demo: build
	@"$$($(SWIFT) build -c release --show-bin-path)/p2pchat" demo

test:
	@SWIFT="$(SWIFT)" Scripts/test

lint:
	@SWIFT="$(SWIFT)" Scripts/lint

# Kills processes at random for some minutes; `make test` does a few rounds of it.
soak: build
	@P2PCHAT_KILLS=300 $(SWIFT) test --disable-xctest --filter KillTests
	@python3 Tests/Soak/soak.py --rounds 500 --p2pchat "$$($(SWIFT) build -c release --show-bin-path)/p2pchat"

bench: setup
	@SWIFT="$(SWIFT)" Scripts/bench

install: build
	@SWIFT="$(SWIFT)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" Scripts/install

clean:
	$(SWIFT) package clean

setup:
	@Scripts/setup
