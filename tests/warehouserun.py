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
from lab.experiments.warehouse_bench.measure.kept_run import kept
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.mechanism.bench import Cell, Timing
from lab.experiments.warehouse_bench.mechanism.dataset import Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Resources
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload.lake import Lake
from lab.experiments.warehouse_bench.workload.queries import TABLES

PARAMS = parse(experiment.Params, {"queries": (1, 6, 12), "model_queries": (6, 12)})
LINES = {"DuckDB": (0.005, 0.2e-9), "Trino": (0.1, 2e-9), "Spark": (0.2, 4e-9)}  # seconds, seconds per byte
STORED = {0.1: 24_000_000, 0.3: 72_000_000, 0.5: 120_000_000, 1.0: 240_000_000}


def lake(params: Params = PARAMS) -> Lake:
    """Sizes and datasets as the parameters ask for them; there are no files. The model's two tables hold STORED."""
    made = Lake(Path("nowhere"), params.numbers)
    for size in params.sizes:
        made.files[size] = Files(size, Path("nowhere"), {}, dict.fromkeys(TABLES, STORED[size] // 2), {})
    made.datasets = [Dataset("parquet", size) for size in params.sizes]
    made.datasets += [Dataset(name, params.scale_factor) for name in ("iceberg", "delta")]
    return made


def found(params: Params = PARAMS) -> Seen:
    """A clean run: every time as LINES say, but for a hundredth; rounds in random order."""
    made, random = lake(params), np.random.default_rng(1)
    compared = [one for one in made.datasets if one.scale_factor == params.scale_factor]
    sizes = [one for one in made.datasets if one.format == "parquet"]
    rows: list[Timing] = []
    for number in range(params.growth_rounds.stop):
        formats = number <= params.repeats
        asked, queries = (compared, params.numbers) if formats else (sizes, params.model_queries)
        cells = [(engine, one, str(query)) for engine in LINES for one in asked for query in queries]
        for place in random.permutation(len(cells)):
            engine, dataset, query = cells[place]
            noise = random.uniform(0.99, 1.01)
            rows.append(_timing(Cell(engine, dataset.name, query), dataset, number, noise))
    timings = pd.DataFrame(rows)
    answers = timings[timings["dataset"].str.contains("_0p1$")][["engine", "dataset", "query", "round"]]
    starts = [(engine, what, 1.0) for engine in LINES for what in ("start", "first statement")]
    resources = {
        engine: Resources(os.cpu_count() or 1, params.memory_mb, "heap", True, 1, 1) for engine in LINES
    }
    return Seen(
        timings,
        answers.assign(values=40, differing=0, first=""),
        made,
        pd.DataFrame(starts, columns=["engine", "what", "seconds"]),
        differing_files=0,
        resources=resources,
        versions={},
        kept=kept(),
    )


def _timing(cell: Cell, dataset: Dataset, number: int, noise: float) -> Timing:
    fixed, per_byte = LINES[cell.engine]
    held = STORED[dataset.scale_factor]
    seconds = (fixed + per_byte * held) * noise
    return Timing(*cell, number, seconds, 2 * seconds, 0.2 * held, seconds, 0.1 * held, 2.2 * seconds)


def judge_run(run: Seen, params: Params = PARAMS) -> Result:
    return judge.of_run(params, run, seconds=60.0)


def judged(run: Seen, name: str) -> tuple[str, Observation]:
    result = judge_run(run)
    return outcomes(result)[name], result.observed[name]


def outcomes(result: Result) -> dict[str, str]:
    return {item.criterion.name: item.outcome for item in judge_all(experiment.CRITERIA, result.observed)}
