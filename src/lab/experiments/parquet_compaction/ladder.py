"""From the ladder of frequencies to tables, and how much of what they say is noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.experiments.parquet_compaction.cost import Model
from lab.experiments.parquet_compaction.frequency import Rung

RESAMPLES = 400


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
