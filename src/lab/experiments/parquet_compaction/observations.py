"""From what was seen to observations and metrics: pure, so that it can be tested without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.parquet_compaction import aggregate, faults_seen, metrics, upfront, writing_seen
from lab.experiments.parquet_compaction.answers import TpchCheck
from lab.experiments.parquet_compaction.criteria import (
    ERROR_LIMIT,
    FIT_LIMIT,
    RATIO_LIMIT,
)
from lab.experiments.parquet_compaction.params import HELD_OUT, Params
from lab.experiments.parquet_compaction.probes import Probes
from lab.experiments.parquet_compaction.timing import Timing

if TYPE_CHECKING:
    from lab.experiments.parquet_compaction.experiment import Seen


def result(params: Params, seen: Seen, versions: Mapping[str, str]) -> Result:
    """What follows from a run."""
    observed: dict[str, Observation] = {}
    tables = metrics.tables(params, seen)
    if seen.datasets:
        observed |= writing_seen.stored(seen)
    if seen.timings:
        observed |= timed(params, tables, seen)
    if seen.answers:
        observed["tpch_unchanged"] = tpch_unchanged(seen.answers)
    if seen.watch:
        observed |= faults_seen.watched(seen.watch)
    if seen.kills:
        observed |= faults_seen.killed(params, seen.kills)
    if seen.probes:
        observed["round_trip_honest"] = round_trip_honest(params, seen.probes)
    if seen.planned:
        observed["commit_predicted"] = upfront.commit_predicted(tables["planned"])
    if seen.rungs:
        observed["write_overhead"] = writing_seen.write_overhead(tables["frequency"])
        observed["frequency_predicted"] = writing_seen.frequency_predicted(tables["frequency"])
    made: Sequence[Metric] = metrics.metrics(params, seen, tables)
    return Result(params, observed, made, tables, versions)


def timed(params: Params, tables: Mapping[str, pd.DataFrame], seen: Seen) -> dict[str, Observation]:
    """What the timings tell."""
    observed = {
        "query_time_improves": query_time_improves(tables["timings"]),
        "caches_cold": caches_cold(tables["timings"]),
    }
    if not set(seen.work.truth).isdisjoint(item.query for item in seen.timings):
        observed["answers_right"] = answers_right(seen.timings, seen.work.truth)
    if "predictions" in tables:
        observed |= modelled(tables, repeated=params.repeats > 1)
    return observed


def query_time_improves(timings: pd.DataFrame) -> Observation:
    """The smallest ratio of average query times (of each query the median), over the link.

    interval: that ratio if each query took its longest time after compaction and its least before, and the
    other way round. If the limit lies between the two, the run was too noisy to tell.
    """
    stored = timings[timings["place"] == aggregate.STORE]
    middle, least, longest = (_by_state(stored, how) for how in ("median", "min", "max"))
    ratios = middle["before"] / middle["after"]
    worst = str(ratios.idxmin())
    usual, quick, slow = (table.loc[worst].to_dict() for table in (middle, least, longest))
    before, after = usual["before"], usual["after"]
    low, high = quick["before"] / slow["after"], slow["before"] / quick["after"]
    each = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    noisy = low < RATIO_LIMIT <= high
    told = f"; too noisy to tell: {low:.2f} to {high:.2f}" if noisy else ""
    return Observation(
        float(ratios.min()),
        f"{worst}: {before:.2f} s before, {after:.2f} s after; {each}{told}",
        (low, high),
        conclusive=not noisy,
    )


def _by_state(timings: pd.DataFrame, how: str) -> pd.DataFrame:
    """Average query time by layout (rows) and state, each query's median, least or longest time taken."""
    cells = timings.groupby(["layout", "query", "state"], sort=False)["seconds"].agg(how)
    return cells.groupby(["layout", "state"], sort=False).mean().unstack("state")


def caches_cold(timings: pd.DataFrame) -> Observation:
    """Queries for which not every byte that they need was fetched.

    Over the link ranges are compared, so that a footer which is read twice makes up for nothing. On the disk the
    kernel counts each page that it fetches once.
    """
    warm = timings[timings["missed"] > 0]
    sums = timings.groupby("place", sort=False)[["needed", "bytes"]].sum() / 1e6
    said = "; ".join(
        f"{place}: {row.needed:,.0f} MB needed, {row.bytes:,.0f} MB fetched" for place, row in sums.iterrows()
    )
    detail = f"of {len(timings)}; {said}"
    if len(warm):
        first = warm.iloc[0]
        detail += (
            f"; first: {first['place']}, {first['query']}, {first['layout']}, {first['state']} compaction lacks "
            f"{first['missed']:,} of {first['needed']:,} bytes"
        )
    local = timings[timings["place"] == aggregate.DISK]
    if len(local) and not local["bytes"].any():
        detail += " (is the temporary folder in memory? set TMPDIR to one on a disk)"
    return Observation(len(warm), detail)


def answers_right(timings: Sequence[Timing], truth: Mapping[str, list[tuple]]) -> Observation:
    """Timed queries with an answer that is known."""
    known = [item for item in timings if item.query in truth]
    wrong = [item for item in known if item.rows != truth[item.query]]
    detail = f"of {len(known)} queries, over the link and on the disk"
    if wrong:
        detail += f"; first wrong: {wrong[0].query}, {wrong[0].layout}, {wrong[0].state} compaction"
    return Observation(len(wrong), detail)


def modelled(tables: Mapping[str, pd.DataFrame], repeated: bool = True) -> dict[str, Observation]:
    """How the model fits, and what it says of the layout that it has not seen.

    repeated: queries were timed more than once. If not, a bad fit is inconclusive: noise may have made it.
    """
    model = aggregate.model_of(tables["cells"])
    means = held_out(tables["predictions"])
    error = float((means["predicted"] / means["seconds"] - 1).abs().max())
    said = "; ".join(
        f"{state} compaction {row.predicted:.2f} s predicted, {row.seconds:.2f} s measured"
        for state, row in means.iterrows()
    )
    fitted = tables["predictions"][tables["predictions"]["fitted"]]
    return {
        "model_fits": Observation(
            model.r2,
            f"{len(fitted)} cells: {model.fixed_s * 1e3:.0f} ms + files × {model.open_s * 1e3:.1f} ms + bytes / "
            f"{model.bandwidth / 1e6:.0f} MB/s",
            conclusive=repeated or model.r2 >= FIT_LIMIT,
        ),
        "held_out_predicted": Observation(
            error, f"{HELD_OUT}: {said}", conclusive=repeated or error <= ERROR_LIMIT
        ),
    }


def held_out(predictions: pd.DataFrame) -> pd.DataFrame:
    """Average seconds, predicted and measured, of the held-out layout, by state."""
    rows = predictions[~predictions["fitted"]]
    return rows.groupby("state", sort=False)[["seconds", "predicted"]].mean()


def tpch_unchanged(checks: Sequence[TpchCheck]) -> Observation:
    """Wrong answers. Inconclusive if in some layout it was not asked both before and after files were merged."""
    asked = sum(item.asked for item in checks)
    wrong = [(item.layout, item.state, number) for item in checks for number in item.wrong]
    files: dict[str, dict[str, int]] = {}
    for item in checks:
        files.setdefault(item.layout, {})[item.state] = item.files
    changed = [name for name, by in files.items() if by.get("before", 0) > by.get("after", 0) > 0]
    return Observation(
        len(wrong),
        f"of {asked} answers in {len(checks)} states; in {len(changed)} of {len(files)} layouts compaction had merged files"
        + (f"; {wrong}" if wrong else ""),
        conclusive=bool(wrong) or len(changed) == len(files),
    )


def round_trip_honest(params: Params, probes: Probes) -> Observation:
    added = probes.round_trip_s
    return Observation(
        abs(added / params.rtt_s - 1),
        f"{added * 1e3:.1f} ms added of {params.rtt_ms:g} ms stated; without the link "
        f"{median(probes.direct_s) * 1e3:.1f} ms",
    )
