"""Services up and down, and the order of the arms."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.backlog_replay.judge.result import alone, results
from lab.experiments.backlog_replay.measure.seen import Run
from lab.experiments.backlog_replay.measure.session import session
from lab.experiments.backlog_replay.params import Params
from lab.experiments.backlog_replay.workload import Arm, controls, killed, treatments
from lab.progress import steps
from lab.services.kafka import kafka
from lab.services.postgres import postgres


def run(params: Params, arm: Arm) -> Result:
    """One replay, a reader's own too: `Arm("mine", make_policy)`, where `make_policy()` is a policy.

    The replayer is another process, so `make_policy` must be a function of a module that can be imported there.
    """
    return alone(params, _measured(params, [arm]), arm.name)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """All arms on one broker and one sink, one after the other."""
    return results(params, _measured(params, [*treatments(params), killed(params), *controls(params)]))


def _measured(params: Params, arms: list[Arm]) -> Run:
    """What is seen of capacity and of those arms."""
    with (
        tempfile.TemporaryDirectory(prefix="lab-backlog-") as folder,
        steps(len(arms) + 3) as work,
    ):
        work.next("services")
        with (
            kafka(brokers=1) as broker,
            # A replayer that was killed may leave its connections for a moment.
            postgres({"max_connections": str(2 * params.connections + 20)}) as server,
            session(params, broker, server, Path(folder)) as own,
        ):
            return own.measure(arms, work)
