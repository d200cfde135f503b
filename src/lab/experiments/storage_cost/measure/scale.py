"""A law of the bill: so many dollars a month for a GB and so many for an object that are kept, held against smaller objects.

Objects below S3's limit for transitions stay hot, so the law knows how large a part they are. It does not know that a
policy may move the others less often, as break-even does: so each size that a page shows is billed too.
"""

from __future__ import annotations

from lab.evidence.result import FACTORS
from lab.experiments.storage_cost.measure.seen import Scale
from lab.experiments.storage_cost.mechanism import SMALLEST, Bill, Policy, Prices, Trace, all_hot, bill
from lab.experiments.storage_cost.workload.arms import HOT, Candidate

PER_OBJECT = ("put", "get", "transition", "restore", "monitoring", "minimum size", "overhead")


def law(trace: Trace, chosen: Candidate, hot: Bill, moved: Bill, factor: int, prices: Prices) -> Scale:
    """Fitted on the trace as run; held against `factor` times the objects at a `factor`-th of their size."""
    gb, count = kept(trace, prices)
    fitted = {name: _split(found) for name, found in ((HOT, hot), ("chosen", moved))}
    per_gb = {name: each / gb for name, (each, _) in fitted.items()}
    per_object = {name: each / count for name, (_, each) in fitted.items()}
    shares = {times: large(trace, times) for times in {*FACTORS, factor}}
    predicted = month(per_gb, per_object, shares[factor], gb, factor * count)
    billed = _billed(trace, chosen.policy, factor, prices)
    bills = {
        times: (
            _billed(trace, all_hot, times, prices) / gb,
            _billed(trace, chosen.policy, times, prices) / gb,
        )
        for times in FACTORS
    }
    return Scale(per_gb, per_object, shares, predicted, billed, bills)


def _billed(trace: Trace, policy: Policy, factor: int, prices: Prices) -> float:
    """Dollars a month for `factor` times the objects, each so much smaller; copies cost the same, so one of each is billed."""
    return factor * bill(trace.resized(1 / factor), policy, prices).per_month


def kept(trace: Trace, prices: Prices) -> tuple[float, float]:
    """GB and objects that are there on an average day."""
    gb = trace.byte_days / trace.days / prices.bytes_per_gb
    return gb, sum(item.ended - item.created for item in trace.objects) / trace.days


def month(
    per_gb: dict[str, float],
    per_object: dict[str, float],
    share: tuple[float, float],
    gb: float,
    objects: float,
) -> float:
    """Dollars a month of the chosen policy: what is too small to be moved costs what it costs hot."""
    of_bytes, of_objects = share
    stored = gb * (of_bytes * per_gb["chosen"] + (1 - of_bytes) * per_gb[HOT])
    return stored + objects * (of_objects * per_object["chosen"] + (1 - of_objects) * per_object[HOT])


def large(trace: Trace, factor: float) -> tuple[float, float]:
    """Shares of bytes and of objects that are still moved if all are `factor` times smaller."""
    sizes = [item.size for item in trace.objects]
    moved = [size for size in sizes if size / factor >= SMALLEST]
    return sum(moved) / sum(sizes), len(moved) / len(sizes)


def _split(found: Bill) -> tuple[float, float]:
    """Dollars a month that grow with bytes, and with objects."""
    fixed = found.lines["component"].isin(PER_OBJECT)
    each, once = (float(found.lines.loc[part, "usd"].sum()) / found.months for part in (~fixed, fixed))
    return each, once
