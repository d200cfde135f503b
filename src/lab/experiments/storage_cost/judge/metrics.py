"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.storage_cost.measure.scale import kept
from lab.experiments.storage_cost.measure.seen import Compared, Scale, Seen
from lab.experiments.storage_cost.mechanism import Bill
from lab.experiments.storage_cost.workload.arms import BREAK_EVEN, HOT, OPTIMUM, QUICK, TIERING


def slug(name: str) -> str:
    """A name as part of a metric's name."""
    return re.sub(r"\W+", "_", name).strip("_").lower()


def per_tb(found: Bill, compared: Compared) -> float:
    """Dollars for a TB that is kept for a month."""
    return found.total / (compared.trace.byte_days / 30 / 1e12)


def metrics(seen: Seen) -> list[Metric]:
    """Cost and latency of the policies that pictures show, then what the checks, the law and other loads gave."""
    compared = seen.compared
    found = [
        item
        for name, one in {**shown(seen), **compared.retention}.items()
        for item in _policy(name, one, compared)
    ]
    tb = compared.trace.byte_days / seen.prices.days_in_month / 1e12
    found += [Metric("days", compared.trace.days, "days", "days of the trace")]
    found += [Metric("tb_months", tb, "TB", "TB-months that the trace keeps"), *_ratios(compared)]
    if seen.bound:
        text = "break-even / the optimum, worst object, where the bound of 2 is a theorem"
        found.append(_simulated("break_even_ratio_two_states", seen.bound.worst, "", text))
    if seen.dense is not None:
        text = "the optimum's saving with films as objects (every fourth), where reads are dense"
        found.append(_simulated("optimum_saving_films", seen.dense, "", text))
    if seen.scale:
        found += _law(seen, seen.scale)
    if seen.sensitivity is not None:
        found += [
            _simulated(
                f"saving_if_{slug(row['what'])}_{side}",
                row[f"saving_{side}"],
                "",
                f"the chosen policy's saving, {row['what']}: {row[side]}",
            )
            for _, row in seen.sensitivity.iterrows()
            for side in ("low", "high")
        ]
    return found


def _simulated(name: str, value: float, unit: str, text: str, better: str = "") -> Metric:
    return Metric(name, value, unit, text, better=better, grade="simulated")


def every(compared: Compared) -> dict[str, Bill]:
    """All bills by policy, the optimum's and those with deletion at the end."""
    return {**compared.bills, OPTIMUM: compared.optimum, QUICK: compared.quick, **compared.retention}


def _policy(name: str, found: Bill, compared: Compared) -> list[Metric]:
    key, hot = slug(name), compared.bills[HOT]
    added = found.mean_wait - hot.mean_wait
    made = [
        _simulated(f"monthly_cost_{key}", found.per_month, "USD", f"estimated monthly cost, {name}", "lower"),
        _simulated(
            f"saving_{key}", 1 - found.total / hot.total, "", f"saving against {HOT}, {name}", "higher"
        ),
        _simulated(f"latency_increase_{key}", added, "s", f"mean access latency increase, {name}", "lower"),
        _simulated(f"p95_wait_{key}", found.wait(0.95), "s", f"95th percentile of access latency, {name}"),
        _simulated(f"longest_wait_{key}", found.longest_wait, "s", f"longest access latency, {name}"),
        _simulated(
            f"cold_reads_{key}", found.cold_share, "", f"share of reads that pay for retrieval, {name}"
        ),
        _simulated(
            f"slow_reads_{key}", found.slow_share, "", f"share of reads that wait for a restore, {name}"
        ),
    ]
    if found.lost_reads:
        lost = found.lost_reads / (found.lost_reads + found.reads)
        made.append(_simulated(f"lost_reads_{key}", lost, "", f"share of reads that find nothing, {name}"))
    return made


def _ratios(compared: Compared) -> list[Metric]:
    text = "its bill / the optimum's, with minimum durations and open ends: no bound"
    return [
        _simulated(
            f"ratio_to_optimum_{slug(name)}", found.total / compared.optimum.total, "", f"{name}: {text}"
        )
        for name, found in compared.bills.items()
        if name.startswith(BREAK_EVEN)
    ]


def _law(seen: Seen, scale: Scale) -> list[Metric]:
    gb, count = kept(seen.compared.trace, seen.prices)
    objects = seen.compared.trace.objects
    arms = {"hot": HOT, "chosen": "chosen"}
    moved = [
        Metric(
            f"{what}_moved_{times}",
            share,
            "",
            f"{symbol}, share of {what} large enough to be moved with {_objects(times)}",
            grade="arithmetic",
        )
        for times, both in sorted(scale.moved.items())
        for (what, symbol), share in zip((("bytes", "w"), ("objects", "v")), both, strict=True)
    ]
    return [
        Metric("objects", len(objects), "objects", "objects of the trace"),
        Metric("mean_gb", gb / count, "GB", "mean size of an object"),
        *(
            _simulated(f"a_{key}", scale.per_gb[name], "USD", f"a month for a GB, {name}")
            for key, name in arms.items()
        ),
        *(
            _simulated(f"b_{key}", scale.per_object[name], "USD", f"a month for an object, {name}")
            for key, name in arms.items()
        ),
        *moved,
        *(
            _simulated(
                f"billed_{key}_{times}",
                usd,
                "USD",
                f"billed a month for a GB with {_objects(times)}, {name}",
            )
            for times, both in sorted(scale.bills.items())
            for (key, name), usd in zip(arms.items(), both, strict=True)
        ),
        _simulated(
            "predicted_monthly", scale.predicted, "USD", "what the law predicts for more, smaller objects"
        ),
        _simulated("billed_monthly", scale.billed, "USD", "what those are billed"),
    ]


def _objects(times: int) -> str:
    """Their size, in words."""
    return "objects as in the run" if times == 1 else f"objects {times} times smaller"


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found: Mapping[str, pd.DataFrame | None] = {
        "policies": policies(seen.compared),
        "roles": pd.DataFrame({"role": ["chosen", "rule"], "policy": [seen.chosen.name, seen.rule.name]}),
        "lines": _lines(seen),
        "months": _months(seen),
        "tuning": seen.tuning,
        "test": seen.test,
        "sensitivity": seen.sensitivity,
        "hand": seen.checks.hand if seen.checks else None,
        "store": seen.store.objects if seen.store else None,
    }
    return {name: table for name, table in found.items() if table is not None}


def policies(compared: Compared) -> pd.DataFrame:
    """One row a policy."""
    hot = compared.bills[HOT]
    return pd.DataFrame(
        {
            "policy": name,
            "usd_month": one.per_month,
            "usd_tb": per_tb(one, compared),
            "saving": 1 - one.total / hot.total,
            "cold": one.cold_share,
            "slow": one.slow_share,
            "p95": one.wait(0.95),
            "longest": one.longest_wait,
            "mean": one.mean_wait,
            "lost": one.lost_reads / max(1, one.lost_reads + one.reads),
        }
        for name, one in every(compared).items()
    )


PARTS = {
    "storage": "storage",
    "minimum duration": "minimum duration",
    "retrieval": "retrieval",
    "restored copy": "retrieval",
    "egress": "egress",
}


def shown(seen: Seen) -> dict[str, Bill]:
    """The bills that pictures show: of each kind of policy the best on the test trace, within the wait or at any."""
    tried = seen.test.sort_values("usd")
    quick = tried[tried["longest_wait"] <= seen.max_wait_s]
    kinds = {
        part.groupby("kind")["policy"].first()[kind]
        for part in (tried, quick)
        for kind in part["kind"].unique()
    }
    names = kinds | {seen.chosen.name, seen.rule.name, TIERING}
    bills = {name: one for name, one in seen.compared.bills.items() if name in names or name == HOT}
    return bills | {OPTIMUM: seen.compared.optimum, QUICK: seen.compared.quick}


def _lines(seen: Seen) -> pd.DataFrame:
    """Dollars for a TB-month by policy and part of the bill."""
    tb = seen.compared.trace.byte_days / 30 / 1e12
    rows = [
        one.lines.assign(policy=name, part=one.lines["component"].map(PARTS).fillna("requests, overhead"))
        for name, one in shown(seen).items()
    ]
    table = pd.concat(rows).groupby(["policy", "part"], sort=False)["usd"].sum().reset_index()
    return table.assign(usd_tb=table["usd"] / tb)


def _months(seen: Seen) -> pd.DataFrame:
    """Dollars by month: all hot, the rule of age, the chosen policy, the optimum."""
    compared, days = seen.compared, seen.prices.days_in_month
    lines = {name: compared.bills[name] for name in (HOT, seen.rule.name, seen.chosen.name)} | {
        QUICK: compared.quick
    }
    rows = [
        (name, int(str(month)) + 1, float(usd))
        for name, one in lines.items()
        for month, usd in one.daily.sum(axis=1).groupby(lambda day: day // days).sum().items()
    ]
    return pd.DataFrame(rows, columns=["policy", "month", "usd"])
