# Everything runs from one environment, built from the hash-locked requirements. `make demo` needs Python >= 3.11, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export TEXTUAL_ANIMATIONS := none
DATED := tests/engine/fiscal tests/engine/agents tests/engine/facade tests/scheduler tests/nexus_tui/test_formats.py
WORKERS ?= 2
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m 'not quiet'

.PHONY: demo test check bench snap golden simulate crash mutants schema spans backfill wheel wheelhouse deb binary service-check clean

demo: $(VENV)/.runtime  ## Process the bundled real documents; on a terminal, open the TUI on them.
	$(BIN)/nexus demo

test: $(VENV)/.test  ## The whole suite, network blocked, west of Greenwich: side by side, then what needs a quiet machine; what handles dates once more at UTC.
	TZ=America/Sao_Paulo $(BIN)/python -m pytest -q $(PARALLEL)
	TZ=America/Sao_Paulo $(BIN)/python -m pytest -q -m quiet
	TZ=UTC $(BIN)/python -m pytest -q $(PARALLEL) $(DATED)

check: $(VENV)/.check  ## Lint, types, import contracts, docs.
	$(BIN)/ruff check .
	$(BIN)/mypy nexus_tui engine scheduler store benchmarks
	$(BIN)/lint-imports
	$(BIN)/python -m engine.contract.schema --check

bench: $(VENV)/.bench  ## The speed table, against peers; writes docs/performance.md.
	$(BIN)/python -m benchmarks

snap: $(VENV)/.test  ## Accept the screens as they are now; look at them first.
	$(BIN)/python -m pytest -q tests/nexus_tui --snapshot-update

golden: $(VENV)/.test  ## Write the golden reports anew; read the difference.
	$(BIN)/python -m tests.golden_reports --write

simulate: $(VENV)/.test  ## 10,000 seeds of the deterministic simulation.
	NEXUS_SEEDS=10000 $(BIN)/python -m pytest -q tests/simulation

crash: $(VENV)/.test  ## 200 kill -9 cycles of the real process, and a death at each of the eleven points of a document.
	NEXUS_KILLS=200 NEXUS_SLOW=1 $(BIN)/python -m pytest -q tests/crash tests/runbook/test_f6_every_hop.py

mutants: $(VENV)/.test  ## Plant faults in store and runtime one at a time; the suite must notice each.
	$(BIN)/python tests/mutants.py

schema: $(VENV)/.runtime  ## Export the JSON Schema of the contract.
	$(BIN)/python -m engine.contract.schema

wheel: $(VENV)/.package  ## The sdist and, from it, the wheel, in dist/.
	$(BIN)/python packaging/distributions.py

wheelhouse: $(VENV)/.package  ## The locked wheels for this Python, in build/wheelhouse: installing from there needs no network.
	$(PIP) download --only-binary :all: --require-hashes -r requirements/runtime.txt --dest build/wheelhouse
	$(PIP) download --only-binary :all: --require-hashes -r requirements/package.txt --dest build/wheelhouse

deb: $(VENV)/.runtime  ## The Debian package for the Python of this system, in dist/.
	$(BIN)/python packaging/deb/build_deb.py $(if $(WHEELHOUSE),--wheelhouse $(WHEELHOUSE))

binary: $(VENV)/.runtime  ## The program that needs no Python, in dist/.
	$(BIN)/python packaging/pyinstaller/build_binary.py $(if $(WHEELHOUSE),--wheelhouse $(WHEELHOUSE))

service-check: $(VENV)/.test  ## Units and packages for real: systemd judges and runs the service, .deb and binary process documents. Says what it skips.
	NEXUS_SLOW=1 $(BIN)/python -m pytest -q -rs tests/packaging

spans: $(VENV)/.test  ## What a span a hop costs in processor time a document, in interleaved pairs.
	$(BIN)/python -m benchmarks.spans

backfill: $(VENV)/.test  ## 10,000 documents behind a person's one: loop lag and waiting time, with real processes.
	$(BIN)/python -m benchmarks.backfill

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/.created:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nexus needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.package: $(VENV)/.created requirements/build.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.runtime $(VENV)/.test $(VENV)/.check $(VENV)/.bench: $(VENV)/.%: $(VENV)/.package requirements/%.txt
	$(PIP) install --require-hashes -r requirements/$*.txt
	touch $@
