"""From what was seen to observations and metrics: pure, so that it can be tested without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.evidence.statistics import rule_of_three
from lab.experiments.parquet_compaction import aggregate, metrics
from lab.experiments.parquet_compaction.answers import TpchCheck
from lab.experiments.parquet_compaction.checks import check_readings, check_survey
from lab.experiments.parquet_compaction.crash import Kill
from lab.experiments.parquet_compaction.criteria import ERROR_LIMIT, FIT_LIMIT, RATIO_LIMIT
from lab.experiments.parquet_compaction.params import HELD_OUT, Params
from lab.experiments.parquet_compaction.probes import Probes
from lab.experiments.parquet_compaction.readers import Watch
from lab.experiments.parquet_compaction.timing import Timing

if TYPE_CHECKING:
    from lab.experiments.parquet_compaction.experiment import Seen


def result(params: Params, seen: Seen, versions: Mapping[str, str], whole: bool = True) -> Result:
    """What follows from a run. whole: the datasets hold the whole log, so that the known answers apply."""
    observed: dict[str, Observation] = {}
    tables = metrics.tables(params, seen)
    if seen.timings:
        observed |= timed(params, tables, seen, whole)
    if seen.answers:
        observed["tpch_unchanged"] = tpch_unchanged(seen.answers)
    if seen.watch:
        observed["reader_sees_whole"] = reader_sees_whole(seen.watch)
    if seen.kills:
        observed |= killed(params, seen.kills)
    if seen.probes:
        observed["round_trip_honest"] = round_trip_honest(params, seen.probes)
    if seen.rungs:
        observed["write_overhead"] = write_overhead(tables["frequency"])
    made: Sequence[Metric] = metrics.metrics(params, seen, tables)
    return Result(params, observed, made, tables, versions)


def timed(
    params: Params, tables: Mapping[str, pd.DataFrame], seen: Seen, whole: bool
) -> dict[str, Observation]:
    """What the timings tell."""
    observed = {
        "query_time_improves": query_time_improves(tables["timings"]),
        "caches_cold": caches_cold(tables["timings"]),
    }
    if whole and not set(seen.work.truth).isdisjoint(item.query for item in seen.timings):
        observed["answers_right"] = answers_right(seen.timings, seen.work.truth)
    if "predictions" in tables:
        observed |= modelled(tables, repeated=params.repeats > 1)
    return observed


def query_time_improves(timings: pd.DataFrame) -> Observation:
    """The smallest ratio of average query times, over the link.

    interval: that ratio if each query took its longest time after compaction and its least before, and the
    other way round. If the limit lies between the two, the run was too noisy to tell.
    """
    stored = timings[timings["place"] == aggregate.STORE]
    least, longest = (_by_state(stored, how) for how in ("min", "max"))
    ratios = least["before"] / least["after"]
    worst = str(ratios.idxmin())
    quick, slow = (table.loc[worst].to_dict() for table in (least, longest))
    before, after = quick["before"], quick["after"]
    low, high = before / slow["after"], slow["before"] / after
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
    """Average query time by layout (rows) and state, each query's least or longest time taken."""
    cells = timings.groupby(["layout", "query", "state"], sort=False)["seconds"].agg(how)
    return cells.groupby(["layout", "state"], sort=False).mean().unstack("state")


def caches_cold(timings: pd.DataFrame) -> Observation:
    """Cold means: over the link one HEAD at least for each file; on the disk, bytes that the kernel had to fetch."""
    linked, local = (timings[timings["place"] == place] for place in (aggregate.STORE, aggregate.DISK))
    warm = int((linked["head"] < linked["files"]).sum()) + int((local["bytes"] == 0).sum())
    detail = f"of {len(timings)}; {int(linked['head'].sum()):,} HEADs for {int(linked['files'].sum()):,} files over the link"
    if len(local):
        detail += f"; {local['bytes'].sum() / 1e6:,.0f} MB fetched from the disk"
        if not local["bytes"].any():
            detail += " (is the temporary folder in memory? set TMPDIR to one on a disk)"
    return Observation(warm, detail)


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
    asked = sum(item.asked for item in checks)
    wrong = [(item.layout, item.state, number) for item in checks for number in item.wrong]
    return Observation(
        len(wrong), f"of {asked} answers in {len(checks)} states" + (f"; {wrong}" if wrong else "")
    )


def reader_sees_whole(watch: Watch) -> Observation:
    """Readings that never were a state of the dataset; if there are none, with the rule of three."""
    kinds = check_readings(watch.readings, watch.batch_rows)
    total, torn = len(watch.readings), len(watch.readings) - kinds["whole"]
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    detail = f"{said}; {watch.overlapping} of {total} while one of {len(watch.compactions)} compactions ran"
    interval = None
    if not torn and total:
        interval = (0.0, rule_of_three(total) * total)
        detail += f"; so at most {rule_of_three(total):.1%} of readings at 95 %"
    return Observation(torn, detail, interval, conclusive=bool(watch.overlapping))


def killed(params: Params, kills: Sequence[Kill]) -> dict[str, Observation]:
    """What is left after each kill, and after the next compaction."""
    rows = params.batch_rows * kills[0].batches
    wrong = [fault for kill in kills for fault in check_survey(kill.left, rows)]
    unhealed = [
        kill
        for kill in kills
        if check_survey(kill.mended, rows) or kill.stray or kill.mended.files != kill.partitions
    ]
    early = sum(not kill.committed for kill in kills)
    detail = (
        f"of {len(kills)}, {early} killed before their commit; "
        f"{sum(kill.orphans for kill in kills)} orphaned files were left in the store"
    )
    conclusive = early > 0
    return {
        "crash_loses_nothing": Observation(
            len(wrong), detail + (f"; {wrong}" if wrong else ""), conclusive=conclusive
        ),
        "second_run_heals": Observation(len(unhealed), f"of {len(kills)}", conclusive=conclusive),
    }


def round_trip_honest(params: Params, probes: Probes) -> Observation:
    added = probes.round_trip_s
    return Observation(
        abs(added / params.rtt_s - 1),
        f"{added * 1e3:.1f} ms added of {params.rtt_ms:g} ms stated; without the link "
        f"{median(probes.direct_s) * 1e3:.1f} ms",
    )


def write_overhead(frequency: pd.DataFrame) -> Observation:
    """Write amplification where query time and compaction together take least."""
    best = frequency.loc[frequency["total_s"].idxmin()]
    return Observation(
        float(best["amplification"]),
        f"every {best['every']:.0f} micro-batches, the frequency with the least total; over the ladder "
        f"{frequency['amplification'].min():.2f} to {frequency['amplification'].max():.2f}",
    )
