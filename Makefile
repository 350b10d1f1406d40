# Everything a fresh machine needs: `make demo` runs the sample case, `make test` runs all checks on the code.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml setup.py $(shell find src -name '*.pyx')

.PHONY: demo test check lint types bench study cluster-test package-test schema clean system

demo: $(VENV)/.run
	$(BIN)/csfgeno demo --out-dir demo-results --threads 2

test: system $(VENV)/.test
	$(BIN)/pytest -n 2

check: lint types test

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.test
	$(BIN)/mypy

bench: system $(VENV)/.peer
	$(BIN)/python -m tests.bench.bench_scan
	$(BIN)/python -m tests.bench.bench_molecules
	$(BIN)/python -m tests.bench.bench_fit
	$(BIN)/python -m tests.bench.bench_structural
	$(BIN)/python -m tests.bench.bench_cohort
	$(BIN)/pytest -q tests/molecules/grouping/test_umi_tools.py

study: $(VENV)/.test
	$(BIN)/python -m tests.study --processes 2
	$(BIN)/python -m tests.study.reads
	$(BIN)/python -m tests.study.structural
	$(BIN)/python -m tests.study.depth_normals
	$(BIN)/python -m tests.study.compartments
	$(BIN)/python -m tests.study.identity

# A Slurm cluster of one node on this machine: a job is cancelled, the controller crashes, the run is taken up again.
cluster-test: system $(VENV)/.test
	@tests/install_system_packages.sh slurmctld slurmd munge
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[cluster]'
	$(BIN)/pytest tests/workflows/cluster/slurm_recovery.py

# The source distribution in a clean environment, and the recipes that build from it.
package-test: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[package]'
	$(BIN)/pytest tests/packaging/release.py

schema: $(VENV)/.test
	$(BIN)/python -m csfgeno.report.schema

system:
	@tests/install_system_packages.sh

$(VENV)/.run: $(SOURCES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test,hgvs]'
	touch $@

# umi_tools builds only with an old setuptools, so benchmarks alone install it; tests read its recorded groups.
$(VENV)/.peer: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check 'setuptools<80' wheel
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation 'umi_tools==1.1.6'
	touch $@

clean:
	rm -rf $(VENV) build demo-results src/*.egg-info
	find src -name '*.so' -delete -o -name '*.c' -delete
