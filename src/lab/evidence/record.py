"""The record: one run of one experiment as JSON, with its criteria, metrics, verdict and provenance."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema  # a tenth of a second; jsonschema takes one to import

from lab.errors import EvidenceError
from lab.evidence import calculator
from lab.evidence.criteria import Control, Criterion, Judged, Verdict
from lab.files import write_atomically

if TYPE_CHECKING:  # a record is read without what a run needs
    from lab.evidence.result import Metric, Model, Result, Summary

Record = dict[str, Any]


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of a record (also at `_static/record.schema.json` in the book)."""
    return json.loads(resources.files("lab.evidence").joinpath("record.schema.json").read_text())


def compose(
    slug: str,
    treatment: Result,
    judged: list[Judged],
    controls: Mapping[str, tuple[Control, Judged]],
    verdict: Verdict,
    duration_s: float,
    provenance: Mapping[str, Any],
    summary: Summary | None = None,
    model: Model | None = None,
) -> Record:
    """A record of a run that came to its end; one that observed nothing says why in its notes."""
    why = treatment.notes if verdict.value == "not run" else ()
    return {
        **_head(slug, treatment.params.model_dump(mode="json"), duration_s, provenance),
        "verdict": verdict.value,
        "reasons": [*verdict.reasons, *why],
        "metrics": [_metric(metric) for metric in treatment.metrics],
        "criteria": [judged_as_data(item) for item in judged],
        "control": _control(controls),
        "notes": list(treatment.notes),
        "summary": _summary(summary) if summary else None,
        "model": model_as_data(model) if model else None,
    }


def without_result(
    slug: str,
    params: Mapping[str, Any],
    criteria: tuple[Criterion, ...],
    provenance: Mapping[str, Any],
    error: str | None,
    duration_s: float = 0.0,
) -> Record:
    """A record of a run that ended in an error (`error` says which) or was not started (None)."""
    return {
        **_head(slug, params, duration_s, provenance),
        "verdict": "error" if error else "not run",
        "reasons": [error] if error else ["the experiment was not run"],
        "metrics": [],
        "criteria": [judged_as_data(Judged(criterion, None, "not run")) for criterion in criteria],
        "control": {"criterion": "", "outcome": "not run", "variants": []},
        "notes": [],
        "summary": None,
        "model": None,
    }


def check(record: Record) -> Record:
    """`record` itself if it fits the schema, else an EvidenceError that says where it doesn't."""
    try:
        _validate()(record)
    except fastjsonschema.JsonSchemaValueException as error:
        where = "/".join(map(str, error.path[1:])) or "the top level"
        raise EvidenceError(f"record does not fit its schema at {where}: {error.message}") from None
    return record


@cache
def _validate() -> Callable[[Any], Any]:
    return fastjsonschema.compile(schema())


def write(record: Record, folder: Path) -> Path:
    """Write `record`, checked, to `folder`/SLUG.json, whole or not at all."""
    text = json.dumps(check(record), indent=1, ensure_ascii=False, allow_nan=False)
    return write_atomically(folder / f"{record['experiment']}.json", text + "\n")


def read(path: Path) -> Record:
    """The record at `path`; EvidenceError if it is missing, broken or does not fit the schema."""
    try:
        return check(json.loads(path.read_text()))
    except FileNotFoundError:
        raise EvidenceError(f"no record at {path}; make one with `lab run {path.stem}`") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path} is not JSON ({error}); run `lab run {path.stem}` again") from None


def _head(slug: str, params: Mapping[str, Any], duration_s: float, provenance: Mapping[str, Any]) -> Record:
    return {
        "schema": 2,
        "experiment": slug,
        "run_id": uuid.uuid4().hex,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "params": dict(params),
        "duration_s": round(duration_s, 2),
        "attempts": 1,
        "provenance": dict(provenance),
    }


def _metric(metric: Metric) -> Record:
    return {
        "name": metric.name,
        "value": number(metric.value),
        "unit": metric.unit,
        "text": metric.text,
        "raw": [number(value) for value in metric.raw],
        "interval": [number(value) for value in metric.interval] if metric.interval else None,
        "method": metric.method,
        "better": metric.better,
        "histogram": metric.histogram,
        "grade": metric.grade,
    }


def judged_as_data(item: Judged) -> Record:
    """A criterion, what was seen and the outcome, as they stand in the record."""
    seen, criterion = item.observation, item.criterion
    return {
        "name": criterion.name,
        "text": criterion.text,
        "tier": criterion.tier,
        "acceptance": criterion.acceptance,
        "precondition": criterion.precondition,
        "limit": {"relation": criterion.limit.relation, "bound": criterion.limit.bound},
        "unit": criterion.unit,
        "observed": number(seen.value) if seen else None,
        "interval": [number(value) for value in seen.interval] if seen and seen.interval else None,
        "detail": seen.detail if seen else "",
        "outcome": item.outcome,
    }


def _control(controls: Mapping[str, tuple[Control, Judged]]) -> Record:
    outcomes = {judged.outcome for _, judged in controls.values()}
    # "fail" is what a control is for; anything else in any variant is told instead.
    others = sorted(outcomes - {"fail"})
    variants = [
        {"name": control.name, "text": control.text, **judged_as_data(judged)}
        | {"name": control.name, "criterion": judged.criterion.name, "text": control.text}
        for control, judged in controls.values()
    ]
    return {
        "criterion": ", ".join(dict.fromkeys(judged.criterion.name for _, judged in controls.values())),
        "outcome": others[0] if others else ("fail" if outcomes else "not run"),
        "variants": variants,
    }


def _summary(summary: Summary) -> Record:
    return {
        "answer": summary.answer,
        "conditions": list(summary.conditions),
        "headline": _metric(summary.headline),
        "figure": summary.figure,
        "decisions": [asdict(item) | {"rests_on": list(item.rests_on)} for item in summary.decisions],
        "alternatives": [asdict(item) for item in summary.alternatives],
    }


def model_as_data(model: Model) -> Record:
    """A model as it stands in the record; each cell of the projection carries its grade."""
    factors = model.projection.iloc[:, 0]
    columns = [str(column) for column in model.projection.columns]
    return {
        "statement": model.statement,
        "formula": model.formula,
        "constants": [_metric(metric) for metric in model.constants],
        "check": {
            "where": model.check.where,
            "predicted": number(model.check.predicted),
            "measured": number(model.check.measured),
            "unit": model.check.unit,
            "error": number(model.check.error),
            "criterion": model.check.criterion,
        },
        "projection": {
            "columns": columns,
            "rows": [[number(value) for value in row] for row in model.projection.itertuples(index=False)],
            "grades": [[model.grade(column, factor) for column in columns[1:]] for factor in factors],
        },
        "changes_at": model.changes_at,
        "advice": [asdict(item) for item in model.advice],
        "calculator": calculator.as_data(model.calculator) if model.calculator else None,
    }


def number(value: Any) -> Any:
    """`value` as plain JSON: numpy scalars become Python's, infinities and NaN become None."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
