"""All 22 queries on all engines: the texts run unchanged everywhere and give the published answers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from lab.evidence.params import parse
from lab.experiments.warehouse_bench.measure.engines import engines
from lab.experiments.warehouse_bench.measure.measurement import Answers
from lab.experiments.warehouse_bench.mechanism.bench import bench
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET, Dataset
from lab.experiments.warehouse_bench.oracle.published_answers import published
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload.lake import Lake
from lab.experiments.warehouse_bench.workload.queries import text
from lab.progress import steps

pytestmark = [pytest.mark.service, pytest.mark.drill, pytest.mark.timeout(240)]

SIZE = 0.01
PARAMS = parse(
    Params,
    {"scale_factor": SIZE, "model_scale_factors": (0.001, 0.002), "formats": (PARQUET,)},
)
DATASET = Dataset(PARQUET, SIZE)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """One row for each query and engine."""
    found = Answers({DATASET.name: published(SIZE)})
    lake = Lake(Path(tmp_path_factory.mktemp("lake")), range(1, 23))
    lake.generate([SIZE])
    with steps(4) as work, engines(PARAMS, work) as started:
        lake.make(list(started.by_name.values()), [DATASET])
        texts = {str(number): text(number) for number in range(1, 23)}
        bench(started.by_name, [DATASET.name], texts, repeats=0, watch=found)
    return found.table()


@pytest.mark.parametrize("engine", PARAMS.engines)
def test_all_22_queries_give_the_published_answers(answers: pd.DataFrame, engine: str) -> None:
    own = answers[answers["engine"] == engine]
    assert sorted(map(int, own["query"])) == list(range(1, 23))
    assert own.loc[own["differing"] > 0, ["query", "first"]].to_dict("records") == []
    assert (own["values"] > 0).all()
