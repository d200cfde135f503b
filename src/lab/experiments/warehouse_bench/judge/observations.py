"""What was seen, held against the criteria: a function for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.warehouse_bench.judge import fairness, ranking
from lab.experiments.warehouse_bench.judge.linear_law import Line
from lab.experiments.warehouse_bench.judge.reproducibility import CONTRADICTION, ORDERED, TIE, UNCLEAR
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.mechanism.bench import MOST
from lab.experiments.warehouse_bench.oracle import execution_plan
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload.queries import tables_of

LEAST_SHARE = 0.01  # of the bytes of a query's tables


def answers(compared: pd.DataFrame) -> Observation:
    """Values that differ from the published ones."""
    differing = int(compared["differing"].sum())
    detail = f"{len(compared):,} answers, {compared['values'].sum():,} values compared"
    wrong = compared[compared["differing"] > 0]
    if len(wrong):
        first = wrong.iloc[0]
        detail += f"; first: {first['engine']}, {first['dataset']}, Q{first['query']}, {first['first']}"
    return Observation(differing, detail)


def nothing_left_out(params: Params, seen: Seen) -> Observation:
    """Against the plan: executions and comparisons that are missing, and executions that nobody asked for."""
    wanted = execution_plan.expected(params)
    missing, surplus = execution_plan.left_out(wanted, seen.timings)
    unchecked, _ = execution_plan.left_out(execution_plan.answered(wanted), seen.answers)
    wrong = [*sorted(missing), *sorted(surplus), *sorted(unchecked)]
    pairs = len({(engine, dataset) for engine, dataset, _, _ in wanted})
    detail = (
        f"{len(wanted):,} planned: {len(params.numbers)} queries on {pairs} pairs of engine and dataset, "
        f"{params.repeats} rounds after a first; {len(seen.timings):,} made, as what takes milliseconds runs up to "
        f"{MOST} times in a round; {len(seen.answers):,} answers compared"
    )
    if wrong:
        detail += f"; {len(missing)} missing, {len(surplus)} not planned, {len(unchecked)} not compared, first: {wrong[0]}"
    return Observation(len(missing) + len(surplus) + len(unchecked), detail)


def order(pairs: pd.DataFrame, rounds: int) -> Observation:
    """Pairs of engines whose halves contradict one another."""
    if pairs.empty:
        return Observation(0, "one engine only: nothing to rank", conclusive=False)
    many = pairs["standing"].value_counts()
    counts = ", ".join(f"{many.get(kind, 0)} {words}" for kind, words in _STANDINGS.items())
    contradicting = int(many.get(CONTRADICTION, 0))
    detail = f"{len(pairs)} pairs: {counts}"
    bad = pairs[pairs["standing"].isin([CONTRADICTION, UNCLEAR])]
    if len(bad):
        row = bad.iloc[0]
        detail += (
            f"; first: {row['engine_one']} / {row['engine_other']}, {row['layout_one']} {row['format_one']}, "
            + ", ".join(f"{row[half]:.3g} {half}" for half in ranking.HALVES)
        )
    if rounds < ranking.LEAST_ROUNDS:
        detail += f"; {rounds} rounds are too few to halve"
    told = int(many.get(UNCLEAR, 0)) < int(many.get(ORDERED, 0)) + int(many.get(TIE, 0))
    return Observation(
        contradicting, detail, conclusive=bool(contradicting or (told and rounds >= ranking.LEAST_ROUNDS))
    )


_STANDINGS = {
    ORDERED: "ordered",
    TIE: "tied",
    UNCLEAR: "unclear",
    CONTRADICTION: "contradicting",
}


def numbers(pairs: pd.DataFrame) -> Observation:
    """The ratio that differs most between two halves of the rounds."""
    if pairs.empty:
        return Observation(float("nan"), "one engine only", conclusive=False)
    worst = pairs.loc[pairs["factor"].idxmax()]
    return Observation(
        float(worst["factor"]),
        f"{worst['engine_one']} / {worst['engine_other']}, {worst['layout']} tables: "
        + ", ".join(f"{worst[half]:.3g} in {half}" for half in ranking.HALVES)
        + " rounds",
    )


def same_bytes(seen: Seen) -> Observation:
    """Files of the same-bytes comparison that are not the ones written once."""
    return Observation(seen.differing_files, f"{len(seen.lake.tables)} tables in each format")


def bytes_were_read(seen: Seen, timings: pd.DataFrame) -> Observation:
    """Executions that read less than a hundredth of their tables' bytes."""
    stored = {
        (size, query): sum(files.bytes[table] for table in tables_of([int(query)]))
        for size, files in seen.lake.files.items()
        for query in timings["query"].unique()
    }
    keys = zip(timings["scale_factor"], timings["query"], strict=True)
    shares = timings["read_bytes"] / [stored[key] for key in keys]
    return Observation(
        int((shares < LEAST_SHARE).sum()), f"least share read by one execution: {shares.min():.1%}"
    )


def equal_means(params: Params, seen: Seen) -> Observation:
    """Engines with other cores or memory than declared."""
    wrong = fairness.unequal(seen.resources, fairness.CORES, params.memory_mb)
    told = ", ".join(
        f"{name} {one.threads} threads and {one.memory_mb:,.0f} MiB" for name, one in seen.resources.items()
    )
    return Observation(len(wrong), "; ".join([told, *wrong]))


def interleaved(timings: pd.DataFrame) -> Observation:
    """How well engines and datasets took turns."""
    share = fairness.mixed(timings)
    if share != share:
        return Observation(share, "one engine and dataset only: nothing to mix", conclusive=False)
    return Observation(
        share, f"over {len(timings):,} executions, by engine and by dataset; the smaller share"
    )


def law(fitted: Sequence[Line]) -> Observation:
    """The worst line at the size that it was not fitted to."""
    worst = max(fitted, key=lambda line: abs(line.error))
    told = ", ".join(f"{line.engine} {line.error:+.0%}" for line in fitted)
    return Observation(abs(worst.error), f"error at the held-out scale factor: {told}")
