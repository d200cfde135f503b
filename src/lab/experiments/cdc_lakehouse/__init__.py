"""Change data capture from PostgreSQL into Iceberg (experiment cdc_lakehouse)."""

from lab.experiments.cdc_lakehouse.criteria import CONTROLS, CRITERIA
from lab.experiments.cdc_lakehouse.design import SAFE, Design
from lab.experiments.cdc_lakehouse.experiment import run, run_arms
from lab.experiments.cdc_lakehouse.figures import figures
from lab.experiments.cdc_lakehouse.kit.sink.batch import anywhere, at_transactions
from lab.experiments.cdc_lakehouse.kit.sink.change import Change, parse
from lab.experiments.cdc_lakehouse.kit.sink.lake import merge_sql
from lab.experiments.cdc_lakehouse.kit.sink.merge import apply, net
from lab.experiments.cdc_lakehouse.kit.verify import Consistency, LakeTable, verify
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.scale import scale
from lab.experiments.cdc_lakehouse.source import KIT
from lab.experiments.cdc_lakehouse.summary import summary

TITLE = "Change data capture: from PostgreSQL to Iceberg, equal at every snapshot"
QUESTION = (
    "Does the lake equal the source at every moment, deletes and crashes included, and how far behind is it?"
)
NEEDS = ("kafka", "postgres", "debezium", "spark", "icebergcatalog", "seaweedfs", "duckdbext")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "SAFE",
    "TITLE",
    "Change",
    "Consistency",
    "Design",
    "LakeTable",
    "Params",
    "anywhere",
    "apply",
    "at_transactions",
    "figures",
    "merge_sql",
    "net",
    "parse",
    "run",
    "run_arms",
    "scale",
    "summary",
    "verify",
]
