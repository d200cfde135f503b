"""Imports run one way, and each experiment has one room in each wing."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import nbformat
import pytest

from lab import declared, paths
from lab.evidence import sources
from lab.evidence.criteria import Control, Criterion
from lab.evidence.params import Parameters
from lab.report import catalogue
from lab.setup import needs

SOURCE = paths.PROJECT / "src" / "lab"
SLUGS = catalogue.slugs()
# A layer may import itself and what is listed; what every layer may import are the plain modules of `lab`.
ALLOWED = {
    "evidence": {"evidence"},
    "load": {"load"},
    "charts": {"charts"},
    "services": {"services"},
    "faults": {"faults", "services"},
    "experiments": {"experiments", "services", "faults", "load", "evidence", "charts"},
    "setup": {"setup"},
    "runner": {"runner", "experiments", "services", "evidence"},
    "report": {"report", "runner", "evidence", "charts"},
    "cli": {"cli", "runner", "report", "setup", "services", "evidence"},
}
COMMON = {"declared", "duck", "errors", "files", "java", "lazy", "paths", "progress", "wheels", "__version__"}


def _layers(path: Path) -> set[str]:
    return {name.split(".")[1] for name in sources.imports(path) if name.startswith("lab.")} - COMMON


@pytest.mark.parametrize("layer", ALLOWED)
def test_imports_run_one_way(layer: str) -> None:
    wrong = {
        str(path.relative_to(SOURCE)): sorted(_layers(path) - ALLOWED[layer])
        for path in (SOURCE / layer).rglob("*.py")
        if _layers(path) - ALLOWED[layer]
    }
    assert not wrong


@pytest.mark.parametrize("slug", SLUGS)
def test_experiments_do_not_import_one_another(slug: str) -> None:
    own = f"lab.experiments.{slug}"
    for path in (SOURCE / "experiments" / slug).rglob("*.py"):
        others = [name for name in sources.imports(path) if name.startswith("lab.experiments")]
        assert all(
            name == "lab.experiments" or name == own or name.startswith(f"{own}.") for name in others
        ), path


@pytest.mark.parametrize("slug", SLUGS)
def test_an_oracle_does_not_call_the_mechanism(slug: str) -> None:
    package = SOURCE / "experiments" / slug
    imported = {name for path in package.glob("oracle*.py") for name in sources.imports(path)}
    assert (package / "oracle.py").exists()
    assert not [name for name in imported if name.startswith(f"lab.experiments.{slug}")]


@pytest.mark.parametrize("slug", SLUGS)
def test_an_experiment_has_all_its_rooms(slug: str) -> None:
    assert paths.notebook(slug).exists()
    assert list((paths.PROJECT / "tests" / "experiments").glob(f"test_{slug}*.py"))
    module = importlib.import_module(f"lab.experiments.{slug}")
    assert issubclass(module.Params, Parameters)
    assert all(isinstance(item, Criterion) for item in module.CRITERIA)
    assert any(item.acceptance for item in module.CRITERIA)
    assert module.CONTROLS
    assert all(isinstance(item, Control) for item in module.CONTROLS)
    assert {item.breaks for item in module.CONTROLS} <= {item.name for item in module.CRITERIA}
    for name in ("run", "figures", "scale", "summary"):
        assert callable(getattr(module, name))
    assert module.TITLE
    assert module.QUESTION.endswith("?")
    assert set(declared.needs(slug)) <= set(needs.NEEDS)
    assert module.Params()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_parameter_says_what_it_is(slug: str) -> None:
    fields = importlib.import_module(f"lab.experiments.{slug}").Params.model_fields
    assert not [name for name, field in fields.items() if not field.description]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_notebook_is_stored_without_results(slug: str) -> None:
    notebook = nbformat.read(paths.notebook(slug), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell for cell in code if cell.outputs or cell.execution_count]
    assert notebook.metadata.kernelspec.name == "python3"
    assert len([cell for cell in code if "parameters" in cell.metadata.get("tags", [])]) == 1
    assert max(len(cell.source.splitlines()) for cell in code) <= 15


@pytest.mark.parametrize("slug", SLUGS)
def test_the_notebooks_defaults_are_those_of_the_library(slug: str) -> None:
    notebook = nbformat.read(paths.notebook(slug), as_version=4)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    values: dict = {}
    exec(cell.source, values)
    model = importlib.import_module(f"lab.experiments.{slug}").Params
    assert model(**{name: values[name] for name in model.model_fields}) == model()
    assert all("  # " in line for line in cell.source.splitlines())


# Units in which results are measured. A figure with one of them in typed prose can only be out of date.
MEASURED = re.compile(
    r"\d[\d,.]*\s*(?:ms|µs|seconds?|s|%|per cent|messages/s|rows/s|MB/s|MB|GB|times|×|fold)(?![\w/])"
)


def typed_figures(text: str) -> list[str]:
    """Figures with a unit of measurement in Markdown, outside code."""
    return [match[0] for match in MEASURED.finditer(re.sub(r"`[^`]*`", "", text))]


@pytest.mark.parametrize("slug", SLUGS)
def test_no_typed_text_contains_a_measured_figure(slug: str) -> None:
    notebook = nbformat.read(paths.notebook(slug), as_version=4)
    found = [
        figure
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for figure in typed_figures(cell.source)
    ]
    assert not found


def test_the_prose_check_sees_a_typed_figure() -> None:
    assert typed_figures("The p99 is 35 ms and 12 % of it is waiting.") == ["35 ms", "12 %"]
    assert not typed_figures("Three rates, 95th percentile, `rate=100 ms`.")
