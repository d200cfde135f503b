"""What was seen, held against the criteria."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.warehouse_bench import interleave, lines, means, plan, ranking
from lab.experiments.warehouse_bench.bench import MOST
from lab.experiments.warehouse_bench.lake import Lake
from lab.experiments.warehouse_bench.means import Means
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.queries import tables_of
from lab.experiments.warehouse_bench.standing import CONTRADICTION, ORDERED, TIE, UNCLEAR

LEAST_SHARE = 0.01  # of the bytes of a query's tables


@dataclass(frozen=True)
class Found:
    """What a run gathered. differing_files: of the same-bytes comparison. seconds: the run took, all included."""

    timings: pd.DataFrame
    answers: pd.DataFrame
    lake: Lake
    starts: pd.DataFrame
    differing_files: int
    means: Mapping[str, Means]
    seconds: float

    @property
    def stored(self) -> dict[float, int]:
        """Bytes of the tables by scale factor."""
        return {size: files.total_bytes for size, files in self.lake.files.items()}


def answers(compared: pd.DataFrame) -> Observation:
    """Values that differ from the published ones."""
    differing = int(compared["differing"].sum())
    detail = f"{len(compared):,} answers, {compared['values'].sum():,} values compared"
    wrong = compared[compared["differing"] > 0]
    if len(wrong):
        first = wrong.iloc[0]
        detail += f"; first: {first['engine']}, {first['dataset']}, Q{first['query']}, {first['first']}"
    return Observation(differing, detail)


def nothing_left_out(params: Params, found: Found) -> Observation:
    """Against the plan: executions and comparisons that are missing, and executions that nobody asked for."""
    wanted = plan.expected(params)
    missing, surplus = plan.left_out(wanted, found.timings)
    unchecked, _ = plan.left_out(plan.answered(wanted), found.answers)
    wrong = [*sorted(missing), *sorted(surplus), *sorted(unchecked)]
    pairs = len({(engine, dataset) for engine, dataset, _, _ in wanted})
    detail = (
        f"{len(wanted):,} planned: {len(params.numbers)} queries on {pairs} pairs of engine and dataset, "
        f"{params.repeats} rounds after a first; {len(found.timings):,} made, as what takes milliseconds runs up to "
        f"{MOST} times in a round; {len(found.answers):,} answers compared"
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


def same_bytes(found: Found) -> Observation:
    """Files of the same-bytes comparison that are not the ones written once."""
    return Observation(found.differing_files, f"{len(found.lake.tables)} tables in each format")


def bytes_were_read(found: Found, timings: pd.DataFrame) -> Observation:
    """Executions that read less than a hundredth of their tables' bytes."""
    stored = {
        (size, query): sum(files.bytes[table] for table in tables_of([int(query)]))
        for size, files in found.lake.files.items()
        for query in timings["query"].unique()
    }
    keys = zip(timings["scale_factor"], timings["query"], strict=True)
    shares = timings["read_bytes"] / [stored[key] for key in keys]
    return Observation(
        int((shares < LEAST_SHARE).sum()), f"least share read by one execution: {shares.min():.1%}"
    )


def equal_means(params: Params, found: Found) -> Observation:
    """Engines with other cores or memory than declared."""
    wrong = means.unequal(found.means, os.cpu_count() or 1, params.memory_mb)
    told = ", ".join(
        f"{name} {one.threads} threads and {one.memory_mb:,.0f} MiB" for name, one in found.means.items()
    )
    return Observation(len(wrong), "; ".join([told, *wrong]))


def interleaved(timings: pd.DataFrame) -> Observation:
    """How well engines and datasets took turns."""
    share = interleave.mixed(timings)
    if share != share:
        return Observation(share, "one engine and dataset only: nothing to mix", conclusive=False)
    return Observation(
        share, f"over {len(timings):,} executions, by engine and by dataset; the smaller share"
    )


def law(fitted: Sequence[lines.Line]) -> Observation:
    """The worst line at the size that it was not fitted to."""
    worst = max(fitted, key=lambda line: abs(line.error))
    told = ", ".join(f"{line.engine} {line.error:+.0%}" for line in fitted)
    return Observation(abs(worst.error), f"error at the held-out scale factor: {told}")
