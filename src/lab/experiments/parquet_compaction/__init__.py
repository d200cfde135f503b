"""Layouts, file sizes and compaction of Parquet datasets on an object store (experiment parquet_compaction)."""

from lab.experiments.parquet_compaction.criteria import CONTROLS, CRITERIA
from lab.experiments.parquet_compaction.experiment import run, run_with_controls
from lab.experiments.parquet_compaction.mechanism.compaction import compact, plan, vacuum
from lab.experiments.parquet_compaction.mechanism.cost_model import cost, fit
from lab.experiments.parquet_compaction.mechanism.layouts import Layout, hashed, same
from lab.experiments.parquet_compaction.mechanism.table_format import commit
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.present.figures import figures
from lab.experiments.parquet_compaction.present.model import model
from lab.experiments.parquet_compaction.present.summary import summary
from lab.experiments.parquet_compaction.workload.event_log import layouts
from lab.experiments.parquet_compaction.workload.maintenance import Upkeep, compact_in_place

TITLE = "Parquet on an object store: layout, file size and compaction"
QUESTION = (
    "How should a Parquet dataset be partitioned, how large should its files be, and how often compacted?"
)
NEEDS = ("seaweedfs", "duckdbext")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Layout",
    "Params",
    "Upkeep",
    "commit",
    "compact",
    "compact_in_place",
    "cost",
    "figures",
    "fit",
    "hashed",
    "layouts",
    "model",
    "plan",
    "run",
    "run_with_controls",
    "same",
    "summary",
    "vacuum",
]
