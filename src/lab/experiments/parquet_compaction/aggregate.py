"""From single timings to tables: one row per cell, one per layout, one per frequency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from lab.experiments.parquet_compaction.compaction import FULL
from lab.experiments.parquet_compaction.cost import Model, fit
from lab.experiments.parquet_compaction.datasets import Dataset
from lab.experiments.parquet_compaction.frequency import Rung
from lab.experiments.parquet_compaction.params import HELD_OUT
from lab.experiments.parquet_compaction.sizes import Sized
from lab.experiments.parquet_compaction.timing import Timing

CELL = ["place", "layout", "query", "state"]
STORE, DISK = "store", "disk"


def timings_table(timings: Sequence[Timing]) -> pd.DataFrame:
    """One row per timed query: place, layout, query, state, files, seconds, requests of each kind, bytes read."""
    return pd.DataFrame(
        [
            {
                "place": item.place,
                "layout": item.layout,
                "query": item.query,
                "state": item.state,
                "files": item.files,
                "seconds": item.seconds,
                "get": item.traffic.count("GET"),
                "head": item.traffic.count("HEAD"),
                "list": item.traffic.count("LIST"),
                "requests": item.traffic.total,
                "bytes": item.read_bytes,
            }
            for item in timings
        ]
    )


def cells_table(timings: pd.DataFrame) -> pd.DataFrame:
    """One row per cell. seconds: the least, because a disturbance only ever adds; bytes and requests: the mean."""
    counts = dict.fromkeys(("get", "head", "list", "requests", "bytes"), "mean")
    how = {"files": "first", "seconds": "min"} | counts
    return timings.groupby(CELL, as_index=False, sort=False).agg(how)


def averages(cells: pd.DataFrame) -> pd.DataFrame:
    """Average query time of each place, layout and state, s; columns before, after, ratio."""
    mean = cells.pivot_table("seconds", ["place", "layout"], "state", "mean", sort=False)
    return mean.assign(ratio=mean["before"] / mean["after"]).reset_index()


def model_of(cells: pd.DataFrame, place: str = STORE, without: str = HELD_OUT) -> Model:
    """The cost model fitted on a place's cells, without those of one layout."""
    rows = fitted_cells(cells, place, without)
    return fit(rows["files"], rows["bytes"], rows["seconds"])


def fitted_cells(cells: pd.DataFrame, place: str, without: str = HELD_OUT) -> pd.DataFrame:
    """A place's cells, without those of one layout."""
    return cells[(cells["place"] == place) & (cells["layout"] != without)]


def predictions(cells: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Predicted beside measured seconds of each cell over the link."""
    rows = cells[cells["place"] == STORE].copy()
    rows["predicted"] = model.predict(rows["files"], rows["bytes"])
    return rows.assign(fitted=rows["layout"] != HELD_OUT)


def layouts_table(datasets: Sequence[Dataset], cells: pd.DataFrame, target_bytes: int) -> pd.DataFrame:
    """One row per layout: files, small files, bytes, write amplification, storage overhead, average query's time and requests."""
    stored = cells[cells["place"] == STORE]
    times = averages(stored).set_index("layout")
    requests = stored.pivot_table("requests", "layout", "state", "mean")
    rows = []
    for item in datasets:
        before, after = item.version("before"), item.version("after")
        rows.append(
            {
                "layout": item.layout.name,
                "files_before": len(before.files),
                "files_after": len(after.files),
                "small_before": sum(file.bytes < FULL * target_bytes for file in before.files),
                "small_after": sum(file.bytes < FULL * target_bytes for file in after.files),
                "bytes_before": before.bytes,
                "bytes_after": after.bytes,
                "amplification": item.amplification,
                "storage_overhead": item.stored_bytes / after.bytes - 1,
                "seconds_before": times.loc[item.layout.name, "before"],
                "seconds_after": times.loc[item.layout.name, "after"],
                "requests_before": requests.loc[item.layout.name, "before"],
                "requests_after": requests.loc[item.layout.name, "after"],
            }
        )
    return pd.DataFrame(rows)


def frequency_table(rungs: Sequence[Rung], model: Model, full_bytes: float, queries: float) -> pd.DataFrame:
    """One row per frequency: write amplification, mean files and query time, seconds per micro-batch.

    The query time is the model's, averaged over the files that each micro-batch left; `looks` hold it against
    the clock. full_bytes: what a full scan reads of the whole log; it grows in proportion until then.
    """
    rows = []
    for rung in rungs:
        share = pd.Series(range(1, len(rung.files) + 1)) / len(rung.files)
        query_s = float(model.predict(rung.files, share * full_bytes).mean())
        rows.append(
            {
                "every": rung.every,
                "amplification": rung.amplification,
                "mean_files": sum(rung.files) / len(rung.files),
                "max_files": max(rung.files),
                "compactions": len(rung.compactions),
                "compaction_s": rung.compaction_s,
                "query_s": query_s,
                "total_s": queries * query_s + rung.compaction_s,
            }
        )
    return pd.DataFrame(rows)


def sizes_table(sizes: Sequence[Sized], model: Model) -> pd.DataFrame:
    """One row per place and number of files: file_bytes, least seconds, and over the link the model's word for them."""
    found = pd.DataFrame([asdict(item) for item in sizes])
    how = {"file_bytes": "first", "read_bytes": "mean", "seconds": "min"}
    rows = found.groupby(["place", "files"], as_index=False).agg(how)
    predicted = pd.Series(model.predict(rows["files"], rows["read_bytes"]), rows.index)
    return rows.assign(predicted=predicted.where(rows["place"] == STORE))


def looks_table(rungs: Sequence[Rung], model: Model, full_bytes: float) -> pd.DataFrame:
    """The queries timed while the log grew, beside the model's word for them."""
    rows = [
        {
            "every": rung.every,
            "batch": number,
            "files": files,
            "seconds": seconds,
            "predicted": float(model.predict(files, full_bytes * number / len(rung.files))),
        }
        for rung in rungs
        for number, files, seconds in rung.looks
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
