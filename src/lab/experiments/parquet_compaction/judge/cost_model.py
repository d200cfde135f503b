"""The cost model fitted on all layouts but one, and how well it predicts that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.criteria import ERROR_LIMIT, FIT_LIMIT
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE, Sized
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.params import HELD_OUT


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


def modelled(tables: Mapping[str, pd.DataFrame], repeated: bool = True) -> dict[str, Observation]:
    """How the model fits, and what it says of the layout that it has not seen.

    repeated: queries were timed more than once. If not, a bad fit is inconclusive: noise may have made it.
    """
    model = model_of(tables["cells"])
    means = held_out(tables["predictions"])
    error = float((means["predicted"] / means["seconds"] - 1).abs().max())
    said = "; ".join(
        f"{state} compaction {row.predicted:.2f} s predicted, {row.seconds:.2f} s measured"
        for state, row in means.iterrows()
    )
    fitted = tables["predictions"][tables["predictions"]["fitted"]]
    return {
        "model_fits": Observation(
            model.r2,
            f"{len(fitted)} cells: {model.fixed_s * 1e3:.0f} ms + files × {model.open_s * 1e3:.1f} ms + bytes / "
            f"{model.bandwidth / 1e6:.0f} MB/s",
            conclusive=repeated or model.r2 >= FIT_LIMIT,
        ),
        "held_out_predicted": Observation(
            error, f"{HELD_OUT}: {said}", conclusive=repeated or error <= ERROR_LIMIT
        ),
    }


def held_out(predictions: pd.DataFrame) -> pd.DataFrame:
    """Average seconds, predicted and measured, of the held-out layout, by state."""
    rows = predictions[~predictions["fitted"]]
    return rows.groupby("state", sort=False)[["seconds", "predicted"]].mean()


def metrics(cells: pd.DataFrame) -> list[Metric]:
    """The cost model's constants, over the link and on the disk."""
    found = []
    for place in (STORE, DISK):
        if place not in set(cells["place"]):
            continue
        model = model_of(cells, place)
        found += [
            Metric(f"{place}.fixed", model.fixed_s * 1e3, "ms", f"fixed, {place}", better="lower"),
            Metric(f"{place}.open", model.open_s * 1e3, "ms/file", f"t_open, {place}", better="lower"),
            Metric(
                f"{place}.per_mb", model.s_per_byte * 1e9, "ms/MB", f"1/bandwidth, {place}", better="lower"
            ),
        ]
    return found
