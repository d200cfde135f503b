"""What was seen, held against the criteria: a function for each."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.warehouse_bench.criteria import MODEL_LIMIT
from lab.experiments.warehouse_bench.judge import ranking
from lab.experiments.warehouse_bench.judge.linear_model import METHOD, Growth
from lab.experiments.warehouse_bench.judge.ranking import CONTRADICTION, ORDERED, TIE, UNCLEAR
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.mechanism.bench import MOST
from lab.experiments.warehouse_bench.mechanism.engine import Resources
from lab.experiments.warehouse_bench.oracle import execution_plan
from lab.experiments.warehouse_bench.params import Params
from lab.load import interleave

CORES = os.cpu_count() or 1
NEAR = 0.05  # a heap is rounded to whole regions
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
    detail = (
        f"{len(wanted):,} planned, {params.repeats} rounds after a first; {len(seen.timings):,} made, as what takes "
        f"milliseconds runs up to {MOST} times in a round; {len(seen.answers):,} answers compared"
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
        detail += f"; first: {row['engine_one']} / {row['engine_other']}, {row['format']}, " + ", ".join(
            f"{row[half]:.3g} {half}" for half in ranking.HALVES
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
        f"{worst['engine_one']} / {worst['engine_other']}: "
        + ", ".join(f"{worst[half]:.3g} in {half}" for half in ranking.HALVES)
        + " rounds",
    )


def same_bytes(seen: Seen) -> Observation:
    """Files behind the tables that are not the ones written once."""
    return Observation(seen.differing_files, f"{len(seen.lake.tables)} tables in each format")


def bytes_were_read(seen: Seen, timings: pd.DataFrame) -> Observation:
    """Executions that read less than a hundredth of their tables' bytes, or of which nobody knows what they read."""
    stored = {
        (size, query): held
        for query in timings["query"].unique()
        for size, held in seen.stored([int(query)]).items()
    }
    keys = zip(timings["scale_factor"], timings["query"], strict=True)
    shares = timings["read_bytes"] / [stored[key] for key in keys]
    return Observation(
        int((~(shares >= LEAST_SHARE)).sum()), f"least share read by one execution: {shares.min():.1%}"
    )


def equal_means(params: Params, seen: Seen) -> Observation:
    """Engines with other cores or memory than declared."""
    wrong = _unequal(seen.resources, CORES, params.memory_mb)
    told = ", ".join(
        f"{name} {one.threads} threads and {one.memory_mb:,.0f} MiB" for name, one in seen.resources.items()
    )
    return Observation(len(wrong), "; ".join([told, *wrong]))


def interleaved(timings: pd.DataFrame) -> Observation:
    """How well engines and datasets took turns."""
    share = _mixed(timings)
    if share != share:
        return Observation(share, "one engine and dataset only: nothing to mix", conclusive=False)
    return Observation(
        share, f"over {len(timings):,} executions, by engine and by dataset; the smaller share"
    )


def model(growth: Mapping[str, Growth]) -> Observation:
    """The engine whose line is farthest off at the size that no line was fitted to."""
    worst = max(growth.values(), key=lambda own: abs(own.line.error))
    told = ", ".join(f"{name} {own.line.error:+.0%}" for name, own in growth.items())
    low, high = worst.error
    detail = f"error at the largest scale factor: {told}"
    if unclear := low <= MODEL_LIMIT <= high:
        detail += (
            f"; of {worst.line.engine} between {low:.0%} and {high:.0%}, {METHOD}: the limit lies within"
        )
    return Observation(abs(worst.line.error), detail, interval=(low, high), conclusive=not unclear)


def _unequal(found: Mapping[str, Resources], cores: int, memory_mb: int) -> list[str]:
    """In words, each engine of this machine that has other resources than were declared, or processes that nobody counts."""
    wrong = []
    for name, told in found.items():
        if not told.here:
            continue
        if told.threads != cores:
            wrong.append(f"{name} uses {told.threads} of {cores} cores")
        if abs(told.memory_mb / memory_mb - 1) > NEAR:
            wrong.append(f"{name} has {told.memory_mb:.0f} MiB, not {memory_mb}")
        if told.processes_now > told.processes:
            wrong.append(f"{name} has {told.processes_now - told.processes} processes that are not counted")
    return wrong


def _mixed(timings: pd.DataFrame) -> float:
    """How well engines and datasets took turns, the worse of the two: see `lab.load.interleave.mixed`.

    timings: in the order in which they were taken. NaN if there is only one engine and dataset.
    """
    shares = [
        interleave.mixed(list(zip(timings["round"], timings[key], strict=True)))
        for key in ("engine", "dataset")
    ]
    return float(min((share for share in shares if share == share), default=float("nan")))
