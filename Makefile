# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs make, git, bash and Python 3.11 or later. Whatever is made lies in .build/ and goes with `make clean`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .build/venv
# .build/ansible_collections/entra/cross_tenant_sync is this repository, whatever the name of the folder it was cloned into.
COLLECTION := .build/ansible_collections/entra/cross_tenant_sync
# A real copy, because ansible-test and ansible-lint do not follow the link above.
# noxfile.py asks for others, one for each ansible-core, because they are used at the same time.
STAGE := .build/stage/ansible_collections/entra/cross_tenant_sync
TEST_HOME := .build/home
AWX := .build/awx/ansible_collections
# In the order of collection, because the files with the fewest tests take the longest, and would come last.
PYTEST_ARGS ?= --numprocesses auto --dist loadfile --no-loadscope-reorder
BENCH_ARGS ?=

export LC_ALL ?= C.UTF-8
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export ANSIBLE_HOME := $(CURDIR)/.build/home/.ansible
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.build/hypothesis

.PHONY: help
help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: export PYTHONPATH := $(CURDIR)/.build
demo: $(VENV)/.test-installed $(COLLECTION) ## Show one link from empty tenants to a filled address book, against the emulator.
	@python -m ansible_collections.entra.cross_tenant_sync.tests.demo

.PHONY: test
test: export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build
test: $(VENV)/.docs-installed $(COLLECTION) $(AWX) ## Run all tests. PYTEST_ARGS="-k word" picks some.
	python -m pytest $(PYTEST_ARGS)

.PHONY: simulate
simulate: export PYTHONPATH := $(CURDIR)/.build
simulate: $(VENV)/.test-installed $(COLLECTION) ## Play whole histories of a link, each from a seed: make simulate SEEDS=1000 FIRST=0.
	@python -m ansible_collections.entra.cross_tenant_sync.tests.simulation $(or $(SEEDS),1000) $(or $(FIRST),0) $(SIMULATE_ARGS)

.PHONY: mutate
mutate: export PYTHONPATH := $(CURDIR)/.build
mutate: $(VENV)/.lint-installed $(COLLECTION) ## Change the planners and the engine in small ways, and look whether a unit test fails: make mutate FILES=apply.py.
	@python -m ansible_collections.entra.cross_tenant_sync.tests.mutation $(FILES) $(MUTATE_ARGS)

# Without it, one test says that it is skipped.
$(AWX): tests/tools/awx_collection.py | $(VENV)/.test-installed
	@python tests/tools/awx_collection.py .build/awx

.PHONY: test-hosts
test-hosts: export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build
test-hosts: $(VENV)/.test-installed $(COLLECTION) ## Tell every story of a module in the worker and through module processes, and compare.
	BOTH_HOSTS=1 python -m pytest tests/integration/modules -k likely $(PYTEST_ARGS)

.PHONY: bench
bench: export PYTHONPATH := $(CURDIR)/.build
bench: $(VENV)/.test-installed $(COLLECTION) ## Measure speed and write docs/developers/performance.md, in 20 minutes. BENCH_ARGS="--quick" takes two.
	@python -m ansible_collections.entra.cross_tenant_sync.tests.benchmark $(BENCH_ARGS)

.PHONY: lint
lint: lint-python lint-collection ## Run all checks: the official ones for collections at their strictest, types and style.

.PHONY: lint-python
lint-python: $(VENV)/.lint-installed $(COLLECTION) ## Check types and style of all Python code.
	ruff check --output-format concise .
	ruff format --check .
	mypy
	mypy extensions/eda/plugins/event_source/cross_tenant_sync.py
	mypy --python-version 3.11 --package ansible_collections.entra.cross_tenant_sync.tests
	cd tests/emulator && mypy --cache-dir ../../.build/mypy_cache

# ansible-test looks for everything of its own in the home directory: it gets one in .build, with the user's settings of pip in it.
# Its tests run in the Python and on the ansible-core of the virtual environment.
.PHONY: lint-collection
lint-collection: export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/stage
lint-collection: $(VENV)/.lint-installed stage ansible-test-home ## Check the collection with ansible-test, ansible-lint and antsibull.
	yamllint --strict .
	cd $(STAGE) && HOME="$(CURDIR)/.build/home" ansible-test sanity --color no --python "$$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
	cd $(STAGE) && ansible-lint --profile production --offline
	cd $(STAGE) && antsibull-changelog lint
	cd $(STAGE) && antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --check-extra-docs-refs .

# The versions are those of SLICE in noxfile.py; a test compares them.
.PHONY: cores
cores: slice-2.16 slice-2.21 ## Run ansible-test on the oldest and the newest ansible-core; nox --list names all other checks.

slice-%: $(VENV)/.lint-installed
	nox --session slice-$*

.PHONY: matrix
matrix: $(VENV)/.lint-installed ## Run every official check on every supported ansible-core, and print the results as a table. Takes an hour.
	@python tests/tools/matrix.py

.PHONY: audit
audit: $(VENV)/.lint-installed ## Ask the package index for known vulnerabilities of the libraries that the collection needs.
	@python tests/tools/audit.py

# A git repository of its own makes the copy look like a clone, where the tools would else see ignored files of this one.
.PHONY: stage
stage:
	@rm -rf $(STAGE) && mkdir -p $(STAGE)
	@git ls-files --cached --others --exclude-standard --deduplicate \
	    | while IFS= read -r file; do if [ -e "$$file" ]; then printf '%s\n' "$$file"; fi; done \
	    | tar -cf - -T - | tar -xf - -C $(STAGE)
	@git init --quiet $(STAGE)

.PHONY: ansible-test-home
ansible-test-home:
	@mkdir -p $(TEST_HOME)/.ansible/test/cache $(TEST_HOME)/.config
	@for name in .pip .config/pip; do if [ -e "$$HOME/$$name" ]; then ln -sfn "$$HOME/$$name" "$(TEST_HOME)/$$name"; fi; done
	@for version in 23_1_2 24_2 25_2; do cp tests/tools/get_pip.py "$(TEST_HOME)/.ansible/test/cache/get_pip_$$version.py"; done

$(COLLECTION):
	@mkdir -p $(@D) $(ANSIBLE_HOME) && ln -sfn ../../.. $@

# The first Python that is recent enough and can make virtual environments; PYTHON=... puts another one in front.
$(VENV)/bin/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Creating $(VENV) with $$("$$python" --version)"; \
	        exec "$$python" -m venv $(VENV); \
	    fi; \
	done; \
	echo "No Python 3.11 or later with venv was found: install one (on Debian: python3 and python3-venv), or name it: make PYTHON=..." >&2; \
	exit 1

$(VENV)/.test-installed: tests/requirements.txt requirements.txt tests/emulator/pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests and the demonstration need"
	@python -m pip install -qq -r tests/requirements.txt
	@python -m pip install -qq --no-deps 'axe-playwright-python>=0.1.8' # of it only axe.min.js is used, see tests/requirements.txt
	@touch $@

$(VENV)/.lint-installed: tests/lint-requirements.txt $(VENV)/.test-installed
	@echo "Installing what the checks need"
	@python -m pip install -qq -r tests/lint-requirements.txt
	@touch $@

$(VENV)/.dist-installed: $(VENV)/.test-installed
	@echo "Installing what lists the Python packages"
	@python -m pip install -qq 'cyclonedx-bom>=7'
	@touch $@

.PHONY: dist
dist: $(VENV)/.dist-installed ## Build the artifact of a release in .build/dist, the same on any machine, with its SBOM and checksums.
	@rm -rf .build/dist && mkdir -p .build/dist
	@cyclonedx-py requirements requirements.txt --output-reproducible --output-file .build/dist/requirements.cdx.json 2>/dev/null
	@python tests/tools/dist.py .build/dist
	@cat .build/dist/SHA256SUMS

.PHONY: sign
sign: dist ## Build the artifact, and sign its checksums and its manifest with GnuPG: make sign KEY=<fingerprint>.
	@$(if $(KEY),,$(error Name the key: make sign KEY=<fingerprint>))python tests/tools/sign.py .build/dist '$(KEY)'

$(VENV)/.docs-installed: docs/docsite/requirements.txt $(VENV)/.test-installed
	@echo "Installing what the documentation site needs"
	@python -m pip install -qq -r docs/docsite/requirements.txt
	@touch $@

.PHONY: docs
docs: export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build
docs: export PYTHONPATH := $(CURDIR)/.build
docs: $(VENV)/.docs-installed $(COLLECTION) ## Build the documentation site in .build/docs/html.
	@python -m ansible_collections.entra.cross_tenant_sync.tests.tools.site .build/docs
	@echo "The site is .build/docs/html/index.html"

.PHONY: stopwatch
stopwatch: export PYTHONPATH := $(CURDIR)/.build
stopwatch: dist $(COLLECTION) ## Go from an empty directory with the artifact to a green plan of a hub of five, in less than 90 s.
	@python -m ansible_collections.entra.cross_tenant_sync.tests.tools.stopwatch .build/dist/*.tar.gz

.PHONY: clean
clean: ## Remove everything that was made.
	rm -rf .build .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
