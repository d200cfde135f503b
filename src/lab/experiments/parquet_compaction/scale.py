"""How large files, how often compacted, when a listing is too slow: the law and its check inside the run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Law, Metric, Prediction, Result
from lab.experiments.parquet_compaction.findings import OPENING_SHARE, Findings, findings
from lab.experiments.parquet_compaction.observations import held_out
from lab.experiments.parquet_compaction.params import HELD_OUT

FACTORS = (1, 10, 100, 1000)
MANY = 1_000_000
PAGE = 1_000  # objects in one answer to LIST, at most: Amazon S3 API, ListObjectsV2, MaxKeys
COMMIT_S = 1.0  # a commit that takes longer is felt by whoever streams into the dataset


def scale(treatment: Result, controls: Mapping[str, Result]) -> Law:
    """File size from the cost model, frequency from the ladder, planning from the log."""
    found = findings(treatment, controls)
    model, law = found.model, found.rhythm
    before = held_out(found.tables["predictions"]).loc["before"]
    return Law(
        statement=(
            "A query takes a fixed time, a time for each file that it opens and a time for the bytes that it reads. "
            "Opening costs round trips, which no bandwidth buys back, so files should be large enough that reading "
            "them takes much longer than opening them. Between two compactions small files pile up in proportion "
            "to the k micro-batches that pass, while the compaction's own fixed cost is shared by them: the "
            "optimum is where waiting longer costs as much as it saves: with four times the query rate q, at half the k."
        ),
        formula=(
            r"\begin{gathered} T = t_0 + n\,t_{open} + \frac{B}{b} \\"
            rf"s \ge {1 / OPENING_SHARE - 1:.0f}\; t_{{open}}\, b \\"
            r"k^{*} = \sqrt{\frac{A}{q\, g}} \end{gathered}"
        ),
        constants=[
            Metric("fixed", model.fixed_s * 1e3, "ms", "t₀, of a query"),
            Metric("open", model.open_s * 1e3, "ms/file", "t_open"),
            Metric("bandwidth", model.bandwidth / 1e6, "MB/s", "b, data moved and decoded"),
            Metric(
                "size",
                found.file_bytes / 1e6,
                "MB",
                f"s, opening takes {OPENING_SHARE:.0%} ({_interval(found)})",
            ),
            Metric("compaction", law.compact_s * 1e3, "ms", "A, fixed part of a compaction"),
            Metric("growth", law.growth_s * 1e3, "ms", "g, added to a query by each micro-batch of waiting"),
        ],
        check=Prediction(
            f"average query of the layout {HELD_OUT}, which was not fitted, before compaction",
            float(before["predicted"]),
            float(before["seconds"]),
            "s",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(treatment, found),
    )


def _interval(found: Findings) -> str:
    low, high = (size / 1e6 for size in found.file_bytes_interval)
    return f"95 % interval {low:,.0f} to {high:,.0f} MB, cells resampled"


def _row(found: Findings, factor: int) -> dict[str, object]:
    stored = found.tables["layouts"].set_index("layout").loc["date"]
    size, model = stored.bytes_after * factor, found.model
    small, large = int(stored.files_before * factor), math.ceil(size / found.file_bytes)
    read = found.read("full scan", "date") * factor
    return {
        "factor": factor,
        "log, MB": size / 1e6,
        "files, never compacted": small,
        "full scan of them, s": float(model.predict(small, read)),
        f"files of {found.file_bytes / 1e6:.0f} MB": large,
        "full scan of these, s": float(model.predict(large, read)),
        "compact every … micro-batches at so many times the queries": _every(found, factor),
    }


def _every(found: Findings, factor: int) -> str:
    best = found.rhythm.best(found.params.queries_per_batch * factor)
    return f"{best:,.0f}" if math.isfinite(best) else "never"


def _advice(treatment: Result, found: Findings) -> list[str]:
    model, law, queries = found.model, found.rhythm, found.params.queries_per_batch
    entry, parse_s = treatment.metric("manifest_bytes").value, treatment.metric("manifest_us").value / 1e6
    listing = math.ceil(MANY / PAGE) * treatment.metric("list").value
    planning = MANY * (parse_s + entry * model.s_per_byte)
    per_commit = float(f"{COMMIT_S * model.bandwidth / entry:.2g}")
    return [
        f"Write files of at least {found.file_bytes / 1e6:,.0f} MB at a round trip of {found.params.rtt_ms:g} ms and the "
        f"{model.bandwidth / 1e6:,.0f} MB/s of this machine. The size grows with both: an engine that reads ten times as "
        f"fast needs {found.file_bytes / 1e5:,.0f} MB.",
        f"With {found.load}, compact every {law.best(queries):,.0f} micro-batches; with a hundred "
        f"times the queries, every {law.best(100 * queries):,.0f}. From {law.compact_s / law.growth_s:,.0f} queries per "
        f"micro-batch on, compact after each one, or write larger micro-batches."
        if law.growth_s
        else "Small files cost nothing measurable here: there is nothing to gain from compaction.",
        f"At a million files a listing takes {math.ceil(MANY / PAGE):,} LIST requests, one after the other: {listing:,.0f} s "
        f"before the first byte is read. A log that names the files takes {planning:,.1f} s to read and parse for as many, "
        f"and opening them takes {MANY * model.open_s / 3600:,.1f} hours: merge them first.",
        f"This experiment's log names every file in every version, {entry:,.0f} bytes each. From about "
        f"{per_commit:,.0f} files on a commit would take longer than {COMMIT_S:g} s: then use a table format "
        f"(Iceberg, Delta Lake), whose metadata are written in increments and hold minima and maxima, so that a "
        f"planner can skip most of them.",
        f"On the local disk a file costs {found.disk.open_s * 1e3:.2g} ms instead of {model.open_s * 1e3:.2g} ms, and "
        f"compaction makes the average query {found.gain('disk'):.1f} times as fast, against {found.gain('store'):.1f} times "
        f"over the link: never judge a layout for an object store by a laptop's disk.",
    ]
