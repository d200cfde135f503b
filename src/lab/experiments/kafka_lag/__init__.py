"""Partition strategies against consumer lag and throughput on Apache Kafka (experiment kafka_lag)."""

from lab.experiments.kafka_lag.criteria import CONTROLS, CRITERIA
from lab.experiments.kafka_lag.experiment import run, run_with_controls
from lab.experiments.kafka_lag.mechanism import (
    counts_that_hold,
    keyed,
    keys_to_salt,
    murmur2,
    partition_for,
    placement,
    random_sticky,
    salting,
)
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.present.figures import figures
from lab.experiments.kafka_lag.present.model import model
from lab.experiments.kafka_lag.present.summary import summary
from lab.experiments.kafka_lag.workload.variants import Variant

TITLE = "Kafka: partition strategy and consumer lag"
QUESTION = "Which partition strategy keeps consumer lag bounded, and how many partitions does that take?"
NEEDS = ("kafka",)

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Params",
    "Variant",
    "counts_that_hold",
    "figures",
    "keyed",
    "keys_to_salt",
    "model",
    "murmur2",
    "partition_for",
    "placement",
    "random_sticky",
    "run",
    "run_with_controls",
    "salting",
    "summary",
]
