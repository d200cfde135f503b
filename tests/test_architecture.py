"""Imports run one way, and each experiment has one room in each wing."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import nbformat
import pytest

from floorplan import ROOMS, violations
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
    "load": {"load", "services"},
    "charts": {"charts"},
    "services": {"services"},
    "faults": {"faults", "services"},
    "experiments": {"experiments", "services", "faults", "load", "evidence", "charts"},
    "setup": {"setup"},
    "runner": {"runner", "experiments", "services", "evidence"},
    "report": {"report", "runner", "evidence", "charts"},
    "authoring": {"authoring", "runner", "report", "setup", "evidence"},
    "cli": {"cli", "authoring", "runner", "report", "setup", "services", "evidence"},
}
COMMON = {
    "declared",
    "duck",
    "environments",
    "errors",
    "files",
    "java",
    "lazy",
    "paths",
    "progress",
    "wheels",
    "__version__",
}


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
def test_an_experiment_follows_the_floor_plan(slug: str) -> None:
    assert violations(SOURCE / "experiments" / slug) == []


def _package(folder: Path, **rooms: str) -> Path:
    """An experiment `mini` with every room, empty but for `rooms`."""
    package = folder / "mini"
    package.mkdir()
    for name in ("__init__", *ROOMS):
        text = "\n".join(
            f"from lab.experiments.mini.{other} import x" for other in rooms.get(name, "").split()
        )
        (package / f"{name}.py").write_text(text)
    return package


@pytest.mark.parametrize(
    ("rooms", "said"),
    [
        ({"workload": "mechanism params", "present": "experiment criteria"}, []),
        ({"workload": "measure"}, ["workload.py imports measure.py"]),
        ({"oracle": "mechanism"}, ["oracle.py imports mechanism.py"]),
        ({"mechanism": "params"}, ["mechanism.py imports params.py"]),
        (
            {"judge": "measure", "measure": "judge"},
            [
                "measure.py imports judge.py",
                "a circle of imports: judge.py -> measure.py -> judge.py",
            ],
        ),
    ],
)
def test_the_floor_plan_names_what_departs_from_it(tmp_path: Path, rooms: dict, said: list[str]) -> None:
    assert violations(_package(tmp_path, **rooms)) == said


def test_the_floor_plan_names_a_missing_room_a_stranger_and_a_long_file(tmp_path: Path) -> None:
    package = _package(tmp_path)
    (package / "judge.py").rename(package / "told.py")
    (package / "measure.py").write_text("x = 1\n" * 251)
    assert violations(package) == [
        "there is no room judge",
        "told.py is no room of the floor plan",
        "measure.py has over 250 lines",
    ]


@pytest.mark.parametrize("slug", SLUGS)
def test_an_experiment_offers_what_its_notebook_asks_for(slug: str) -> None:
    module = importlib.import_module(f"lab.experiments.{slug}")
    assert issubclass(module.Params, Parameters)
    assert all(isinstance(item, Criterion) for item in module.CRITERIA)
    assert any(item.acceptance for item in module.CRITERIA)
    assert module.CONTROLS
    assert all(isinstance(item, Control) for item in module.CONTROLS)
    assert {item.breaks for item in module.CONTROLS} <= {item.name for item in module.CRITERIA}
    asked = ("run", "run_with_controls", "figures", "model", "summary")
    assert not [name for name in asked if not callable(getattr(module, name, None))]
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


def differing_defaults(cell: str, model: type[Parameters]) -> list[str]:
    """Where a notebook's cell of parameters departs from the library's defaults, a sentence each."""
    values: dict = {}
    exec(cell, {}, values)
    defaults = model().model_dump()
    differing = [f"{name} is in the library alone" for name in defaults.keys() - values.keys()]
    differing += [f"{name} is no parameter" for name in values.keys() - defaults.keys()]
    given = model(**{name: values[name] for name in defaults.keys() & values.keys()}).model_dump()
    return sorted(differing) + [
        f"{name} is {given[name]!r} in the notebook, {default!r} in the library"
        for name, default in defaults.items()
        if name in values and given[name] != default
    ]


@pytest.mark.parametrize("slug", SLUGS)
def test_the_notebooks_defaults_are_those_of_the_library(slug: str) -> None:
    notebook = nbformat.read(paths.notebook(slug), as_version=4)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    model = importlib.import_module(f"lab.experiments.{slug}").Params
    assert differing_defaults(cell.source, model) == []
    assert all("  # " in line for line in cell.source.splitlines())


class _Params(Parameters):
    rate: int = 10
    names: tuple[str, ...] = ("a", "b")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('rate = 10\nnames = ["a", "b"]', []),
        ('rate = 11\nnames = ("a", "b")', ["rate is 11 in the notebook, 10 in the library"]),
        ('raet = 10\nnames = ("a", "b")', ["raet is no parameter", "rate is in the library alone"]),
    ],
)
def test_a_default_that_differs_is_named(cell: str, said: list[str]) -> None:
    assert differing_defaults(cell, _Params) == said


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
