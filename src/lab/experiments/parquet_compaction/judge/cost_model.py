"""The cost model fitted on all layouts but one, and how well it predicts that one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.criteria import ERROR_LIMIT, FIT_LIMIT
from lab.experiments.parquet_compaction.measure.file_sizes import Sized
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.params import HELD_OUT


def model_of(cells: pd.DataFrame, sizes: pd.DataFrame | None = None, place: str = STORE) -> Model:
    """The cost model fitted on a place's cells without those of the held-out layout, and on the parts of large scans."""
    rows = fitted(cells, sizes, place)
    return fit(rows["files"], rows["bytes"], rows["seconds"])


def fitted(cells: pd.DataFrame, sizes: pd.DataFrame | None = None, place: str = STORE) -> pd.DataFrame:
    """What the model is fitted on: files, bytes, seconds, and the least and the most of these."""
    rows = cells[(cells["place"] == place) & (cells["layout"] != HELD_OUT)]
    parts = [rows] if sizes is None else [rows, sizes[~sizes["whole"]]]
    return pd.concat(
        [part[["files", "bytes", "seconds", "least", "most"]] for part in parts], ignore_index=True
    )


def predictions(cells: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Predicted beside measured seconds of each cell over the link."""
    rows = cells[cells["place"] == STORE].copy()
    rows["predicted"] = model.predict(rows["files"], rows["bytes"])
    return rows.assign(fitted=rows["layout"] != HELD_OUT)


def sizes_table(sizes: Sequence[Sized]) -> pd.DataFrame:
    """One row per size of file and of scan: file_bytes, bytes read, median, least and most seconds."""
    found = pd.DataFrame([asdict(item) for item in sizes])
    return found.groupby(["whole", "files"], as_index=False).agg(
        file_bytes=("file_bytes", "first"),
        bytes=("read_bytes", "mean"),
        seconds=("seconds", "median"),
        least=("seconds", "min"),
        most=("seconds", "max"),
        wrong=("right", lambda right: int((~right).sum())),
    )


def with_predictions(sizes: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The model's word beside what was measured."""
    return sizes.assign(predicted=model.predict(sizes["files"], sizes["bytes"]))


def larger_scan_predicted(sizes: pd.DataFrame, repeated: bool = True) -> Observation:
    """The model's word for the whole scan in each size of file; it was fitted on a fourth of it at most.

    Inconclusive if it misses the limit by less than the timings scatter.
    """
    rows = sizes[sizes["whole"]]
    error = float((rows["predicted"] / rows["seconds"] - 1).abs().max())
    least = float((rows["predicted"] / _nearest(rows, rows["predicted"]) - 1).abs().max())
    told: Iterable[Any] = rows.itertuples()
    said = "; ".join(
        f"{row.files} files of {row.file_bytes / 1e6:.0f} MB {row.predicted:.2f} s predicted, {row.seconds:.2f} s "
        f"measured ({row.least:.2f} to {row.most:.2f})"
        for row in told
    )
    noisy = least <= ERROR_LIMIT < error
    return Observation(
        error, said, (least, error), conclusive=not noisy and (repeated or error <= ERROR_LIMIT)
    )


def _nearest(rows: pd.DataFrame, predicted: Any) -> Any:
    """What each measurement might as well have been: the time nearest to the predicted one between its least and its most."""
    return np.clip(np.asarray(predicted), rows["least"], rows["most"])


def _could_fit(model: Model, rows: pd.DataFrame) -> bool:
    """Whether the share explained would reach the limit, were it not for the scatter of each cell's timings."""
    predicted = model.predict(rows["files"], rows["bytes"])
    left, spread = _nearest(rows, predicted) - predicted, rows["seconds"] - rows["seconds"].mean()
    return bool(1 - (left**2).sum() / (spread**2).sum() >= FIT_LIMIT)


def modelled(tables: Mapping[str, pd.DataFrame], repeated: bool = True) -> dict[str, Observation]:
    """How the model fits, and what it says of the layout and of the scans that it has not seen.

    A bad fit that the scatter of the timings explains is inconclusive. repeated: queries were timed more than
    once; if not, a bad fit is inconclusive: noise may have made it.
    """
    model = model_of(tables["cells"], tables["sizes"])
    means = held_out(tables["predictions"])
    error = float((means["predicted"] / means["seconds"] - 1).abs().max())
    said = "; ".join(
        f"{state} compaction {row.predicted:.2f} s predicted, {row.seconds:.2f} s measured"
        for state, row in means.iterrows()
    )
    told = fitted(tables["cells"], tables["sizes"])
    return {
        "model_fits": Observation(
            model.r2,
            f"{len(told)} cells and parts of the large scan: "
            f"{model.fixed_s * 1e3:.0f} ms + files × {model.open_s * 1e3:.1f} ms + bytes / "
            f"{model.bandwidth / 1e6:.0f} MB/s",
            conclusive=model.r2 >= FIT_LIMIT or (repeated and not _could_fit(model, told)),
        ),
        "held_out_predicted": Observation(
            error, f"{HELD_OUT}: {said}", conclusive=repeated or error <= ERROR_LIMIT
        ),
        "larger_scan_predicted": larger_scan_predicted(tables["sizes"], repeated),
    }


def held_out(predictions: pd.DataFrame) -> pd.DataFrame:
    """Average seconds, predicted and measured, of the held-out layout, by state."""
    rows = predictions[~predictions["fitted"]]
    return rows.groupby("state", sort=False)[["seconds", "predicted"]].mean()


def metrics(cells: pd.DataFrame, sizes: pd.DataFrame) -> list[Metric]:
    """The cost model's constants, over the link and on the disk."""
    found = []
    for place in (STORE, DISK):
        if place not in set(cells["place"]):
            continue
        model = model_of(cells, sizes if place == STORE else None, place)
        found += [
            Metric(f"{place}.fixed", model.fixed_s * 1e3, "ms", f"fixed, {place}", better="lower"),
            Metric(f"{place}.open", model.open_s * 1e3, "ms/file", f"t_open, {place}", better="lower"),
            Metric(
                f"{place}.per_mb", model.s_per_byte * 1e9, "ms/MB", f"1/bandwidth, {place}", better="lower"
            ),
        ]
    rows = sizes[sizes["whole"]]
    told: Iterable[Any] = rows.itertuples()
    for row in told:
        name = f"files_{row.files}.scan_s"
        found.append(Metric(name, row.seconds, "s", f"of {row.file_bytes / 1e6:.0f} MB", better="lower"))
    return found
