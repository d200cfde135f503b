# Thin names for the real commands. `make book` and `make test` do all the set-up that they need.
.PHONY: book test setup dev edit lint clean bench
PYTHON ?= python3
SLUGS ?=
lab = .venv/bin/lab
export PYTHON

book: setup  ## run what changed and build the site in build/site
	$(lab) book $(SLUGS)

test: dev  ## lint, types, unit and service tests, small runs of every notebook, the site in a browser
	.venv/bin/ruff check .
	.venv/bin/ruff format --check src tests
	.venv/bin/mypy
	.venv/bin/pytest -n 2 --dist loadfile -m "not notebook and not browser"
	.venv/bin/pytest -m "notebook or browser"  # after them: the small runs measure, so they have the machine to themselves

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
	.venv/bin/ruff format src tests

bench: setup  ## load generator against Kafka's own tool, price of the harness, book with nothing changed
	.venv/bin/python -m bench

clean:  ## remove what was built; keep the environment and the tools
	rm -rf build
