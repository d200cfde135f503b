"""Change data capture from PostgreSQL into Iceberg (experiment cdc_lakehouse)."""

from lab.experiments.cdc_lakehouse.criteria import CONTROLS, CRITERIA
from lab.experiments.cdc_lakehouse.experiment import run, run_with_controls
from lab.experiments.cdc_lakehouse.mechanism import (
    KIT,
    SAFE,
    Change,
    Consistency,
    Design,
    LakeTable,
    apply,
    at_transactions,
    merge_sql,
    mid_transaction,
    net,
    parse,
    verify,
)
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.present.figures import figures
from lab.experiments.cdc_lakehouse.present.model import model
from lab.experiments.cdc_lakehouse.present.summary import summary

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
    "apply",
    "at_transactions",
    "figures",
    "merge_sql",
    "mid_transaction",
    "model",
    "net",
    "parse",
    "run",
    "run_with_controls",
    "summary",
    "verify",
]
