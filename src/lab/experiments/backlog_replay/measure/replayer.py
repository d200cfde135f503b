"""The replayer: a process of its own, so that it can be killed."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.experiments.backlog_replay.measure.daemon import Job, jobs
from lab.experiments.backlog_replay.measure.sink import Pool, Sink
from lab.experiments.backlog_replay.mechanism import replay
from lab.experiments.backlog_replay.params import Params
from lab.experiments.backlog_replay.workload import PARTITIONS, Arm
from lab.files import write_atomically
from lab.load.gate import Gate

LIVE_FIRST_S = 0.5  # of live traffic alone: the replay meets a sink at its usual work
REPLAYED = "replay.json"  # what it did, once it is done


@dataclass(frozen=True)
class Replayer:
    """What is the same in every job. warm: see `Pool`."""

    bootstrap: str
    topic: str
    dsn: str
    warm: str
    params: Params


def serve(replayer: Replayer, folder: Path) -> None:
    """One job after the other, on the same connections."""
    pool = Pool(replayer.dsn, replayer.params.connections, replayer.warm)
    for job in jobs(folder):
        _replay(replayer, job, pool)


def _replay(replayer: Replayer, job: Job, pool: Pool) -> None:
    """Wait for the common start, replay, tell."""
    params, arm = replayer.params, job.arm
    sink = Sink(pool, job.name, "backlog", params.row_ms / 1e3, arm.newest_wins)
    begin_ns = Gate(job.folder).arrive("replayer")
    time.sleep(max(0.0, (begin_ns - time.monotonic_ns()) / 1e9 + LIVE_FIRST_S))
    done = replay(
        {
            "bootstrap.servers": replayer.bootstrap,
            "group.id": job.name,
            "auto.offset.reset": "earliest",
        },
        replayer.topic,
        sink,
        arm.policy(),
        job.capacity,
        params.live_rate if arm.live else 0,
        params.batch,
        params.connections,
        limit_s=params.alert_ms / 4e3,
        until=ends(params, arm),
        most_s=arm.most_s,
    )
    write_atomically(job.folder / REPLAYED, json.dumps(asdict(done)))


def ends(params: Params, arm: Arm) -> dict[int, int]:
    """End offset by partition: the backlog's rows went into them by turns."""
    rows = arm.rows or params.backlog
    return {number: len(range(number, rows, PARTITIONS)) for number in range(PARTITIONS)}
