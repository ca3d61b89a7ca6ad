# Noctra: every target does its own set-up and may be called again at any time.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

export CGO_ENABLED := 0
export VITE_CONFIG_NATIVE_IGNORE_WARNING := true

NPM_CI      := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GO_SOURCES   = $(shell git ls-files -co --exclude-standard -- ':!admin/web' ':!e2e' ':!docs' ':!engines' ':!*.md' ':!*_test.go' 2>/dev/null) admin/web/embed.go
WEB_SOURCES  = $(shell git ls-files -co --exclude-standard -- admin/web ':!admin/web/*.go' ':!admin/web/dist' 2>/dev/null)
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
CYCLONEDX   := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
SQLC        := github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
FAULTY      := ./collector ./aggregator ./admin/internal/slices
PASSWORDS   := @zxcvbn-ts/language-common@4.1.3
FUZZTIME    ?= 60s
SEED        ?= 1
RATE        ?= 500
REQUESTS    ?= 300
UP_FLAGS    ?= --demo
BENCH_FLAGS ?=

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: run
run: build ## all set-up, then noctra up --demo (UP_FLAGS="…" replaces the flags)
	./noctra up $(UP_FLAGS)

.PHONY: build
build: noctra ## all set-up and the binary ./noctra

noctra: engines/node_modules/.package-lock.json admin/web/dist/index.html $(GO_SOURCES)
	@echo "building ./noctra …"
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o noctra .

noctra-faults: engines/node_modules/.package-lock.json admin/web/dist/index.html $(GO_SOURCES)
	@echo "building ./noctra-faults, which has fail points …"
	go build -tags faults -trimpath -ldflags "-X main.version=$(VERSION)" -o noctra-faults .

.PHONY: engines
engines: engines/node_modules/.package-lock.json ## the embedded engines, as pinned npm packages

engines/node_modules/.package-lock.json: engines/package-lock.json engines/package.json
	@echo "fetching the engines (ClickHouse, Postgres, country database; about 210 MB the first time) …"
	cd engines && $(NPM_CI)
	@touch $@

.PHONY: web
web: admin/web/dist/index.html ## the dashboard's pages

admin/web/dist/index.html: admin/web/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "building the pages …"
	cd admin/web && npm run --silent build
	@touch $@

.PHONY: generate
generate: ## generated code: sqlc, and the tracker's frozen file
	go run $(SQLC) generate
	cd collector/tracker && $(NPM_CI) && npm run --silent build

.PHONY: passwords
passwords: ## the list of common passwords, anew from its npm package
	work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	  (cd "$$work" && npm pack --silent $(PASSWORDS) >/dev/null && tar xzf ./*.tgz) && \
	  node admin/internal/password/make-list.mjs "$$work/package"

.PHONY: roles
roles: ## docs/roles.md and what the pages know of roles, anew from the table of permissions
	go test ./admin -run TestRolesPage -update

.PHONY: codes
codes: ## the list of Google's codes in docs/google.md, anew from schema
	go test ./schema -run TestGooglePage -update

.PHONY: sbom
sbom: ## what the product is made of, as CycloneDX in sbom/: Go modules, engines, pages, tracker
	mkdir -p sbom
	go run $(CYCLONEDX) mod -json -noserial -licenses=false . | node deploy/plain-sbom.mjs >sbom/go.json
	for of in engines admin/web collector/tracker; do \
	  (cd $$of && npm sbom --sbom-format=cyclonedx --package-lock-only) | node deploy/plain-sbom.mjs >sbom/$$(basename $$of).json; \
	done

.PHONY: libraries
libraries: ## whether a library is older than docs/security.md promises; asks the registries
	node deploy/libraries.mjs

.PHONY: test
test: build test-tools ## every test, with real engines and a real browser
	go vet ./...
	@$(MAKE) --no-print-directory -j2 test-go test-pages test-faults fuzz FUZZTIME=20000x # two at a time: each waits for something else half of the time

.PHONY: test-go
test-go: engines ## the services, with real engines
	go test -vet=off -count 1 -timeout 40m ./... # make test has vetted them; a limit for what hangs, also on a slow machine

.PHONY: test-pages
test-pages: build test-tools ## the pages, the tracker and the whole product in a real browser
	cd admin/web && npm run --silent test:unit && npm run --silent test:page
	cd collector/tracker && npm test --silent
	cd e2e/browser && NOCTRA_BINARY=$(CURDIR)/noctra npm test --silent

.PHONY: test-faults
test-faults: engines ## killed at each fail point once, and bugs that were planted are found
	go vet -tags faults ./internal/failpoint $(FAULTY) .
	go test -tags faults -vet=off -count 1 -timeout 15m ./internal/failpoint
	go test -tags faults -vet=off -count 1 -timeout 30m -run 'AtEachPoint|Planted|FailPoints' $(FAULTY) .

.PHONY: test-tools
test-tools: $(addsuffix /node_modules/.package-lock.json,admin/web collector/tracker e2e/browser)

.PHONY: kafka
kafka: engines/kafka/libs/.complete ## Apache Kafka's jars, for test-kafka (needs mvn and Java 17)

engines/kafka/libs/.complete: engines/kafka/pom.xml
	@command -v mvn >/dev/null || { echo "make kafka needs Maven (mvn), which is not installed: on Debian, apt-get install maven" >&2; exit 1; }
	@command -v java >/dev/null || { echo "make kafka needs Java 17 or newer (java), which is not installed: on Debian, apt-get install openjdk-17-jre-headless" >&2; exit 1; }
	@echo "fetching Apache Kafka (45 jars, 43 MB) …"
	rm -rf engines/kafka/libs
	cd engines/kafka && mvn -q -B dependency:copy-dependencies -DoutputDirectory=libs
	@touch $@

.PHONY: test-kafka
test-kafka: kafka engines ## the product against three real brokers that are killed, frozen and restarted
	go vet -tags kafka ./e2e
	go test -tags kafka ./e2e -count 1 -run TestRealKafka -timeout 25m

.PHONY: faults
faults: build ## kill every process over and over under load, and judge every event (SEED=1, DURATION=1h or KILLS=3000)
	go test -tags faults ./e2e -count 1 -v -run 'TestPlanted$$' -timeout 15m # the judge first
	go test ./e2e -count 1 -v -run 'TestFaults$$' -timeout 0 -args -seed $(SEED) -rate $(RATE) -out $(CURDIR)/faults-result \
	  $(if $(DURATION),-duration $(DURATION)) $(if $(KILLS),-kills $(KILLS)) $(if $(DURATION)$(KILLS),,-duration 1h)

%/node_modules/.package-lock.json: %/package-lock.json
	@echo "fetching the packages of $* …"
	cd $* && $(NPM_CI)
	@touch $@

.PHONY: fuzz
fuzz: engines ## each fuzz target for FUZZTIME (60s)
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && cache=$$(go env GOCACHE)/fuzz/noctra && \
	grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=node_modules . | xargs -n 1 dirname | sort -u | while read -r dir; do \
	  go test -c -vet=off -fuzz . -ldflags '-s -w' -o "$$work/fuzz.test" "$$dir"; \
	  for target in $$(grep -ohE '^func Fuzz[A-Za-z0-9_]+' "$$dir"/*_test.go | cut -c6-); do \
	    echo "$$target in $$dir"; \
	    (cd "$$dir" && "$$work/fuzz.test" -test.run '^$$' -test.fuzz "^$$target$$" -test.fuzztime $(FUZZTIME) -test.fuzzcachedir "$$cache/$$dir"); \
	  done; \
	done

.PHONY: fuzz-api
fuzz-api: engines ## every endpoint, from its own description, much longer than in make test (SEED=1, REQUESTS=300)
	go test ./admin -count 1 -v -run 'TestAPIFuzz$$' -timeout 0 -args -api-seed $(SEED) -api-requests $(REQUESTS)

.PHONY: bench
bench: build ## load, speed and CPU per event against an empty handler (BENCH_FLAGS="…")
	./noctra bench all $(BENCH_FLAGS)

.PHONY: lint
lint: ## golangci-lint, pinned, with the import rule
	go run $(GOLANGCI) run ./...

.PHONY: clean
clean: ## removes what was built; data and downloads stay
	rm -f noctra noctra-faults admin/web/dist/index.html
