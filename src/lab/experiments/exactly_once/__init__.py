"""Exactly-once processing under faults, beside weaker modes (experiment exactly_once)."""

from pathlib import Path

from lab.experiments.exactly_once.criteria import CONTROLS, CRITERIA
from lab.experiments.exactly_once.experiment import run, run_with_controls
from lab.experiments.exactly_once.kit.loop import Link, exactly_once
from lab.experiments.exactly_once.kit.sink import to_postgres, write_batch
from lab.experiments.exactly_once.mechanism import (
    AT_LEAST_ONCE,
    AT_MOST_ONCE,
    EXACTLY_ONCE,
    Processor,
    at_least_once,
    at_most_once,
)
from lab.experiments.exactly_once.oracle import Delivery, check_delivery
from lab.experiments.exactly_once.params import Params
from lab.experiments.exactly_once.present.figures import figures
from lab.experiments.exactly_once.present.model import model
from lab.experiments.exactly_once.present.summary import summary

TITLE = "Exactly once: Kafka transactions and an idempotent sink"
QUESTION = "What does exactly-once processing take, and cost?"
NEEDS = ("kafka", "postgres", "spark")
KIT = Path(__file__).with_name("kit")

__all__ = [
    "AT_LEAST_ONCE",
    "AT_MOST_ONCE",
    "CONTROLS",
    "CRITERIA",
    "EXACTLY_ONCE",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Delivery",
    "Link",
    "Params",
    "Processor",
    "at_least_once",
    "at_most_once",
    "check_delivery",
    "exactly_once",
    "figures",
    "model",
    "run",
    "run_with_controls",
    "summary",
    "to_postgres",
    "write_batch",
]
