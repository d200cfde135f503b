"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.reproducible_notebook.judge import model, project
from lab.experiments.reproducible_notebook.judge.observations import AGAIN
from lab.experiments.reproducible_notebook.measure.notebooks import AT_ONCE
from lab.experiments.reproducible_notebook.measure.seen import Seen, Workflow
from lab.experiments.reproducible_notebook.mechanism import Comparison, Pair


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name: pairs (artefact x environment), steps (time), causes, careless, workflow, project, skipped."""
    found = {}
    if seen.analysis is not None:
        found["pairs"] = _pairs(seen.analysis)
        found["steps"] = _steps(seen.analysis)
        found["skipped"] = pd.DataFrame(list(seen.missing.items()), columns=["environment", "why"])
        found["versions"] = _versions(seen.analysis)
        found["settings"] = _settings(seen.analysis)
    if seen.careless is not None:
        found["careless"], found["causes"] = _pairs(seen.careless), _causes(seen.careless)
    if seen.workflow is not None:
        rows = [(step.name, step.status, step.seconds) for step in seen.workflow.steps]
        found["workflow"] = pd.DataFrame(rows, columns=["step", "status", "seconds"])
    if seen.fresh is not None:
        found["project"] = project.held(seen.fresh.baseline, seen.fresh.made)
    return found


def metrics(seen: Seen) -> list[Metric]:
    """In the order of the measurements."""
    found = []
    if seen.analysis is not None:
        found += _of_the_analysis(seen.analysis, seen.seconds)
    if seen.careless is not None:
        found += _of_the_careless(seen.careless)
    if seen.checked:
        far = max(one.ulp for one in seen.checked)
        found.append(Metric("ulp_to_oracle", far, "steps", "largest distance of a number to the exact one"))
    if seen.condition is not None:
        text = "condition number of the most sensitive slope: a rounding of all its sums counts up to so much"
        found.append(Metric("condition", seen.condition, "times", text))
    if seen.workflow is not None:
        found += _of_the_workflow(seen.workflow)
    return found


def _of_the_analysis(made: Comparison, seconds: float) -> list[Metric]:
    numbers = [pair for pair in made.pairs if pair.compared.kind == "numbers"]
    other = [pair for pair in made.pairs if pair.compared.status != "same bytes"]
    cost = model.cost(made, AT_ONCE)
    return [
        *_rows(made),
        Metric("comparisons", len(made.pairs), "comparisons", "artefacts in environments, against the first"),
        Metric("other_bytes", len(other), "comparisons", "whose bytes are not the first environment's"),
        Metric(
            "environments_with_other_bytes",
            len({pair.environment for pair in other}),
            "environments",
            f"of {len(made.executions) - 1}, in which any byte is another",
        ),
        _largest("largest_ulp", [pair.compared.ulp for pair in numbers], "steps", "between doubles"),
        _largest("largest_of_means", _of("monthly.csv", numbers), "steps", "between doubles, of monthly.csv"),
        _largest("largest_of_model", _of("model.json", numbers), "steps", "between doubles, of model.json"),
        Metric(
            "execution_s",
            cost.each_s,
            "s",
            "t, one execution beside another: the first two",
            raw=[one.took_s for one in made.executions[: model.FIRST]],
            better="lower",
        ),
        Metric("environments", len(made.executions), "environments", "e, of one notebook"),
        Metric("at_once", AT_ONCE, "executions", "w, side by side"),
        Metric(
            "lost_s",
            sum(one.lost_s for one in made.executions),
            "s",
            "in starts of a kernel that failed and were made again; in no execution's own time",
        ),
        Metric("all_s", seconds, "s", "all environments of the analysis", better="lower"),
    ]


def _largest(name: str, values: Sequence[float], unit: str, what: str) -> Metric:
    return Metric(name, max(values, default=0.0), unit, f"largest difference {what}")


def _of(artefact: str, pairs: Sequence[Pair]) -> list[float]:
    return [pair.compared.ulp for pair in pairs if _short(pair.artefact) == artefact]


def _rows(made: Comparison) -> list[Metric]:
    found = made.executions[0].artefacts.get("artefacts/model.json")
    return (
        [Metric("rows", json.loads(found.content)["rows"], "rows", "complete ones, behind the slopes")]
        if found
        else []
    )


def _of_the_careless(made: Comparison) -> list[Metric]:
    def caught(*names: str) -> int:
        wrong = {pair.artefact for pair in made.differing if pair.environment in names}
        return len({name for name in wrong if not name.startswith("cell ")})

    others = [one.environment.name for one in made.executions[1:]]
    return [
        Metric("caught_by_repeating", caught(AGAIN), "artefacts", "that differ in the same environment"),
        Metric("caught_by_changing", caught(*others), "artefacts", "that differ once the hash seed does too"),
    ]


def _of_the_workflow(made: Workflow) -> list[Metric]:
    each = [step.seconds for step in made.steps]
    return [
        Metric(
            "ci_s", sum(each), "s", "the workflow's steps, installation left out", raw=each, better="lower"
        )
    ]


def _pairs(made: Comparison) -> pd.DataFrame:
    rows = [
        (
            _short(pair.artefact),
            pair.environment,
            pair.compared.status,
            pair.compared.kind,
            pair.compared.ulp if math.isfinite(pair.compared.ulp) else None,
            pair.compared.detail,
        )
        for pair in made.pairs
    ]
    return pd.DataFrame(rows, columns=["artefact", "environment", "status", "kind", "ulp", "detail"])


def _short(artefact: str) -> str:
    return artefact.removeprefix("artefacts/")


def _steps(made: Comparison) -> pd.DataFrame:
    rows = [(one.environment.name, *step) for one in made.executions for step in model.steps(one)]
    return pd.DataFrame(rows, columns=["environment", "step", "seconds"])


def _causes(made: Comparison) -> pd.DataFrame:
    rows = [
        (
            cause.artefact,
            cause.cell,
            cause.change,
            ", ".join(cause.environments),
            ", ".join(cause.kinds),
            "; ".join(f"{one.text} (cell {one.cell})" for one in cause.suspects),
        )
        for cause in made.causes
    ]
    return pd.DataFrame(rows, columns=["artefact", "cell", "change", "environments", "kind", "call"])


def _settings(made: Comparison) -> pd.DataFrame:
    """Environment variables that are set differently."""
    rows = [
        (one.environment.name, name, value)
        for one in made.executions
        for name, value in one.environment.variables.items()
    ]
    return pd.DataFrame(rows, columns=["environment", "variable", "value"])


def _versions(made: Comparison) -> pd.DataFrame:
    rows = [
        (
            one.environment.name,
            *(one.facts.get("versions", {}).get(name) for name in ("python", "numpy", "pandas")),
            one.facts.get("blas"),
        )
        for one in made.executions
    ]
    return pd.DataFrame(rows, columns=["environment", "python", "numpy", "pandas", "blas"])
