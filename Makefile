PYTHON := .venv/bin/python
SETUP := tools/with_python.sh tools/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup run test test-long cluster lint pictures format lock clean-data

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 20

setup: ## Virtual environment, Node packages and front end, where anything changed
	@$(SETUP)

run: setup ## Set up whatever is missing and start the service on http://127.0.0.1:8000
	@exec $(PYTHON) -m flask --app wsgi service run

clean-data: setup ## Remove all data of the embedded parts: asks first, says what it removes
	@$(PYTHON) -m flask --app wsgi service clean

test: lint ## Set up whatever is missing and run every check and test
	@$(SETUP) --browser
	$(PYTHON) -m pytest -m "not long and not cluster" -n 2 --dist loadfile --no-loadscope-reorder

test-long: setup ## Every test, the long forms too, one after the other
	@$(SETUP) --browser
	$(PYTHON) -m pytest -m "not cluster" --timeout 3600

# one full disk of three is no fault of a replicated store
cluster: setup ## The fault tests on three replicated volume servers, one of them killed and wiped
	DERM_TEST_CLUSTER=1 $(PYTHON) -m pytest -m "not long" -k "not disk_is_full" tests/faults

lint: setup ## Style, types, import rules, TypeScript
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) tools/node.py node_modules/typescript/bin/tsc --noEmit
	$(PYTHON) tools/node.py frontend/test.mjs

pictures: ## Draw the README's picture from a running demonstration (make run)
	$(PYTHON) tools/pictures.py

format: setup ## Let ruff put the code into shape
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock: ## Pin requirements.in again: every package, for all platforms, with hashes
	.venv/bin/uv pip compile --universal --fork-strategy fewest --python-version 3.11 \
		--only-binary :all: --override requirements.overrides --generate-hashes --no-annotate --upgrade \
		--custom-compile-command "make lock" --quiet requirements.in --output-file requirements.txt
