# Thin names for the real commands. `make book` and `make test` do all the set-up that they need.
.PHONY: book pdf test drills setup dev edit lint clean bench
PYTHON ?= python3
SLUGS ?=
MINUTES ?=
DRILLS ?=
KILLS ?= 10
SEED ?= 1
small = $(CURDIR)/build/small
times = $(CURDIR)/build/times
lab = .venv/bin/lab
export PYTHON

book: setup  ## run what changed and build the site in build/site
	$(lab) book $(if $(MINUTES),--minutes $(MINUTES)) $(SLUGS)

pdf: dev  ## the built site as one PDF, build/measured-data-engineering.pdf
	$(lab) pdf

test: dev  ## lint, types, unit and service tests but drills, small runs of every notebook, the site in a browser
	rm -rf "$(times)/test" "$(times)/tests.xml" && mkdir -p "$(times)" && date +%s > "$(times)/test.begun"
	.venv/bin/ruff check .
	.venv/bin/ruff format --check src tests bench notebooks/own
	.venv/bin/mypy
	.venv/bin/pytest -n 2 --dist loadfile -m "not notebook and not browser and not drill" --junitxml="$(times)/tests.xml"
	rm -rf "$(small)"
	LAB_SMALL="$(small)" .venv/bin/pytest -m notebook  # by themselves: the small runs measure
	LAB_SMALL="$(small)" .venv/bin/pytest -n 2 -m browser  # on the site of the same runs
	echo $$(($$(date +%s) - $$(cat "$(times)/test.begun"))) > "$(times)/test"  # s, for `make bench`

# 300 kills among them, ten of each experiment's small run at moments that SEED decides: an hour or more by themselves.
drills: dev  ## tests that take long; DRILLS="--changed --minutes 15" for those of changed code, while there is time
	LAB_ROBUSTNESS=$(KILLS) LAB_ROBUSTNESS_SEED=$(SEED) .venv/bin/pytest -n 2 --dist loadfile -rs -m drill $(DRILLS)

setup:  ## environment and everything that the experiments (or SLUGS) need
	@env/bootstrap
	@$(lab) setup $(SLUGS)

dev:
	@env/bootstrap dev
	@$(lab) setup --tests

edit: setup  ## open JupyterLab on the notebooks
	.venv/bin/jupyter lab notebooks

lint: dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format src tests bench notebooks/own

bench: setup  ## load generator, price of the harness, book with nothing changed; then all budgets in one table
	.venv/bin/python -m bench

clean:  ## remove what was built; keep the environment and the tools
	rm -rf build
