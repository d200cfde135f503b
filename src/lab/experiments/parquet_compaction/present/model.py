"""How large files should be and how often compacted, at other sizes: the model and its check inside the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.parquet_compaction.measure.file_sizes import TIMES
from lab.experiments.parquet_compaction.mechanism.cost_model import ROUND_TRIPS_PER_FILE
from lab.experiments.parquet_compaction.present.findings import Findings, findings, megabytes

KEPT = 2  # round trips for each file of a reader that keeps its connections: footer, columns


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """File size from the cost model, interval from what was measured at several."""
    found = findings(treatment, controls)
    share = found.params.tolerance
    return Model(
        statement=(
            "A cold query takes a fixed time, a time for each file that it opens, which round trips decide, and a time for the "
            "bytes that it reads."
        ),
        formula=(
            r"\begin{gathered} T = t_0 + n\,t_{open} + \frac{B}{b} \\"
            rf"s \ge {1 / share - 1:.3g}\; t_{{open}}\, b \\ k^{{*}} = \sqrt{{\frac{{A}}{{q\, g}}}} \end{{gathered}}"
        ),
        constants=_constants(found),
        check=_check(found),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=_grades(found),
        checked_to=TIMES,
        changes_at=f"files of {_good(found):,.0f} MB at {found.params.rtt_ms:g} ms a round trip",
        advice=_advice(found),
    )


def _good(found: Findings) -> float:
    """MB of the smallest files that scan as fast as any."""
    return float(found.good_scan.file_bytes) / 1e6


def _constants(found: Findings) -> list[Metric]:
    model, interval = found.model, found.interval_model
    bandwidth = Metric("bandwidth", model.bandwidth / 1e6, "MB/s", "b, data moved and decoded")
    size = f"s, opening takes {found.params.tolerance:.0%} (our threshold)"
    said = megabytes(found.file_bytes, found.file_bytes_interval)
    sizes = Metric("size", found.file_bytes / 1e6, "MB", f"{size}: {said}")
    return [
        Metric("fixed", model.fixed_s * 1e3, "ms", "t₀, of a query"),
        Metric("open", model.open_s * 1e3, "ms/file", "t_open"),
        *([bandwidth, sizes] if math.isfinite(model.bandwidth) else []),
        Metric("compaction", interval.compact_s * 1e3, "ms", "A, fixed part of a compaction"),
        Metric("growth", interval.growth_s * 1e3, "ms", "g, added to a query by each micro-batch of waiting"),
    ]


def _check(found: Findings) -> Prediction:
    """The scan that the model misses most."""
    scans = found.scans
    row: Any = scans.loc[(scans["predicted"] / scans["seconds"] - 1).abs().idxmax()]
    return Prediction(
        f"full scan of {found.scan_bytes / 1e6:,.0f} MB in {row.files} files, fitted on scans of a fourth of it at most; the "
        f"largest error of {len(scans)} sizes of file",
        float(row.predicted),
        float(row.seconds),
        "s",
        "larger_scan_predicted",
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    stored = found.tables["layouts"].set_index("layout").loc["date"]
    size, model = stored.bytes_after * factor, found.model
    small, large = int(stored.files_before * factor), math.ceil(size / found.good_scan.file_bytes)
    read = found.read("full scan", "date") * factor
    return {
        "factor": factor,
        "log, MB": size / 1e6,
        "files, never compacted": small,
        "full scan of them, s": float(model.predict(small, read)),
        f"files of {_good(found):.0f} MB": large,
        "full scan of these, s": float(model.predict(large, read)),
    }


def _grades(found: Findings) -> dict[str, Any]:
    return {name: "measured" if name.endswith(", s") else "arithmetic" for name in list(_row(found, 1))[1:]}


def _tried(found: Findings) -> str:
    return ", ".join(f"{size / 1e6:,.0f}" for size in found.scans["file_bytes"])


def _advice(found: Findings) -> list[Advice]:
    first, again = found.visits("first"), found.visits("again")
    kept = KEPT / ROUND_TRIPS_PER_FILE
    low, high = found.file_bytes_interval
    best, (soonest, latest) = found.optimum
    return [
        Advice(
            f"Write files of {_good(found):,.0f} MB or more at a round trip of {found.params.rtt_ms:g} ms and "
            f"{ROUND_TRIPS_PER_FILE} of them a file; {_tried(found)} MB were tried. A scan of {found.params.tolerance:.0%} more "
            f"than the quickest counts as good (our threshold, parameter tolerance).",
            "measured",
        ),
        Advice(
            f"A reader that keeps its connections and needs {KEPT} round trips a file in place of "
            f"{ROUND_TRIPS_PER_FILE} is served by {megabytes(found.file_bytes * kept, (low * kept, high * kept))}; "
            f"one that decodes ten times as fast needs files ten times as large.",
            "simulated",
            "the cost model, with opening in proportion to round trips; no such reader was timed at several sizes",
        ),
        Advice(
            f"With DuckDB's caches as they ship the first visit takes {first.trips / first.files:.1f} round trips a file and "
            f"{first.seconds:.2f} s, the next one in the same session {again.trips / again.files:.1f} and {again.seconds:.2f} s: "
            f"file size matters most to readers that come once.",
            "measured",
        ),
        Advice(
            "With four times the queries compact twice as often: the best interval goes with the root of the query rate."
            if math.isfinite(best)
            else "Small files cost nothing measurable here: there is nothing to gain from compaction.",
            "extrapolated",
            f"one query rate was run; there the model's best interval is {best:.1f} (95 % interval {soonest:.1f} to "
            f"{latest:.1f})",
        ),
        Advice(
            "Use a table format (Iceberg, Delta Lake) for what this experiment's log lacks: deletes, schema evolution, and "
            "statistics of each file by which a planner leaves files out without listing or opening them.",
            "arithmetic",
            "Apache Iceberg table specification, version 2; Delta Lake transaction log protocol",
        ),
    ]
