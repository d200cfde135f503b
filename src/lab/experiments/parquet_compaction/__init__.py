"""Layouts, file sizes and compaction of Parquet datasets on an object store (experiment parquet_compaction)."""

from lab.experiments.parquet_compaction.compaction import compact, plan, vacuum
from lab.experiments.parquet_compaction.cost import cost, fit
from lab.experiments.parquet_compaction.criteria import CONTROLS, CRITERIA
from lab.experiments.parquet_compaction.events import layouts
from lab.experiments.parquet_compaction.experiment import run, run_with_controls
from lab.experiments.parquet_compaction.figures import figures
from lab.experiments.parquet_compaction.inplace import compact_in_place
from lab.experiments.parquet_compaction.layouts import Layout, hashed, same
from lab.experiments.parquet_compaction.log import commit
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.readers import Upkeep
from lab.experiments.parquet_compaction.scale import scale
from lab.experiments.parquet_compaction.summary import summary

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
    "plan",
    "run",
    "run_with_controls",
    "same",
    "scale",
    "summary",
    "vacuum",
]
