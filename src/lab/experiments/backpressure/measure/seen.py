"""What a run leaves: raw observations, without a judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Burst:
    """One arm under load. Times are s since 1970; start: of the first request.

    sent: the load tool's report, a row per request: at, late, latency, status, id, client, reason. attempts: what the
    side-car sent (see kit/backpressure/client.py). events: messages of the queue, in order: ref, id, client, received,
    deadline. done: what the sink did: ref, id, offset, received, deadline, begun, done. cpu: processor seconds of servers
    in the burst, by server.
    """

    arm: str
    start: float
    sent: pd.DataFrame
    attempts: pd.DataFrame
    events: pd.DataFrame
    done: pd.DataFrame
    cpu: Mapping[str, float]


@dataclass(frozen=True)
class Killed:
    """Ingestion and sink killed under load, so many times. promised: ids for which the load tool was told 202, by kill."""

    kills: int
    promised: Sequence[Sequence[str]]
    done: frozenset[str]


@dataclass(frozen=True)
class Seen:
    """bursts: by the arm's name. killed: with events kept by the broker, and in memory. versions: of servers."""

    bursts: Mapping[str, Burst]
    durable: Killed | None
    memory: Killed | None
    versions: Mapping[str, str]
