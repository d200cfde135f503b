"""TPC-H on three engines over three table formats: answers, latency, bytes, processor time, cost."""

from __future__ import annotations

import shutil
import time
import uuid
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge import result
from lab.experiments.warehouse_bench.measure.engines import engines
from lab.experiments.warehouse_bench.measure.measurement import Answer, answers_by, answers_over, measured
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET, Dataset
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload import changed_cent
from lab.experiments.warehouse_bench.workload.lake import Lake
from lab.progress import steps
from lab.services.session import session

CONTROL_QUERY = 1  # it adds up every price up to a date


def run(params: Params, damage: bool = False, answer: Answer | None = None) -> Result:
    """The whole bench; with damage=True only the control: one price in a data file is changed.

    With `answer`, an engine of a reader's own, only what that answers to the queries: (SQL, pattern of the Parquet files by
    table) -> rows.
    """
    folder = session().folder / f"warehouse-{uuid.uuid4().hex[:6]}"
    try:
        if answer is not None:
            return _answered(params, folder, answer)
        return _damaged(params, folder) if damage else _whole(params, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The whole bench, and each control by its name."""
    return run(params), {"one cent more": run(params, damage=True)}


def _whole(params: Params, folder: Path) -> Result:
    lake = Lake(folder, params.numbers)
    begin = time.perf_counter()
    with steps(4 + len(params.engines)) as work:
        work.next("TPC-H's tables")
        lake.generate(params.sizes)
        with engines(params, work) as started:
            work.next("tables of every engine")
            lake.make(list(started.by_name.values()), _datasets(params))
            work.next("queries")
            seen = measured(params, lake, started)
    return result.of_run(params, seen, time.perf_counter() - begin)


def _datasets(params: Params) -> list[Dataset]:
    """As Parquet at every size, in the other formats at the size compared."""
    plain = [Dataset(PARQUET, size) for size in params.sizes]
    return plain + [Dataset(name, params.scale_factor) for name in params.formats if name != PARQUET]


def _answered(params: Params, folder: Path, answer: Answer) -> Result:
    lake = Lake(folder, params.numbers)
    lake.generate([params.scale_factor])
    return result.of_answers(params, answers_by(answer, lake.files[params.scale_factor], params))


def _damaged(params: Params, folder: Path) -> Result:
    """DuckDB answers over a rewritten data file, and over the same with one price changed: only the latter may differ."""
    lake = Lake(folder, [CONTROL_QUERY])
    lake.generate([params.scale_factor])
    files = lake.files[params.scale_factor]
    changed_cent.rewritten(files, folder / "sound", cents=0)
    change = changed_cent.rewritten(files, folder / "damaged", cents=1)
    sound, damaged = (
        answers_over(folder / name, files, params, CONTROL_QUERY) for name in ("sound", "damaged")
    )
    return result.of_control(params, damaged, sound, change)
