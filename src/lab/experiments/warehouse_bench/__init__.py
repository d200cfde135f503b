"""TPC-H on DuckDB, Trino and Spark, over Parquet, Iceberg and Delta: answers, latency, bytes, cost."""

from lab.experiments.warehouse_bench.bench import Engine, Usage, bench
from lab.experiments.warehouse_bench.cost import prices
from lab.experiments.warehouse_bench.criteria import CONTROLS, CRITERIA
from lab.experiments.warehouse_bench.experiment import run, run_controls
from lab.experiments.warehouse_bench.figures import figures
from lab.experiments.warehouse_bench.full import extrapolated, recorded
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.queries import path
from lab.experiments.warehouse_bench.scale import scale
from lab.experiments.warehouse_bench.summary import summary

TITLE = "Warehouse benchmark: TPC-H on three engines and three table formats"
QUESTION = "Which engine and which table format should answer my warehouse queries, and from which size on does a cluster pay?"
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
    "extrapolated",
    "figures",
    "path",
    "prices",
    "recorded",
    "run",
    "run_controls",
    "scale",
    "summary",
]
