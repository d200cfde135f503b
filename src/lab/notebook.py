"""What a notebook calls: read its parameters, show a mechanism, a figure, a model, publish the verdict."""

from __future__ import annotations

import html
import inspect
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from IPython.display import HTML, Code, Markdown, display

from lab import __version__
from lab.charts.figure import Figure
from lab.evidence import params, provenance, record, sources
from lab.evidence.criteria import Criterion, conclude, judge_all, judge_control
from lab.evidence.record import Record
from lab.evidence.result import Model, Result, Summary
from lab.files import write_atomically
from lab.report import evidence, tables
from lab.report.model import model as model_shown
from lab.runner.place import changes, exploratory

_started = time.monotonic()


def parameters(model: type[params.P]) -> params.P:
    """The notebook's variables as checked parameters; stops here, before any service, if one is wrong."""
    from IPython import get_ipython

    return params.from_notebook(model, get_ipython().user_ns)


def say(text: str) -> None:
    """Show Markdown; numbers in it come from the run, by f-string."""
    display(Markdown(text))


def criteria_table(criteria: tuple[Criterion, ...]) -> None:
    """Show what is declared before the run."""
    _show("criteria", HTML(tables.declared(criteria)))


def table(rows: Iterable[Sequence[Any]], head: Sequence[str], label: str) -> None:
    """Show a table that scrolls by itself on a narrow screen. Numbers are printed to the digits that a reader can use.

    label: what it is, for those who hear the page.
    """
    cells = [[tables.cell(value) for value in row] for row in rows]
    display(HTML(tables.table([html.escape(name) for name in head], cells, label)))


def source(*objects: Callable[..., Any] | type) -> None:
    """Show the source of the mechanism as it is run."""
    for item in objects:
        code = Code(inspect.getsource(item), language="python")
        _show("source", code, name=item.__name__, module=item.__module__, language="python")


def text_file(path: Path, language: str = "") -> None:
    """Show a file (SQL, configuration) as it is used."""
    language = language or path.suffix.lstrip(".")
    _show("source", Code(path.read_text(), language=language), name=path.name, module="", language=language)


def show(figures: Mapping[str, Figure], name: str) -> None:
    """Show one figure."""
    display(HTML(figures[name].html(name)))


def show_model(model: Model) -> None:
    """Show how the result changes with size."""
    _show("model", Markdown(model_shown(record.model_as_data(model))))


class Shown(NamedTuple):
    """What is told about a run: figures by name, answer and decisions, the model."""

    figures: Mapping[str, Figure]
    summary: Summary
    model: Model


def publish(experiment: ModuleType, treatment: Result, controls: Mapping[str, Result]) -> Shown:
    """Say the answer, judge the run, write its record and the figures' data, show verdict and criteria.

    `controls`: result by the name of the control, one for each of the experiment's CONTROLS.
    Written to `LAB_RECORDS`: SLUG.json, SLUG/FIGURE.csv and the pages that the run made. The runner sets it, and
    publishes a run with the notebook's own parameters. Whoever else runs the notebook gets a folder under
    `build/exploratory`: there may be cells in it that were changed, and its notebook is somewhere else.
    """
    shown = Shown(
        experiment.figures(treatment, controls),
        experiment.summary(treatment, controls),
        experiment.model(treatment, controls),
    )
    _show("answer", Markdown(f"**Answer.** {shown.summary.answer}"))
    result = _judged(experiment, treatment, controls, shown)
    folder = _folder(result)
    for name, figure in shown.figures.items():
        write_atomically(folder / result["experiment"] / f"{name}.csv", figure.data.to_csv(index=False))
    for name, text in treatment.files.items():
        write_atomically(folder / result["experiment"] / name, text)
    kept = record.write(result, folder)
    _show("verdict", HTML(tables.banner(result) + evidence.table(result)))
    if "LAB_RECORDS" not in os.environ:
        say(f"Exploratory, so not in the book. Record: `{kept}`")
    return shown


def judged(experiment: ModuleType, result: Result) -> None:
    """Show how a mechanism of your own came out by the experiment's criteria. It is in no record."""
    items = judge_all(experiment.CRITERIA, result.observed)
    display(HTML(evidence.alone([record.judged_as_data(item) for item in items])))


def _show(part: str, item: Any, **more: str) -> None:
    """Show `item` and mark what it is: the experiment's page has a place of its own for some of it."""
    display(item, metadata={"lab": {"part": part, **more}})


def _judged(
    experiment: ModuleType, treatment: Result, controls: Mapping[str, Result], shown: Shown
) -> Record:
    slug = experiment.__name__.rpartition(".")[2]
    judged = judge_all(experiment.CRITERIA, treatment.observed)
    arms = {
        control.name: (control, judge_control(control, experiment.CRITERIA, controls[control.name].observed))
        for control in experiment.CONTROLS
    }
    verdict = conclude(judged, {name: item for name, (_, item) in arms.items()})
    return record.compose(
        slug,
        treatment,
        judged,
        arms,
        verdict,
        time.monotonic() - _started,
        _provenance(slug, treatment),
        shown.summary,
        shown.model,
    )


def _folder(result: Record) -> Path:
    if given := os.environ.get("LAB_RECORDS"):
        return Path(given)
    slug = result["experiment"]
    return exploratory(slug, changes(slug, result["params"])).records


def _provenance(slug: str, treatment: Result) -> dict[str, Any]:
    return {
        "machine": provenance.fingerprint(),
        "services": dict(treatment.versions),
        "libraries": provenance.library_versions(sources.outside_modules(slug)),
        "source_hash": sources.digest(slug, treatment.params.model_dump(mode="json")),
        "version": __version__,
    }
