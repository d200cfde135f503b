"""How large files should be and how often compacted, at other sizes: the model and its check inside the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.calculator import Calculator
from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.parquet_compaction.measure.file_sizes import TIMES
from lab.experiments.parquet_compaction.measure.query_times import STORE
from lab.experiments.parquet_compaction.present.calculator import calculator
from lab.experiments.parquet_compaction.present.findings import Findings, findings, listed, megabytes, span
from lab.experiments.parquet_compaction.workload.event_log import FULL_SCAN


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """File size from the cost model, held against a scan larger than those that it was fitted on."""
    found = findings(treatment, controls)
    share = found.params.tolerance
    rows = pd.DataFrame([_row(found, factor) for factor in FACTORS])
    return Model(
        statement=(
            "A cold full scan takes a fixed time, a time for each file that it opens, which round trips decide, and a time for "
            "the bytes that it reads."
        ),
        formula=(
            r"\begin{gathered} T = t_0 + n\,t_{open} + \frac{B}{b} \\"
            rf"s \ge {1 / share - 1:.3g}\; t_{{open}}\, b \end{{gathered}}"
        ),
        constants=_constants(found),
        check=_check(found),
        projection=rows,
        grades={name: "measured" if name.endswith(", s") else "arithmetic" for name in rows.columns[1:]},
        checked_to=TIMES,
        changes_at=f"files of {_size(found):,.0f} MB at {found.round_trip_ms:.3g} ms a round trip and "
        f"{found.model.bandwidth / 1e6:,.0f} MB/s",
        advice=_advice(found),
        calculator=_own(found),
    )


def _size(found: Findings) -> float:
    """MB of the files that are advised: by the model, of the sizes that were tried where opening or bytes seem free."""
    sizes = found.scans["file_bytes"]
    return float(np.clip(found.file_bytes, sizes.min(), sizes.max())) / 1e6


def _constants(found: Findings) -> list[Metric]:
    model = found.model
    bandwidth = Metric("bandwidth", model.bandwidth / 1e6, "MB/s", "b, data moved and decoded")
    low, high = (end / 1e6 for end in found.file_bytes_interval)
    ends = f"{low:,.0f} to {high:,.0f}" if math.isfinite(high) else f"{low:,.0f} or more"
    size = f"s, opening takes {found.params.tolerance:.0%} (our threshold; 95 % interval {ends} MB)"
    sizes = Metric("size", found.file_bytes / 1e6, "MB", size)
    return [
        Metric("fixed", model.fixed_s * 1e3, "ms", "t₀, of a query"),
        Metric("open", model.open_s * 1e3, "ms/file", "tₒₚₑₙ, of a file"),
        *([bandwidth, sizes] if math.isfinite(model.bandwidth) else []),
    ]


def _check(found: Findings) -> Prediction:
    """The scan that the model misses most."""
    scans = found.scans
    row: Any = scans.loc[(scans["predicted"] / scans["seconds"] - 1).abs().idxmax()]
    return Prediction(
        f"full scan of {found.scan_bytes / 1e6:,.0f} MB in {row.files} files, fitted on scans of half of it at most; the "
        f"largest error of {len(scans)} sizes of file",
        float(row.predicted),
        float(row.seconds),
        "s",
        "larger_scan_predicted",
    )


def _own(found: Findings) -> Calculator:
    """A full scan of this run's log as it was written."""
    stored = found.layouts.set_index("layout").loc["date"]
    cells = found.tables["cells"].set_index(["place", "layout", "query", "state"])["bytes"]
    read = float(cells.loc[[(STORE, "date", FULL_SCAN, "after")]].sum())
    return calculator(found, int(stored.files_before), read / 1e6)


def _row(found: Findings, factor: int) -> dict[str, object]:
    own, good = _own(found), _size(found)
    size = float(found.layouts.set_index("layout").loc["date"].bytes_after) * factor
    read, small = own.inputs[0].value * factor, int(own.inputs[1].value) * factor
    large = math.ceil(size / (good * 1e6))
    return {
        "factor": factor,
        "log, MB": size / 1e6,
        "files, never compacted": small,
        "full scan of them, s": own.answers(files=small, size=read)["scan"],
        f"files of {good:.0f} MB": large,
        "full scan of these, s": own.answers(files=large, size=read)["scan"],
    }


def _advice(found: Findings) -> list[Advice]:
    first, again = found.visits("first"), found.visits("again")
    ends = {times: found.best_at(times) for times in (1, 4, 16)}
    best = {times: span(both) for times, both in ends.items()}
    apart = ends[16][1] < ends[1][0]  # else their noise hides any direction
    return [
        Advice(
            f"Write files of at least {megabytes(found.file_bytes, found.file_bytes_interval)} at a round trip of "
            f"{found.round_trip_ms:.3g} ms, {found.trips:.0f} of them a file and {found.model.bandwidth / 1e6:,.0f} MB/s: "
            f"opening then takes {found.params.tolerance:.0%} (our threshold, parameter tolerance). Opening a file takes as long "
            f"as {found.open_bytes / 1e6:.2g} MB of it; Iceberg's planner reckons with 4 MB.",
            "simulated",
            f"the cost model, held against files of {listed(found.told_sizes)} MB",
        ),
        Advice(
            f"With DuckDB's file cache as it ships the first visit takes {first.trips / first.files:.1f} round trips a file and "
            f"{first.seconds:.2f} s, the next one in the same session {again.trips / again.files:.1f} and {again.seconds:.2f} s: "
            f"file size matters most to readers that come once.",
            "measured",
        ),
        Advice(
            f"{'The more a dataset is queried, the sooner compact it' if apart else 'Compact by the rate of your queries'}: "
            f"least in all took {best[1]} micro-batches at {found.load}; by the same times it would be {best[4]} at four and "
            f"{best[16]} at sixteen times as many{'' if apart else ', too near each other to tell them apart'}.",
            "extrapolated",
            "to sixteen times the query rate that was run, by the times measured at each interval; 95 % intervals of their noise",
        ),
        Advice(
            "Use a table format (Iceberg, Delta Lake) for what this experiment's log lacks: deletes, schema evolution, and "
            "statistics of each file by which a planner leaves files out without listing or opening them.",
            "arithmetic",
            "Apache Iceberg table specification, version 2; Delta Lake transaction log protocol",
        ),
    ]
