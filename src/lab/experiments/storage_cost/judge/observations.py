"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.storage_cost.measure.seen import Bound, Checks, Compared, InStore, Scale, Seen, Sheet
from lab.experiments.storage_cost.mechanism import Bill
from lab.experiments.storage_cost.params import Params
from lab.experiments.storage_cost.workload.arms import HOT, TIERING

MILLIONTH = 1e-6
ROUNDING = 1e-9  # share of a bill that sums of doubles may differ by


def observe(params: Params, seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    chosen, hot = seen.compared.bills[seen.chosen.name], seen.compared.bills[HOT]
    found = {
        "trace_has_room": saving(seen.compared.quick, hot, "the offline optimum without waits"),
        "saves_on_unseen_trace": saving(chosen, hot, seen.chosen.name),
        "latency_acceptable": latency(chosen, params.max_wait_s),
        "cold_reads_bounded": cold_reads(chosen, params.cold_share),
        "never_dearer_than_hot": dearer(chosen, hot),
        "none_beats_the_optimum": none_beats(seen.compared),
    }
    if seen.checks:
        found |= of_checks(seen.checks)
    if seen.sheet:
        found["spreadsheet_recalculates"] = recalculates(seen.sheet)
    if seen.bound:
        found["break_even_within_two"] = within_two(seen.bound)
    if seen.store:
        found["rules_reach_the_store"] = reaches(seen.store)
    if seen.scale:
        found["model_predicts"] = predicts(seen.scale)
    return found


def saving(found: Bill, hot: Bill, name: str) -> Observation:
    """Share of all hot's bill."""
    return Observation(
        1 - found.total / hot.total, f"{name}: ${found.per_month:.4f} a month, all hot ${hot.per_month:.4f}"
    )


def latency(found: Bill, limit: float) -> Observation:
    """Longest wait over what is acceptable."""
    detail = f"longest {found.longest_wait:g} s, p95 {found.wait(0.95):g} s; "
    detail += f"of {found.reads:,} reads {found.slow_share:.1%} wait for a restore"
    return Observation(found.longest_wait / limit, detail)


def cold_reads(found: Bill, limit: float) -> Observation:
    """Share of reads that pay for retrieval over what is acceptable."""
    return Observation(
        found.cold_share / limit, f"{found.cold_reads:,} of {found.reads:,} reads pay for retrieval"
    )


def dearer(found: Bill, hot: Bill) -> Observation:
    """Bill over all hot's."""
    return Observation(
        found.total / hot.total, f"${found.per_month:.4f} against ${hot.per_month:.4f} a month"
    )


def none_beats(*compared: Compared) -> Observation:
    """Policies below the optimum; the tariff that moves objects itself has other prices and is no rival of it."""
    pairs = [
        (name, found.total / one.optimum.total)
        for one in compared
        for name, found in one.bills.items()
        if name != TIERING
    ]
    name, closest = min(pairs, key=lambda pair: pair[1])
    below = sum(ratio < 1 - ROUNDING for _, ratio in pairs)
    return Observation(below, f"of {len(pairs)}; the closest is {name}, {closest:.3f} times the optimum")


def of_checks(checks: Checks) -> dict[str, Observation]:
    """Bills by hand and by SQL, and all schedules."""
    return {
        "optimum_is_the_least": differing(checks.least, "traces", MILLIONTH),
        "bill_equals_hand": differing(checks.hand, "bills", MILLIONTH),
        "bill_equals_meter": differing(checks.meter, "bills", MILLIONTH),
    }


def differing(table: pd.DataFrame, what: str, limit: float) -> Observation:
    """Rows in which found and expected differ by `limit` dollars or more; one that is no number differs."""
    off = (table["found"] - table["expected"]).abs()
    wrong = table[~(off < limit)]
    named = "; ".join(
        f"{row.what}: {row.found:.6f}, not {row.expected:.6f}" for row in wrong.head(3).itertuples()
    )
    return Observation(len(wrong), named or f"of {len(table)} {what}; largest difference ${off.max():.1e}")


def recalculates(sheet: Sheet) -> Observation:
    """Cells that differ."""
    return Observation(sheet.differing, f"of {sheet.cells} cells with a formula that gives a result")


def within_two(bound: Bound) -> Observation:
    """The object that fares worst."""
    return Observation(bound.worst, f"of {bound.objects} objects; {bound.together:.2f} all together")


def reaches(store: InStore) -> Observation:
    """Objects that are not where they must be, or not the same."""
    wrong = store.objects[(store.objects["due"] != store.objects["found"]) | ~store.objects["same"]]
    moved = store.objects["found"].value_counts().to_dict()
    detail = f"of {len(store.objects)}: " + ", ".join(f"{number} {name}" for name, number in moved.items())
    return Observation(len(wrong), detail)


def predicts(scale: Scale) -> Observation:
    """Prediction against bill."""
    off = abs(scale.predicted - scale.billed) / scale.billed
    return Observation(off, f"predicted ${scale.predicted:.4f}, billed ${scale.billed:.4f} a month")
