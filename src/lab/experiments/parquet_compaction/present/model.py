"""How large files, how often compacted, when a listing is too slow: the law and its check inside the run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Metric, Model, Prediction, Result
from lab.experiments.parquet_compaction.judge.cost_model import held_out
from lab.experiments.parquet_compaction.judge.metadata_cost import PAGE
from lab.experiments.parquet_compaction.params import HELD_OUT
from lab.experiments.parquet_compaction.present.findings import OPENING_SHARE, Findings, findings

MANY = 1_000_000
COMMIT_S = 1.0  # a commit that takes longer is felt by whoever streams into the dataset


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """File size from the cost model, frequency from the ladder, planning from the log."""
    found = findings(treatment, controls)
    before = held_out(found.tables["predictions"]).loc["before"]
    return Model(
        statement=(
            "A query takes a fixed time, a time for each file that it opens and a time for the bytes that it reads. "
            "Opening costs round trips, which no bandwidth buys back, so files should be large enough that reading "
            "them takes much longer than opening them. Between two compactions small files pile up in proportion "
            "to the k micro-batches that pass, while the compaction's own fixed cost is shared by them: the "
            "optimum is where waiting longer costs as much as it saves: with four times the query rate q, at half the k. "
            "A commit writes and reads an entry for each of the N files that the log names, so it grows with them."
        ),
        formula=(
            r"\begin{gathered} T = t_0 + n\,t_{open} + \frac{B}{b} \\"
            rf"s \ge {1 / OPENING_SHARE - 1:.0f}\; t_{{open}}\, b \\"
            r"k^{*} = \sqrt{\frac{A}{q\, g}} \\ C = c_0 + c\,N \end{gathered}"
        ),
        constants=_constants(found),
        check=Prediction(
            f"average query of the layout {HELD_OUT}, which was not fitted, before compaction",
            float(before["predicted"]),
            float(before["seconds"]),
            "s",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
    )


def _constants(found: Findings) -> list[Metric]:
    model, law, commit = found.model, found.frequency_law, found.commit.line
    low, high = found.file_bytes_interval
    size = f"s, opening takes {OPENING_SHARE:.0%} ({_between(low / 1e6, high / 1e6)}, cells resampled)"
    return [
        Metric("fixed", model.fixed_s * 1e3, "ms", "t₀, of a query"),
        Metric("open", model.open_s * 1e3, "ms/file", "t_open"),
        Metric("bandwidth", model.bandwidth / 1e6, "MB/s", "b, data moved and decoded"),
        Metric("size", found.file_bytes / 1e6, "MB", size),
        Metric("compaction", law.compact_s * 1e3, "ms", "A, fixed part of a compaction"),
        Metric("growth", law.growth_s * 1e3, "ms", "g, added to a query by each micro-batch of waiting"),
        Metric("commit_fixed", commit.fixed * 1e3, "ms", "c₀, of a commit"),
        Metric("commit_each", commit.each * 1e6, "µs/file", "c, of each file that the log names"),
    ]


def _between(low: float, high: float, digits: int = 0) -> str:
    return f"95 % interval {low:,.{digits}f} to {high:,.{digits}f}"


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
        "a commit to a log that names them, s": found.commit.line.at(small),
        f"files of {found.file_bytes / 1e6:.0f} MB": large,
        "full scan of these, s": float(model.predict(large, read)),
        "compact every … micro-batches at so many times the queries": _every(found, factor),
    }


def _every(found: Findings, factor: int) -> str:
    best, (low, high) = found.every(found.params.queries_per_batch * factor)
    return f"{_count(best)} ({_count(low)} to {_count(high)})"


def _count(every: float) -> str:
    return f"{every:,.0f}" if math.isfinite(every) else "never"


def _advice(found: Findings) -> list[str]:
    model = found.model
    low, high = found.file_bytes_interval
    return [
        f"Write files of at least {found.file_bytes / 1e6:,.0f} MB ({_between(low / 1e6, high / 1e6)}) at a round trip of "
        f"{found.params.rtt_ms:g} ms and the {model.bandwidth / 1e6:,.0f} MB/s of this machine. The size grows with both: an "
        f"engine that reads ten times as fast needs {found.file_bytes / 1e5:,.0f} MB.",
        _frequency(found),
        _planner(found),
        _log(found),
        f"On the local disk a file costs {found.disk.open_s * 1e3:.2g} ms instead of {model.open_s * 1e3:.2g} ms, and "
        f"compaction makes the average query {found.gain('disk'):.1f} times as fast, against {found.gain('store'):.1f} times "
        f"over the link: never judge a layout for an object store by a laptop's disk.",
    ]


def _frequency(found: Findings) -> str:
    law = found.frequency_law
    if not law.growth_s:
        return "Small files cost nothing measurable here: there is nothing to gain from compaction."
    return (
        f"With {found.load}, compact every {_every(found, 1)} micro-batches (in brackets the 95 % interval); with a hundred "
        f"times the queries, every {_every(found, 100)}. From {law.compact_s / law.growth_s:,.0f} queries per micro-batch "
        f"on, compact after each one, or write larger micro-batches."
        + (
            f" The ladder is flat near its best: noise does not tell it from every {found.near}."
            if found.near
            else ""
        )
    )


def _planner(found: Findings) -> str:
    listing, (least, most) = found.listing(MANY)
    planning, (low, high) = found.plan.seconds(MANY)
    return (
        f"At a million files a listing takes {math.ceil(MANY / PAGE):,} LIST requests, one after the other: {listing:,.0f} s "
        f"({least:,.0f} to {most:,.0f} by the quickest and the slowest measured) before the first byte is read. A log that names "
        f"the files takes {planning:,.1f} s to read and plan over ({_between(low, high, 1)}, extrapolated from "
        f"{found.plan.held['files'].max():,.0f} files and fewer), and opening them takes "
        f"{MANY * found.model.open_s / 3600:,.1f} hours: merge them first."
    )


def _log(found: Findings) -> str:
    files, (low, high) = found.commit.files(COMMIT_S)
    return (
        f"This experiment's log names every file in every version. To parse and to write them again takes a commit "
        f"{found.commit.line.each * 1e6:,.0f} µs for each, so from about {float(f'{files:.2g}'):,.0f} files on "
        f"({_between(float(f'{low:.2g}'), float(f'{high:.2g}'))}) it takes longer than {COMMIT_S:g} s: then use a table "
        f"format (Iceberg, Delta Lake), whose metadata are written in increments and hold minima and maxima, so that a "
        f"planner can skip most of them."
    )
