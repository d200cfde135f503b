"""How often to compact: what was measured at each interval, how much of it is noise, what the cost model says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import RESAMPLES
from lab.evidence.result import Metric
from lab.evidence.statistics import Interval
from lab.experiments.parquet_compaction.criteria import ERROR_LIMIT, OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.measure.compaction_interval import Ingestion
from lab.experiments.parquet_compaction.mechanism.compaction import Compaction
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.mechanism.layouts import Values
from lab.experiments.parquet_compaction.params import held_interval


def tables(ingestions: Sequence[Ingestion], model: Model, queries: float) -> dict[str, pd.DataFrame]:
    """intervals, looks, compactions, as below. queries: during one micro-batch's interval."""
    looks, compactions = looks_table(ingestions, model), compactions_table(ingestions)
    intervals = intervals_table(ingestions, looks, compactions, queries)
    return {"intervals": intervals, "looks": looks, "compactions": compactions}


def looks_table(ingestions: Sequence[Ingestion], model: Model) -> pd.DataFrame:
    """The queries timed while the log grew, beside the model's word for them."""
    rows = [
        (each.every, look.batch, look.files, look.seconds, float(model.predict(look.files, look.read_bytes)))
        for each in ingestions
        for look in each.looks
    ]
    return pd.DataFrame(rows, columns=["every", "batch", "files", "seconds", "predicted"])


def compactions_table(ingestions: Sequence[Ingestion]) -> pd.DataFrame:
    """Every compaction: interval, files that it merged, bytes that it wrote, seconds; predicted: by `compaction_model`."""
    rows = [
        (each.every, merged(done), done.bytes_written, done.seconds)
        for each in ingestions
        for done in each.compactions
    ]
    found = pd.DataFrame(rows, columns=["every", "merged", "written", "seconds"])
    return found.assign(predicted=compaction_model(found).predict(found["merged"], found["written"]))


def merged(done: Compaction) -> int:
    """How many files a compaction merged."""
    return len({file.path for file in done.before.files} - {file.path for file in done.after.files})


def intervals_table(
    ingestions: Sequence[Ingestion], looks: pd.DataFrame, compactions: pd.DataFrame, queries: float
) -> pd.DataFrame:
    """One row per interval: write amplification, mean files, measured seconds of a query and per micro-batch.

    ..._low, ..._high: 95 % interval, by `resampled`.
    """
    rows = [
        {
            "every": each.every,
            "amplification": each.amplification,
            "mean_files": float(np.mean(each.files)),
            "compaction_s": each.compaction_s,
            "query_s": looks.loc[looks["every"] == each.every, "seconds"].mean(),
        }
        for each in ingestions
    ]
    found = pd.DataFrame(rows)
    found["total_s"] = queries * found["query_s"] + found["compaction_s"]
    query, compaction = resampled(found, looks, compactions)
    drawn = {"query_s": query, "compaction_s": compaction, "total_s": queries * query + compaction}
    for name, draws in drawn.items():
        found[f"{name}_low"], found[f"{name}_high"] = np.quantile(draws, [0.025, 0.975], axis=1)
    return found


def resampled(
    intervals: pd.DataFrame, looks: pd.DataFrame, compactions: pd.DataFrame
) -> tuple[Values, Values]:
    """query_s and compaction_s as they might as well have come out: a row for each interval, a column for each draw.

    What the models leave unexplained is drawn anew, with replacement, from all intervals alike: one interval has too few
    queries and compactions to tell their spread, and those differ by design, which is no noise.
    """
    random = np.random.default_rng(0)
    return (
        _drawn(intervals["every"], intervals["query_s"], looks, random),
        _drawn(intervals["every"], intervals["compaction_s"], compactions, random),
    )


def _drawn(every: pd.Series, means: pd.Series, rows: pd.DataFrame, random: np.random.Generator) -> Values:
    """Each interval's mean times the mean of as many draws as it has `rows`."""
    left, counts = _unexplained(rows), rows["every"].value_counts()
    return np.array(
        [
            mean * random.choice(left, (RESAMPLES, counts[number])).mean(axis=1)
            for number, mean in zip(every, means, strict=True)
        ]
    )


def _unexplained(rows: pd.DataFrame) -> Values:
    """Measured over predicted, 1 on average."""
    ratio = (rows["seconds"] / rows["predicted"]).to_numpy()
    found: Values = ratio / ratio.mean()
    return found


def compaction_model(compactions: pd.DataFrame) -> Model:
    """Fixed time, time for each file that it merges and for each byte that it writes, of the other intervals' compactions."""
    rows = compactions[compactions["every"] != held_interval(compactions["every"].unique().tolist())]
    return fit(rows["merged"], rows["written"], rows["seconds"])


def write_overhead(intervals: pd.DataFrame) -> Observation:
    """Write amplification where query time and compaction together take least.

    interval: of the intervals that might as well have come out best, by their totals' intervals.
    """
    best = intervals.loc[intervals["total_s"].idxmin()]
    near = intervals[intervals["total_s_low"] <= best["total_s_high"]]
    low, high = near["amplification"].min(), near["amplification"].max()
    others = ", ".join(str(every) for every in near["every"] if every != best["every"])
    return Observation(
        float(best["amplification"]),
        f"every {best['every']:.0f} micro-batches, the interval with the least total"
        + (f"; not distinguishable from it: every {others}" if others else "")
        + f"; over the intervals {intervals['amplification'].min():.2f} to {intervals['amplification'].max():.2f}",
        (float(low), float(high)),
        conclusive=(low <= OVERHEAD_LIMIT) == (high <= OVERHEAD_LIMIT),
    )


def interval_predicted(looks: pd.DataFrame, compactions: pd.DataFrame) -> Observation:
    """The cost model's word for the queries at the held-out interval, and for its compactions; the larger error."""
    held, model = held_interval(looks["every"].unique().tolist()), compaction_model(compactions)
    query, compaction = _deviation(looks, held), _deviation(compactions, held)
    error, (low, high), _ = max(query, compaction)
    unclear = low <= ERROR_LIMIT <= high
    return Observation(
        error,
        f"every {held} micro-batches: query {query[2]}; compaction {compaction[2]}, by {model.fixed_s * 1e3:.0f} ms + files × "
        f"{model.open_s * 1e3:.1f} ms + bytes / {model.bandwidth / 1e6:.0f} MB/s"
        + (f"; between {low:.0%} and {high:.0%}, bootstrap 95 %: the limit lies within" if unclear else ""),
        (low, high),
        conclusive=not unclear,
    )


def _deviation(rows: pd.DataFrame, held: int) -> tuple[float, Interval, str]:
    """By how much the median prediction at an interval is off, its 95 % interval as by `resampled`, and it in words.

    The median, because what else the machine does makes one of a few measurements longer, never shorter.
    """
    ratios = rows["predicted"] / rows["seconds"]
    middle = ratios.groupby(rows["every"]).transform("median")
    noise = (ratios / middle).to_numpy()  # a whole interval that is off is no noise
    own, seen = rows[rows["every"] == held], float(middle[rows["every"] == held].iloc[0])
    draws = np.median(np.random.default_rng(0).choice(noise, (RESAMPLES, len(own))), axis=1)
    error = abs(seen - 1)
    low, high = np.quantile(abs(seen * draws - 1), [0.025, 0.975])
    predicted, measured = own[["predicted", "seconds"]].median()
    told = f"{predicted:.2f} s predicted, {measured:.2f} s measured (medians of {len(own)}; {error:.0%} off)"
    return error, (float(low), float(high)), told


def metrics(intervals: pd.DataFrame) -> list[Metric]:
    """Write amplification, query time and compaction time by interval."""
    rows: Iterable[Any] = intervals.itertuples()
    texts = {"query_s": "of a full scan", "compaction_s": "per micro-batch", "total_s": "per micro-batch"}
    found = []
    for row in rows:
        found.append(Metric(f"every_{row.every}.amplification", row.amplification, "", better="lower"))
        for part, text in texts.items():
            ends = (getattr(row, f"{part}_low"), getattr(row, f"{part}_high"))
            value, method = getattr(row, part), "bootstrap 95 %"
            name = f"every_{row.every}.{part}"
            found.append(Metric(name, value, "s", text, interval=ends, method=method, better="lower"))
    return found
