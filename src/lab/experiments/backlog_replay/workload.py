"""What is thrown at the sink: a backlog in Kafka, live traffic on schedule, and the arms that are compared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from lab.experiments.backlog_replay.mechanism import POLICIES, Policy, State
from lab.experiments.backlog_replay.params import LEAD_S, STEPS, TRIES, Params

PARTITIONS = 2


@dataclass(frozen=True)
class Arm:
    """A replay that is compared. policy: makes it, in the replayer's process.

    newest_wins: whether the sink compares versions. live: whether live traffic goes on. rows: of the backlog; None for
    as many as the parameters say. most_s: after which it is stopped. kill_at: share of its rows after which the replayer
    is killed, and begun again.
    """

    name: str
    policy: Callable[[], Policy]
    newest_wins: bool = True
    live: bool = True
    rows: int | None = None
    most_s: float = 120
    kill_at: float | None = None


def treatments(params: Params) -> list[Arm]:
    """Those that protect the sink."""
    return [
        Arm("fixed", partial(POLICIES["fixed"], params.target)),
        Arm("ramp", partial(POLICIES["ramp"], params.target, params.ramp_s)),
        Arm("aimd", POLICIES["aimd"]),
    ]


def killed(params: Params) -> Arm:
    """A fixed rate, killed at a random moment in its second quarter."""
    share = float(np.random.default_rng([params.seed, 7]).uniform(0.25, 0.5))
    return Arm("killed", partial(POLICIES["fixed"], params.target), rows=params.backlog // 2, kill_at=share)


def controls(params: Params) -> list[Arm]:
    return [
        Arm("unthrottled", POLICIES["unthrottled"]),
        Arm(
            "last write wins",
            partial(POLICIES["fixed"], params.target),
            newest_wins=False,
            rows=params.backlog // 3,
        ),
    ]


def saturated(params: Params) -> Arm:
    """The sink alone, as much as it takes."""
    return Arm("saturated", POLICIES["unthrottled"], live=False, rows=params.rows, most_s=params.step_s)


def search(params: Params) -> Arm:
    """One load after the other, each for `step_s`, and all once more."""
    most_s = LEAD_S + params.step_s * len(STEPS) * TRIES
    return Arm("search", partial(stairs, params.step_s), rows=params.rows, most_s=most_s)


def stairs(step_s: float) -> Policy:
    """Loads of STEPS of the capacity that it is told of, replay and live traffic together."""

    def policy(state: State) -> float:
        step = int(max(0.0, state.elapsed_s - LEAD_S) / step_s)
        return max(0.0, STEPS[step % len(STEPS)] * state.capacity - state.live_rate)

    return policy


def keys_of(params: Params, first: int, count: int) -> NDArray[np.int64]:
    """Keys of the versions first..first+count-1: drawn evenly, the same whenever they are asked for."""
    return np.random.default_rng([params.seed, first]).integers(0, params.keys, count)


def first_live(params: Params) -> int:
    """Version of the first live row: every one of the backlog is older."""
    return params.rows


def fill(bootstrap: str, topic: str, params: Params) -> None:
    """The backlog: {"key", "version"}, the versions in order, by turns into the partitions, in batches of the replay's size."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20, "log_level": 4}
    )
    for version, key in enumerate(keys_of(params, 0, params.rows).tolist()):
        while True:
            try:
                producer.produce(topic, message(key, version), partition=version % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.05)
    left = producer.flush(60)
    if left:
        raise TimeoutError(f"{left} rows of the backlog were not taken by the broker in 60 s")


def message(key: int, version: int) -> bytes:
    return json.dumps({"key": key, "version": version}).encode()


def wall_ns(monotonic_ns: int) -> int:
    """The wall clock's time of a moment of the monotonic one, ns: PostgreSQL stamps by the wall clock."""
    return time.time_ns() - time.monotonic_ns() + monotonic_ns
