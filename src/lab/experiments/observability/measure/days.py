"""Generated days in a real Prometheus: samples backfilled, rules evaluated by it at the true windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from lab.experiments.observability import oracle
from lab.experiments.observability.measure.seen import Days
from lab.experiments.observability.mechanism import inlined
from lab.experiments.observability.params import KINDS
from lab.experiments.observability.workload.arms import BURN, STEP_S, Arm, moment
from lab.experiments.observability.workload.streams import SETTLED_MIN, Stream, write
from lab.services.prometheus import Prometheus, backfill, prometheus

POINTS = 10_000  # of a series in one answer; Prometheus gives no more than 11,000
_KEPT = "--storage.tsdb.retention.time=100y"


def _asked(up: Prometheus, expression: str, minutes: int) -> list[dict[str, Any]]:
    """A range query in parts that the server allows."""
    found = []
    for first in range(SETTLED_MIN, minutes, POINTS):
        last = min(first + POINTS, minutes) - 1
        found += up.query_range(expression, moment(first), moment(last), STEP_S)
    return found


def measured(streams: Mapping[str, Stream], arms: Sequence[Arm], folder: Path) -> Days:
    """Every arm on every stream, and at which minutes the burn rate, if it is the first, fires elsewhere than the oracle says."""
    minutes = next(iter(streams.values())).counts["arrived"].shape[1]
    file, storage = folder / "samples.txt", folder / "data"
    samples = write(streams.values(), file)
    backfill(file, storage, block="512h")
    size = sum(path.stat().st_size for path in storage.rglob("*") if path.is_file())
    with prometheus({"scrape_configs": []}, storage=storage, options=[_KEPT]) as up:
        rules = {(arm.name, kind): inlined(rule) for arm in arms for kind, rule in arm.expressions.items()}
        with ThreadPoolExecutor(2) as pool:  # a query takes one processor
            found = pool.map(lambda rule: _asked(up, rule, minutes), rules.values())
            firing = dict(zip(rules, found, strict=True))
    for (name, kind), series in firing.items():
        if any("pipeline" not in each["metric"] for each in series):
            raise ValueError(
                f"{name}, {kind}: the expression gives no label `pipeline`, which tells whose alert it is"
            )
    told = {kind: firing[arms[0].name, kind] for kind in KINDS if arms[0].name == BURN}
    apart = sum(differing(days, kind, told[kind]) for days in streams.values() for kind in told)
    compared = sum(days.counts["arrived"][:, SETTLED_MIN:].size for days in streams.values()) * len(told)
    return Days(streams, arms, firing, apart, compared, samples, size)


def differing(days: Stream, kind: str, series: Sequence[Mapping[str, Any]]) -> int:
    """Minutes at which Prometheus says that the burn rate's rule fires and the oracle does not, or the other way."""
    due = oracle.burning(days.counts, kind)
    due[:, :SETTLED_MIN] = False
    told = np.zeros_like(due)
    places = {name: place for place, name in enumerate(days.names)}
    for each in series:
        if (name := each["metric"]["pipeline"]) in places:
            at = np.array([float(when) for when, _ in each["values"]])
            told[places[name], np.round((at - moment(0)) / STEP_S).astype(int)] = True
    return int(np.sum((told != due) & ~oracle.tied(days.counts, kind)))
