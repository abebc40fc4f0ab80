# Every target makes .venv on its first use and again when the requirements change.
PYTHON ?= python3
PY := .venv/bin/python
NB ?= $(notdir $(basename $(wildcard notebooks/*.ipynb)))
NB_FILES = $(foreach name,$(NB),notebooks/$(notdir $(basename $(name))).ipynb)
WORKERS ?= 2

# Compiled programs are kept between runs.
export SOLUTIONS ?= yes
export JAX_COMPILATION_CACHE_DIR := $(CURDIR)/.cache/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS := 0
export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES := -1
# What another process has half written there is compiled anew.
export PYTHONWARNINGS := ignore:Error reading persistent compilation cache:UserWarning

.DEFAULT_GOAL := help
.PHONY: help setup site serve lab pdf execute text notebook student check test robust browser bench smoke repository clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

.venv/ready: requirements.txt pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" sh tools/setup.sh

setup: .venv/ready ## make .venv (every other target does it too)

site: .venv/ready ## build the website; SOLUTIONS=no leaves out the solutions, for a class
	@$(PY) tools/build_site.py

serve: site ## build the website and serve it on http://localhost:8000
	@$(PY) -m http.server 8000 --bind 127.0.0.1 --directory _build/html

pdf: .venv/ready ## print the book to _build/deep-learning-you-can-run.pdf (needs Chromium)
	@$(PY) tools/pdf.py

lab: .venv/ready ## open the notebooks in JupyterLab
	@$(PY) -m jupyter lab notebooks

execute: .venv/ready ## run notebooks and store their outputs: make execute NB=01a_history (default: all)
	@$(PY) tools/execute.py $(NB_FILES)

text: .venv/ready ## write text/NAME.md, a text view of a notebook to edit: make text NB=01a_history
	@$(PY) tools/text.py to-text $(NB_FILES)

notebook: .venv/ready ## carry text/NAME.md back into the notebook and execute it: make notebook NB=01a_history
	@$(PY) tools/text.py to-notebook $(NB_FILES)
	@$(PY) -m ruff check --quiet --fix $(NB_FILES)
	@$(PY) -m ruff format --quiet $(NB_FILES)
	@$(PY) tools/execute.py $(NB_FILES)
	@$(PY) tools/text.py to-text $(NB_FILES)

student: .venv/ready ## write copies of the notebooks without solutions and outputs to student/
	@$(PY) tools/student.py $(NB_FILES)

check: .venv/ready ## style and types of the code, rules of the notebooks
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy --no-error-summary
	@$(PY) tools/check.py $(wildcard notebooks/*.ipynb)

test: .venv/ready ## re-run every notebook cell and compare; doctests; unit tests
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile

robust: .venv/ready ## run the notebooks with other seeds, one thread, eight devices, float64: do all claims hold?
	@$(PY) tools/robust.py $(NB_FILES)

browser: .venv/ready ## build the site and test it in headless Chromium
	@SOLUTIONS=yes $(PY) tools/build_site.py
	@$(PY) -m pytest tests/browser --confcutdir tests/browser -p no:nbval -o addopts="-ra" -q -n $(WORKERS) --dist worksteal

bench/.venv/ready: bench/requirements.txt requirements.txt pyproject.toml
	@rm -rf bench/.venv && $(PYTHON) -m venv bench/.venv
	@bench/.venv/bin/python -m pip install -q -c requirements.txt -e . -r bench/requirements.txt
	@touch $@

bench: bench/.venv/ready ## time `fit` beside Flax, Equinox and PyTorch, and write bench/RESULTS.md (35 minutes)
	@cd bench && unset JAX_COMPILATION_CACHE_DIR && for script in peak training floor startup scaling $(if $(BENCH_SMOKE),accelerator) report; do .venv/bin/python $$script.py || exit 1; done

smoke: bench/.venv/ready ## run every path of the benches once, without measuring
	@BENCH_SMOKE=1 XLA_FLAGS=--xla_backend_optimization_level=0 $(MAKE) --no-print-directory bench >bench/smoke.log 2>&1 || (tail -50 bench/smoke.log; exit 1)

repository: .venv/ready ## set the book's address everywhere: make repository URL=https://github.com/OWNER/NAME
	@$(PY) tools/repository.py "$(URL)"

clean: ## remove what was built, .venv included; text/ and student/ stay
	rm -rf _build .venv .cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
