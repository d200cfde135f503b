"""From what was seen to observations and metrics: pure, so that it can be tested without a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.parquet_compaction.judge import (
    compaction_interval,
    consistency,
    cost_model,
    datasets,
    query_times,
)
from lab.experiments.parquet_compaction.measure.seen import Seen
from lab.experiments.parquet_compaction.params import HELD_OUT, Params

Tables = Mapping[str, pd.DataFrame]


def result(params: Params, seen: Seen, versions: Mapping[str, str]) -> Result:
    """What follows from a run."""
    tables = _tables(params, seen)
    return Result(params, _observed(params, seen, tables), _metrics(seen, tables), tables, versions)


def _tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """What the variant's figures and models are made of; what a variant did not do has no table."""
    made: dict[str, pd.DataFrame] = {}
    if seen.watch:
        made["readings"] = consistency.readings_table(seen.watch)
    if seen.visits:
        made["visits"] = pd.DataFrame([asdict(item) for item in seen.visits])
    if seen.timings:
        made |= _timed_tables(params, seen)
    return made


def _timed_tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """timings, cells, layouts; where the cost model can be fitted and tested, all that it is held against."""
    timings = query_times.timings_table(seen.timings)
    cells = query_times.cells_table(timings)
    layouts = datasets.layouts_table(seen.datasets, cells, params.target_bytes)
    made = {"timings": timings, "cells": cells, "layouts": layouts}
    if set(cells["layout"]) > {HELD_OUT}:
        sizes = cost_model.sizes_table(seen.sizes)
        model = cost_model.scan_model(cells, sizes)
        made["predictions"] = cost_model.predictions(cells, cost_model.model_of(cells, sizes))
        made["sizes"] = cost_model.with_predictions(sizes, model)
        made |= compaction_interval.tables(seen.ingestions, model, params.queries_per_batch)
    return made


def _observed(params: Params, seen: Seen, tables: Tables) -> dict[str, Observation]:
    observed: dict[str, Observation] = {}
    if seen.datasets:
        observed["all_compacted"] = datasets.all_compacted(seen.datasets)
    if seen.timings:
        observed |= _timed(seen, tables)
    if seen.watch:
        observed |= consistency.watched(seen.watch)
    if seen.probes:
        observed["round_trip_honest"] = query_times.round_trip_honest(params, seen.probes)
    if seen.ingestions:
        observed["write_overhead"] = compaction_interval.write_overhead(tables["intervals"])
        observed["interval_predicted"] = compaction_interval.interval_predicted(
            tables["looks"], tables["compactions"]
        )
    return observed


def _timed(seen: Seen, tables: Tables) -> dict[str, Observation]:
    """What the timings tell."""
    observed = {
        "query_time_improves": query_times.query_time_improves(tables["timings"]),
        "timings_steady": query_times.timings_steady(tables["timings"]),
        "caches_cold": query_times.caches_cold(tables["timings"]),
    }
    if not set(seen.work.truth).isdisjoint(item.query for item in seen.timings):
        observed["answers_right"] = query_times.answers_right(
            seen.timings, seen.work.truth, tables.get("sizes")
        )
    if "predictions" in tables:
        observed |= cost_model.modelled(tables)
    return observed


def _metrics(seen: Seen, tables: Tables) -> list[Metric]:
    """Everything measured that a drift report should follow."""
    found: list[Metric] = []
    if "layouts" in tables:
        found += datasets.metrics(tables["layouts"])
    if "predictions" in tables:
        found += cost_model.metrics(tables["cells"], tables["sizes"])
    if seen.probes:
        found += query_times.metrics(seen.probes)
    if "visits" in tables:
        found += query_times.trips(tables["visits"])
    if "intervals" in tables:
        found += compaction_interval.metrics(tables["intervals"])
    return found
