# `make` lists what there is. Everything here is an ordinary go command: the
# targets only save typing.

GO ?= go
BENCH ?=
MUTANT ?=
FUZZTIME ?= 10s
SEEDS ?= 20000
LIVES ?= 2000
CHANGES ?= 10000

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## a whole night against the built-in sandbox
	CGO_ENABLED=0 $(GO) run ./cmd/daesa demo

.PHONY: build
build: ## the static binary, as bin/daesa
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/daesa ./cmd/daesa

.PHONY: test
test: ## every test; those that need PostgreSQL are skipped where it is not installed
	$(GO) test ./...

.PHONY: race
race: ## what runs at once, with the race detector (needs a C compiler); PostgreSQL required
	DAESA_REQUIRE_POSTGRES=1 $(GO) test -race ./...

.PHONY: lint
lint: ## vet and golangci-lint
	$(GO) vet ./...
	.ci/run lint

.PHONY: fmt
fmt: ## format the Go files
	gofmt -w $$(git ls-files -co --exclude-standard '*.go')

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	FUZZTIME=$(FUZZTIME) .ci/run fuzz

.PHONY: sim
sim: ## simulate refunds: SEEDS=20000 seeds, with faults, kills, restores
	$(GO) test ./refunds -run TestSimulation -sim.seeds $(SEEDS) -timeout 6h -v

.PHONY: sim-two
sim-two: ## every schedule of two faults, and the deliberate bugs in pairs
	$(GO) test ./refunds -run 'TestEveryTwoFaultSchedule|DeliberateBugs' -sim.two -sim.pairs -timeout 6h -v

.PHONY: byhand
byhand: ## CHANGES=10000 changes of the database by hand; none may make a refund that nobody signed
	DAESA_REQUIRE_POSTGRES=1 $(GO) test ./store -run ByHand -byhand.changes $(CHANGES) -byhand.all -timeout 6h -v

.PHONY: reseed
reseed: ## search a seed for each deliberate bug that its own does not show any more
	$(GO) test ./refunds -run TestDeliberateBugs -sim.reseed -timeout 6h -v

.PHONY: chaos
chaos: ## kill the real program, the sandbox and PostgreSQL, LIVES=2000 times
	DAESA_REQUIRE_POSTGRES=1 $(GO) test ./cmd/daesa -run 'Killing|Overlapping|GoesAway|FullDisk|Restored|AskedToEnd' -chaos.lives $(LIVES) -timeout 6h -v

.PHONY: mutants
mutants: ## change the program in one place at a time; the tests must notice each
	$(GO) test ./internal/mutants -run 'TestEveryMutantIsNoticed/$(MUTANT)' -mutants -parallel 2 -timeout 6h -v

.PHONY: bench
bench: ## measure a night; BENCH='-flag value' is passed on
	$(GO) test -run '^$$' -bench . -benchtime 1x ./bench $(BENCH)

.PHONY: ci
ci: ## everything that a change must pass
	.ci/run

.PHONY: clean
clean: ## remove what building and the demo leave behind
	rm -rf bin daesa-demo
