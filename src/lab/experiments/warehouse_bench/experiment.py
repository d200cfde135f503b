"""TPC-H on three engines over three table formats: answers, latency, bytes, processor time, cost."""

from __future__ import annotations

import shutil
import time
import uuid
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge import result
from lab.experiments.warehouse_bench.measure.engines import engines
from lab.experiments.warehouse_bench.measure.measurement import answers_over, measured
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET, SAME, Dataset
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload import flipped_bit
from lab.experiments.warehouse_bench.workload.lake import Lake
from lab.experiments.warehouse_bench.workload.queries import tables_of
from lab.progress import steps
from lab.services.session import session

CONTROL_QUERY = 1  # it adds up every price up to a date


def run(params: Params, damage: bool = False) -> Result:
    """The whole bench; with damage=True only the control: one bit of one price turned in a data file."""
    folder = session().folder / f"warehouse-{uuid.uuid4().hex[:6]}"
    try:
        return _damaged(params, folder) if damage else _whole(params, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The whole bench, and each control by its name."""
    return run(params), {"one flipped bit": run(params, damage=True)}


def _whole(params: Params, folder: Path) -> Result:
    lake = Lake(folder, tables_of(params.numbers))
    begin = time.perf_counter()
    with steps(4 + len(params.engines)) as work:
        work.next("TPC-H's tables")
        lake.generate(params.sizes)
        with engines(params, work) as started:
            work.next("tables of every engine")
            lake.make(started.by_name, _same(params), params.own_formats)
            work.next("queries")
            seen = measured(params, lake, started)
    return result.of_run(params, seen, time.perf_counter() - begin)


def _same(params: Params) -> list[Dataset]:
    """The files written once: as Parquet at every size, in the other formats at the size compared."""
    plain = [Dataset(SAME, PARQUET, size) for size in params.sizes]
    others = [name for name in params.formats if name != PARQUET]
    return plain + [Dataset(SAME, name, params.scale_factor) for name in others]


def _damaged(params: Params, folder: Path) -> Result:
    """DuckDB answers over a rewritten data file, and over the same with one bit turned: only the latter may differ."""
    lake = Lake(folder, tables_of([CONTROL_QUERY]))
    lake.generate([params.scale_factor])
    files = lake.files[params.scale_factor]
    flipped_bit.rewritten(files, folder / "sound")
    turned = flipped_bit.flipped(files, folder / "damaged")
    sound, damaged = (
        answers_over(folder / name, files, params, CONTROL_QUERY) for name in ("sound", "damaged")
    )
    return result.of_control(params, damaged, sound, turned)
