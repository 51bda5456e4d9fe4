# A shim: every target is a chore of tasks.py, which works without make too (`python tasks.py --help`).

PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(if $(shell $(name) -c \
	'import sys; sys.version_info >= (3, 11) and print("yes")' 2>/dev/null),$(name))))
TASKS = $(if $(PYTHON),$(PYTHON) tasks.py,$(error Python 3.11 or later is needed; none of $(PYTHONS) is one))
INSTALL_BROWSER = $(if $(filter install,$(BROWSER)),--install-browser)

.PHONY: help demo test test-slow test-az bench pytest lint format screenshots lock audit build clean

help: ## List the targets
	@$(TASKS) --help

demo: ## Open the quickstart in JupyterLab (BROWSER=0: only print its address; PORT=8899: on that port)
	@$(TASKS) demo $(if $(filter 0,$(BROWSER)),--no-browser) $(if $(PORT),--port $(PORT))

test: ## Run linters, type checkers and all tests except the slow ones (BROWSER=install: fetch Chromium if none is found)
	@$(TASKS) test $(INSTALL_BROWSER)

test-slow: ## Run the slow tests
	@$(TASKS) test-slow $(INSTALL_BROWSER)

test-az: ## Run the tests with the Azure CLI, which is installed into .venv-az
	@$(TASKS) test-az

bench: ## Measure speed into benchmarks/RESULTS.md (ROWS="1 3": only those rows, printed)
	@$(TASKS) bench $(INSTALL_BROWSER) $(if $(ROWS),--rows="$(ROWS)")

pytest: ## Run some tests (ARGS='tests/unit -k pools')
	@$(TASKS) pytest $(INSTALL_BROWSER) --args="$(ARGS)"

lint: ## Run linters and type checkers
	@$(TASKS) lint

format: ## Format Python and TypeScript
	@$(TASKS) format

screenshots: ## Take pictures of the widgets into screenshots/
	@$(TASKS) screenshots $(INSTALL_BROWSER)

lock: ## Write requirements-dev.txt anew from pyproject.toml (UPGRADE=1: with the newest versions)
	@$(TASKS) lock $(if $(filter-out 0,$(UPGRADE)),--upgrade)

audit: ## Ask the advisory services of PyPI and npm about the locked packages
	@$(TASKS) audit

build: ## Build sdist and wheel into dist/
	@$(TASKS) build

clean: ## Remove everything that was made here, .venv included
	@$(TASKS) clean
