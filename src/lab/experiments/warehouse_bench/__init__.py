"""TPC-H on DuckDB, Trino and Spark, over Parquet, Iceberg and Delta: answers, latency, bytes, cost."""

from lab.experiments.warehouse_bench.criteria import CONTROLS, CRITERIA
from lab.experiments.warehouse_bench.experiment import run, run_with_controls
from lab.experiments.warehouse_bench.mechanism.bench import bench
from lab.experiments.warehouse_bench.mechanism.engine import Engine, Usage
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.present.figures import figures
from lab.experiments.warehouse_bench.present.model import model
from lab.experiments.warehouse_bench.present.summary import summary
from lab.experiments.warehouse_bench.workload.queries import path

TITLE = "Warehouse benchmark: TPC-H on three engines and three table formats"
QUESTION = (
    "Which engine and which table format should answer my warehouse queries on one machine, and what would a cluster have to "
    "make up for?"
)
NEEDS = ("trino", "spark", "icebergcatalog", "duckdbext")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Engine",
    "Params",
    "Usage",
    "bench",
    "figures",
    "model",
    "path",
    "run",
    "run_with_controls",
    "summary",
]
