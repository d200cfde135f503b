"""A run of the warehouse benchmark that nobody made: timings whose answers are known beforehand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation, judge_all
from lab.evidence.params import parse
from lab.evidence.result import Result
from lab.experiments import warehouse_bench as experiment
from lab.experiments.warehouse_bench.judge import result as judge
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.mechanism.bench import Cell, Timing
from lab.experiments.warehouse_bench.mechanism.dataset import OWN, SAME, Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Resources
from lab.experiments.warehouse_bench.workload.lake import Lake

PARAMS = parse(experiment.Params, {"queries": (1, 6), "own_formats": ("parquet", "iceberg")})
LINES = {"DuckDB": (0.005, 0.2e-9), "Trino": (0.1, 2e-9), "Spark": (0.2, 4e-9)}  # seconds, seconds per byte
STORED = {0.1: 24_000_000, 0.01: 2_400_000, 0.2: 48_000_000}


def lake() -> Lake:
    """Sizes and datasets as PARAMS ask for them; there are no files."""
    made = Lake(Path("nowhere"), ("lineitem",))
    for size, held in STORED.items():
        made.files[size] = Files(size, Path("nowhere"), {}, {"lineitem": held}, {})
    same = [Dataset(SAME, "parquet", size) for size in PARAMS.sizes]
    same += [Dataset(SAME, name, PARAMS.scale_factor) for name in ("iceberg", "delta")]
    own = [Dataset(OWN, name, PARAMS.scale_factor) for name in ("parquet", "iceberg")]
    made.datasets = {engine: {one.schema(engine): one for one in same + own} for engine in LINES}
    return made


def found() -> Seen:
    """A clean run: every time as LINES say, but for a hundredth; rounds in random order."""
    made, random = lake(), np.random.default_rng(1)
    cells = [
        (Cell(engine, name, query), dataset)
        for engine, datasets in made.datasets.items()
        for name, dataset in datasets.items()
        for query in ("1", "6")
    ]
    rows = [
        _timing(*cells[place], number, random.uniform(0.99, 1.01))
        for number in range(PARAMS.repeats + 1)
        for place in random.permutation(len(cells))
    ]
    timings = pd.DataFrame(rows)
    answers = timings[timings["dataset"].str.contains("0p1|0p01")][["engine", "dataset", "query", "round"]]
    starts = pd.DataFrame([(engine, "start", 1.0) for engine in LINES], columns=["engine", "what", "seconds"])
    resources = {
        engine: Resources(os.cpu_count() or 1, PARAMS.memory_mb, "heap", True, 1, 1) for engine in LINES
    }
    told = answers.assign(values=40, differing=0, first="")
    return Seen(timings, told, made, starts, differing_files=0, resources=resources, versions={})


def _timing(cell: Cell, dataset: Dataset, number: int, noise: float) -> Timing:
    fixed, per_byte = LINES[cell.engine]
    held = STORED[dataset.scale_factor]
    seconds = (fixed + per_byte * held) * noise
    return Timing(*cell, number, seconds, 2 * seconds, 0.2 * held, seconds, 0.1 * held, 2.2 * seconds)


def judge_run(run: Seen) -> Result:
    return judge.of_run(PARAMS, run, seconds=60.0)


def judged(run: Seen, name: str) -> tuple[str, Observation]:
    result = judge_run(run)
    return outcomes(result)[name], result.observed[name]


def outcomes(result: Result) -> dict[str, str]:
    return {item.criterion.name: item.outcome for item in judge_all(experiment.CRITERIA, result.observed)}
