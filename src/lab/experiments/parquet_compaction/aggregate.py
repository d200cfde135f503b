"""From single timings to tables: one row per cell, one per layout, one per size of file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from lab.experiments.parquet_compaction.compaction import FULL
from lab.experiments.parquet_compaction.cost import Model, fit
from lab.experiments.parquet_compaction.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.params import HELD_OUT
from lab.experiments.parquet_compaction.sizes import Sized
from lab.experiments.parquet_compaction.timing import Timing

CELL = ["place", "layout", "query", "state"]
STORE, DISK = "store", "disk"


def timings_table(timings: Sequence[Timing]) -> pd.DataFrame:
    """One row per timed query: place, layout, query, state, files, seconds, requests of each kind, bytes."""
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
                "needed": item.needed,
                "missed": item.missed,
            }
            for item in timings
        ]
    )


def cells_table(timings: pd.DataFrame) -> pd.DataFrame:
    """One row per cell. seconds: the median, least and most its range; bytes and requests: the mean."""
    counts = {name: (name, "mean") for name in ("get", "head", "list", "requests", "bytes")}
    seconds = {"seconds": ("seconds", "median"), "least": ("seconds", "min"), "most": ("seconds", "max")}
    cells = timings.groupby(CELL, as_index=False, sort=False)
    found: pd.DataFrame = cells.agg(files=("files", "first"), **seconds, **counts)
    return found


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
    """One row per layout: files, small files, bytes, write amplification, storage overhead, average query's time and requests.

    least, most: average of the queries' quickest and of their slowest timings.
    """
    stored = cells[cells["place"] == STORE]
    means = stored.pivot_table(["seconds", "least", "most", "requests"], "layout", "state", "mean")
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
                **{
                    f"{name}_{state}": means.loc[item.layout.name, (name, state)]
                    for name in ("seconds", "least", "most", "requests")
                    for state in STATES
                },
            }
        )
    return pd.DataFrame(rows)


def sizes_table(sizes: Sequence[Sized], model: Model) -> pd.DataFrame:
    """One row per place and number of files: file_bytes, median seconds, and over the link the model's word for them."""
    found = pd.DataFrame([asdict(item) for item in sizes])
    rows = found.groupby(["place", "files"], as_index=False).agg(
        file_bytes=("file_bytes", "first"),
        read_bytes=("read_bytes", "mean"),
        seconds=("seconds", "median"),
        least=("seconds", "min"),
        most=("seconds", "max"),
    )
    predicted = pd.Series(model.predict(rows["files"], rows["read_bytes"]), rows.index)
    return rows.assign(predicted=predicted.where(rows["place"] == STORE))
