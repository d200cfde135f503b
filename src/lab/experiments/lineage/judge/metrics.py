"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.lineage.judge import influences, query_time, reading
from lab.experiments.lineage.measure.seen import Captured, Generated, Perturbed, Seen
from lab.experiments.lineage.mechanism import Coverage


def metrics(seen: Seen, reader: str) -> list[Metric]:
    """In the order of the measurements."""
    found: list[Metric] = []
    if seen.captured is not None:
        found += _coverage(seen.captured)
    if seen.captured is not None and seen.perturbed is not None:
        found += _influences(seen.captured, seen.perturbed)
    if seen.generated is not None:
        found += _reading(seen.generated, reader)
    if seen.scaling is not None:
        found += _scaling(seen.scaling)
    return found


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {}
    if seen.captured is not None:
        found["graph"] = seen.captured.graph
        found["columns"] = pd.DataFrame(
            [(table, column) for table, each in seen.captured.catalog.items() for column in each],
            columns=["table", "column"],
        )
        found["upstream"] = _upstream(seen.captured)
        found["coverage"] = _coverage_table(seen.captured)
    if seen.captured is not None and seen.perturbed is not None:
        found["influences"] = influences.confirmed(seen.captured, seen.perturbed)
    if seen.generated is not None:
        found["readers"] = reading.by_reader(seen.generated.read)
    if seen.scaling is not None:
        found["scaling"] = seen.scaling
    if seen.depth is not None:
        found["depth"] = seen.depth
    return found


def _upstream(captured: Captured) -> pd.DataFrame:
    rows = [
        {"mart": table, "column": column, "source": name, "kind": kind}
        for (table, column), upstream in captured.rest.items()
        for name, kind in upstream.items()
    ]
    return pd.DataFrame(rows, columns=["mart", "column", "source", "kind"])


def _coverage_table(captured: Captured) -> pd.DataFrame:
    told = {
        "assets, of the catalog": captured.assets,
        "columns, of the catalog": captured.columns,
        "assets, of those in events": captured.assets_by_events,
    }
    return pd.DataFrame(
        [
            {"what": what, "covered": each.covered, "total": each.total, "percent": _percent(each)}
            for what, each in told.items()
        ]
    )


def _percent(coverage: Coverage) -> float:
    return 100 * coverage.share


def _coverage(captured: Captured) -> list[Metric]:
    assets, columns = _percent(captured.assets), _percent(captured.columns)
    return [
        Metric("asset_coverage", assets, "%", "assets in the catalog that have lineage", better="higher"),
        Metric("column_coverage", columns, "%", "columns in the catalog that have it", better="higher"),
        Metric("mart_columns", len(captured.rest), "columns", "of marts"),
    ]


def _influences(captured: Captured, perturbed: Perturbed) -> list[Metric]:
    told = influences.confirmed(captured, perturbed)
    direct = told[told["kind"] == "DIRECT"]
    seen = len(perturbed.pairs)
    found = seen - len(influences.missed(captured, perturbed))
    shown, shown_direct = (100 * float(part["seen"].mean()) for part in (told, direct))
    return [
        Metric("influences_seen", seen, "pairs", "a change of the one was seen in the other"),
        Metric("influences_found", found, "pairs", "of these, told by lineage", better="higher"),
        Metric("influences_told", len(told), "pairs", "of raw and mart columns, direct and indirect"),
        Metric("share_confirmed", shown, "%", "of what is told, seen in the data"),
        Metric("direct_confirmed", shown_direct, "%", "of direct sources, seen in the data"),
        Metric("direct_share", 100 * len(direct) / len(told), "%", "of what is told, direct"),
        Metric("perturbed_runs", perturbed.runs, "runs", "of the pipeline on changed data"),
    ]


def _reading(generated: Generated, reader: str) -> list[Metric]:
    found = []
    for name, part in generated.read.groupby("reader", sort=False):
        label = "this_one" if name == reader else re.sub(r"\W", "_", str(name))
        for what, share, text in (
            ("precision", reading.precision(part), f"precision of direct sources by {name}"),
            ("recall", reading.recall(part), f"recall of direct sources by {name}"),
            ("influence_precision", reading.influence_precision(part), f"told by {name}, with any influence"),
        ):
            interval, method = (share.low, share.high), "bootstrap" if share.wrong else "exact bound"
            found.append(
                Metric(f"{what}_{label}", share.value, "", text, interval=interval, method=f"{method} 95 %")
            )
        refused = int(part["refused"].sum())
        found.append(Metric(f"refused_{label}", refused, "statements", f"refused by {name}"))
    if len(generated.parse_s):
        raw = [1e3 * each for each in generated.parse_s]
        median = float(np.median(raw))
        found.append(Metric("parse_time", median, "ms", "one statement read, median", raw, better="lower"))
    return found


def _scaling(scaling: pd.DataFrame) -> list[Metric]:
    line, last = query_time.fitted(scaling), query_time.by_size(scaling).iloc[-1]
    recursive, closure = 1e3 * last["recursive_s"], 1e3 * last["closure_s"]
    per_edge = last["closure_rows"] / last["edges"]
    return [
        Metric("query_fixed", 1e3 * line.fixed, "ms", "a, fixed time of an upstream query"),
        Metric("query_per_field", 1e6 * line.each, "µs", "b, time for each field found"),
        Metric("query_recursive", recursive, "ms", "median upstream query by recursion, largest graph"),
        Metric("query_closure", closure, "ms", "the same from the closure table"),
        Metric("closure_rows_per_edge", per_edge, "", "rows of the closure table per edge"),
        Metric("closure_build", last["build_s"], "s", "closure table of the largest graph built"),
    ]
