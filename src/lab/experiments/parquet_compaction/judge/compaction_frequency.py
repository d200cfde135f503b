"""How often to compact: tables of the frequencies measured, how much of them is noise, the law behind them and its optimum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lab.evidence.criteria import Observation
from lab.evidence.fit import RESAMPLES, line
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.measure.compaction_frequency import Rung
from lab.experiments.parquet_compaction.mechanism.cost_model import Model


def tables(rungs: Sequence[Rung], model: Model, queries: float) -> dict[str, pd.DataFrame]:
    """The three tables below, by name. queries: during one micro-batch's interval."""
    looks, compactions = looks_table(rungs, model), compactions_table(rungs)
    frequency = frequency_table(rungs, looks, compactions, queries)
    return {"frequency": frequency, "looks": looks, "compactions": compactions}


def looks_table(rungs: Sequence[Rung], model: Model) -> pd.DataFrame:
    """The queries timed while the log grew, beside the model's word for them."""
    rows = [
        {
            "every": rung.every,
            "batch": look.batch,
            "files": look.files,
            "seconds": look.seconds,
            "predicted": float(model.predict(look.files, look.read_bytes)),
        }
        for rung in rungs
        for look in rung.looks
    ]
    return pd.DataFrame(rows)


def compactions_table(rungs: Sequence[Rung]) -> pd.DataFrame:
    """Every compaction of the ladder: frequency, files that it merged, bytes that it wrote, seconds."""
    rows = [
        {
            "every": rung.every,
            "merged": len(
                {file.path for file in done.before.files} - {file.path for file in done.after.files}
            ),
            "written": done.bytes_written,
            "seconds": done.seconds,
        }
        for rung in rungs
        for done in rung.compactions
    ]
    return pd.DataFrame(rows)


def frequency_table(
    rungs: Sequence[Rung], looks: pd.DataFrame, compactions: pd.DataFrame, queries: float
) -> pd.DataFrame:
    """One row per frequency: write amplification, mean files, measured seconds of a query and per micro-batch.

    ..._low, ..._high: 95 % interval, by `resampled`.
    """
    rows = [
        {
            "every": rung.every,
            "amplification": rung.amplification,
            "mean_files": float(np.mean(rung.files)),
            "max_files": max(rung.files),
            "compactions": len(rung.compactions),
            "compaction_s": rung.compaction_s,
            "query_s": looks.loc[looks["every"] == rung.every, "seconds"].mean(),
        }
        for rung in rungs
    ]
    found = pd.DataFrame(rows)
    found["total_s"] = queries * found["query_s"] + found["compaction_s"]
    drawn = pd.concat(resampled(found, looks, compactions, queries))
    for name in ("query_s", "compaction_s", "total_s"):
        values = drawn.groupby("every", sort=False)[name]
        found[f"{name}_low"] = values.quantile(0.025).to_numpy()
        found[f"{name}_high"] = values.quantile(0.975).to_numpy()
    return found


def resampled(
    frequency: pd.DataFrame, looks: pd.DataFrame, compactions: pd.DataFrame, queries: float
) -> list[pd.DataFrame]:
    """The ladder as it might as well have come out: `RESAMPLES` times, drawn with replacement.

    Of queries, what the model leaves unexplained is drawn anew: the moments differ in files by design, which is no
    noise. Of compactions, their times.
    """
    random = np.random.default_rng(0)
    query, compaction = {}, {}
    for row in frequency.itertuples():
        own = looks[looks["every"] == row.every]
        left = (own["seconds"] - own["predicted"]).to_numpy()
        query[row.every] = row.query_s + _means(left, random) - left.mean()
        took = compactions.loc[compactions["every"] == row.every, "seconds"].to_numpy()
        compaction[row.every] = row.compaction_s / took.mean() * _means(took, random)
    drawn = []
    for place in range(RESAMPLES):
        table = frequency[["every"]].assign(
            query_s=[query[every][place] for every in frequency["every"]],
            compaction_s=[compaction[every][place] for every in frequency["every"]],
        )
        drawn.append(table.assign(total_s=queries * table["query_s"] + table["compaction_s"]))
    return drawn


def _means(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Means of `RESAMPLES` samples with replacement."""
    means: np.ndarray = random.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    return means


@dataclass(frozen=True)
class FrequencyLaw:
    """What a micro-batch costs if k of them pass between compactions, s.

    queries x (read_s + growth_s x k) + compact_s / k + rewrite_s: small files pile up in proportion to k, and a
    compaction's fixed part is shared by k micro-batches. rewrite_s: what each micro-batch's own bytes cost.
    """

    read_s: float
    growth_s: float
    compact_s: float
    rewrite_s: float

    def query_s(self, every: ArrayLike) -> NDArray[np.float64]:
        """Seconds of a query, on average over the micro-batches."""
        return self.read_s + self.growth_s * np.asarray(every, dtype=float)

    def compaction_s(self, every: ArrayLike) -> NDArray[np.float64]:
        """Seconds of compaction for each micro-batch."""
        return self.compact_s / np.asarray(every, dtype=float) + self.rewrite_s

    def total_s(self, every: ArrayLike, queries: float) -> NDArray[np.float64]:
        """Both, with `queries` queries during a micro-batch's interval."""
        return queries * self.query_s(every) + self.compaction_s(every)

    def best(self, queries: float) -> float:
        """k with the least total: sqrt(compact_s / (queries x growth_s)), at least 1."""
        if not self.growth_s:
            return math.inf
        return max(1.0, math.sqrt(self.compact_s / (queries * self.growth_s)))


def held_rung(ladder: Sequence[int]) -> int:
    """The frequency that the law is not fitted on, but has to predict: the middle one."""
    return sorted(ladder)[len(ladder) // 2]


def without_held(frequency: pd.DataFrame) -> pd.DataFrame:
    """The rungs that the law is fitted on."""
    return frequency[frequency["every"] != held_rung(frequency["every"].tolist())]


def frequency_law(frequency: pd.DataFrame) -> FrequencyLaw:
    """The law fitted on the rungs (columns every, query_s, compaction_s); no constant is negative."""
    every = frequency["every"].to_numpy(float)
    query = line(every, frequency["query_s"]).rising()
    compaction = line(1 / every, frequency["compaction_s"]).rising()
    return FrequencyLaw(query.fixed, query.each, compaction.each, compaction.fixed)


def write_overhead(frequency: pd.DataFrame) -> Observation:
    """Write amplification where query time and compaction together take least.

    interval: of the frequencies that might as well have come out best, by their totals' intervals.
    """
    best = frequency.loc[frequency["total_s"].idxmin()]
    near = frequency[frequency["total_s_low"] <= best["total_s_high"]]
    low, high = near["amplification"].min(), near["amplification"].max()
    others = ", ".join(str(every) for every in near["every"] if every != best["every"])
    return Observation(
        float(best["amplification"]),
        f"every {best['every']:.0f} micro-batches, the frequency with the least total"
        + (f"; not to be told from it: every {others}" if others else "")
        + f"; over the ladder {frequency['amplification'].min():.2f} to {frequency['amplification'].max():.2f}",
        (float(low), float(high)),
        conclusive=(low <= OVERHEAD_LIMIT) == (high <= OVERHEAD_LIMIT),
    )


def frequency_predicted(frequency: pd.DataFrame) -> Observation:
    """The law's word for the frequency that it was not fitted on; beside it, the error of the other rungs' mean."""
    fitted, held = without_held(frequency), held_rung(frequency["every"].tolist())
    row, law = frequency.set_index("every").loc[held], frequency_law(fitted)
    said = {"query_s": float(law.query_s(held)), "compaction_s": float(law.compaction_s(held))}
    errors = {name: abs(value / row[name] - 1) for name, value in said.items()}
    naive = {name: abs(fitted[name].mean() / row[name] - 1) for name in said}
    told = "; ".join(
        f"{text} {said[name] * 1e3:.0f} ms predicted, {row[name] * 1e3:.0f} ms measured ({errors[name]:.0%} off; the other "
        f"frequencies' mean {naive[name]:.0%})"
        for name, text in (("query_s", "query"), ("compaction_s", "compaction per micro-batch"))
    )
    return Observation(max(errors.values()), f"every {held} micro-batches: {told}")


def metrics(frequency: pd.DataFrame) -> list[Metric]:
    """Write amplification, query time and compaction time by frequency."""
    rows: Iterable[Any] = frequency.itertuples()
    found = []
    for row in rows:
        found.append(Metric(f"every_{row.every}.amplification", row.amplification, "", better="lower"))
        for name, text in (
            ("query_s", "of a full scan"),
            ("compaction_s", "per micro-batch"),
            ("total_s", "per micro-batch"),
        ):
            found.append(_seconds(row, name, text))
    return found


def _seconds(row: Any, name: str, text: str) -> Metric:
    ends = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
    return Metric(
        f"every_{row.every}.{name}",
        getattr(row, name),
        "s",
        text,
        interval=ends,
        method="bootstrap 95 %",
        better="lower",
    )
