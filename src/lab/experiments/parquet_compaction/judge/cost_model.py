"""The cost model fitted on all layouts but one and on small scans, and how well it predicts that layout and large scans.

A miss is a miss: noise excuses none here. Whether the timings were steady enough to judge a model by is a precondition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.measure.file_sizes import Sized
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.params import HELD_OUT
from lab.experiments.parquet_compaction.workload.event_log import FULL_SCAN


def model_of(cells: pd.DataFrame, sizes: pd.DataFrame | None = None, place: str = STORE) -> Model:
    """The cost model fitted on a place's cells without those of the held-out layout, and on the parts of large scans."""
    rows = fitted(cells, sizes, place)
    return fit(rows["files"], rows["bytes"], rows["seconds"])


def scan_model(cells: pd.DataFrame, sizes: pd.DataFrame) -> Model:
    """The same fitted on full scans alone: a query that filters needs more round trips for each file."""
    rows = fitted_scans(cells, sizes)
    return fit(rows["files"], rows["bytes"], rows["seconds"])


def fitted_scans(cells: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """What that model is fitted on: full scans of the layouts that are not held out, and the parts of the large scan."""
    return fitted(cells[cells["query"] == FULL_SCAN], sizes)


def fitted(cells: pd.DataFrame, sizes: pd.DataFrame | None = None, place: str = STORE) -> pd.DataFrame:
    """What the model is fitted on: state ("part": of the large scan), files, bytes, seconds."""
    rows = cells[(cells["place"] == place) & (cells["layout"] != HELD_OUT)]
    parts = [rows] if sizes is None else [rows, sizes[~sizes["whole"]].assign(state="part")]
    return pd.concat([part[["state", "files", "bytes", "seconds"]] for part in parts], ignore_index=True)


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


def modelled(tables: Mapping[str, pd.DataFrame]) -> dict[str, Observation]:
    """How the model fits, and what it says of the layout and of the scans that it has not seen."""
    model, means = model_of(tables["cells"], tables["sizes"]), held_out(tables["predictions"])
    said = "; ".join(
        f"{state} compaction {row.predicted:.2f} s predicted, {row.seconds:.2f} s measured"
        for state, row in means.iterrows()
    )
    return {
        "model_fits": Observation(
            model.r2,
            f"{len(fitted(tables['cells'], tables['sizes']))} cells and parts of the large scan: "
            f"{model.fixed_s * 1e3:.0f} ms + files × {model.open_s * 1e3:.1f} ms + bytes / "
            f"{model.bandwidth / 1e6:.0f} MB/s",
        ),
        "held_out_predicted": Observation(_largest_error(means), f"{HELD_OUT}: {said}"),
        "larger_scan_predicted": larger_scan_predicted(tables["sizes"]),
    }


def _largest_error(rows: pd.DataFrame) -> float:
    return float((rows["predicted"] / rows["seconds"] - 1).abs().max())


def larger_scan_predicted(sizes: pd.DataFrame) -> Observation:
    """The model's word for the whole scan in each size of file; it was fitted on half of it at most."""
    rows = sizes[sizes["whole"]]
    told: Iterable[Any] = rows.itertuples()
    said = "; ".join(
        f"{row.files} files of {row.file_bytes / 1e6:.3g} MB {row.predicted:.2f} s predicted, {row.seconds:.2f} s "
        f"measured ({row.least:.2f} to {row.most:.2f})"
        for row in told
    )
    return Observation(_largest_error(rows), said)


def held_out(predictions: pd.DataFrame) -> pd.DataFrame:
    """Average seconds, predicted and measured, of the held-out layout, by state."""
    rows = predictions[~predictions["fitted"]]
    return rows.groupby("state", sort=False)[["seconds", "predicted"]].mean()


def metrics(cells: pd.DataFrame, sizes: pd.DataFrame) -> list[Metric]:
    """The cost model's constants, of full scans over the link and of all queries on the disk; the large scan's times."""
    found = []
    for place, model in (
        (STORE, scan_model(cells, sizes)),
        *([(DISK, model_of(cells, place=DISK))] if DISK in set(cells["place"]) else []),
    ):
        constants = {
            "fixed": (model.fixed_s * 1e3, "ms", "fixed"),
            "open": (model.open_s * 1e3, "ms/file", "t_open"),
            "per_mb": (model.s_per_byte * 1e9, "ms/MB", "1/bandwidth"),
        }
        for name, (value, unit, text) in constants.items():
            found.append(Metric(f"{place}.{name}", value, unit, f"{text}, {place}", better="lower"))
    told: Iterable[Any] = sizes[sizes["whole"]].itertuples()
    for row in told:
        text = f"files of {row.file_bytes / 1e6:.3g} MB"
        found.append(Metric(f"files_{row.files}.scan_s", row.seconds, "s", text, better="lower"))
    return found
