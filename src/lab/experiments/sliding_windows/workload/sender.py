"""The sender: a process that sends the log on its schedule, then the sentinel, and tells where each message went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from confluent_kafka import Producer
from numpy.typing import NDArray

from lab.experiments.sliding_windows.kit.generate import text
from lab.load.gate import Gate
from lab.load.openloop import drive, settle

SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 5,
    "queue.buffering.max.messages": 1_000_000,
    "log_level": 3,  # a broker that has just started asks a first producer to wait, by a warning
}
NAME, LOG, SENTINEL, SENT = "sender", "log.pkl", "sentinel.pkl", "sent.npz"
_FLUSH_S = 60


@dataclass(frozen=True)
class Sender:
    """folder: holds the log and the sentinel's row; the process leaves offsets and lateness in ns there."""

    bootstrap: str
    topic: str
    folder: Path


def send(sender: Sender) -> None:
    """Send the log on schedule; the sentinel when all of it is acknowledged."""
    log, sentinel = (pd.read_pickle(sender.folder / name) for name in (LOG, SENTINEL))
    outgoing = Outgoing(sender.bootstrap, sender.topic, log)
    due_ns = log["due_ns"].to_numpy()
    settle()
    kept = drive(due_ns, Gate(sender.folder).arrive(NAME), outgoing.send)
    outgoing.flush()
    last = put(sender.bootstrap, sender.topic, sentinel)
    partial = sender.folder / f"part-{SENT}"
    np.savez(partial, offsets=outgoing.offsets, lateness_ns=kept.lateness_ns, sentinel=last)
    partial.rename(sender.folder / SENT)


def put(bootstrap: str, topic: str, log: pd.DataFrame) -> NDArray[np.int64]:
    """Send all at once; the offset of each message."""
    outgoing = Outgoing(bootstrap, topic, log)
    done = 0
    while done < len(log):
        done += outgoing.send(done, len(log))
    outgoing.flush()
    return outgoing.offsets


class Outgoing:
    """Messages made beforehand, and the offsets that Kafka acknowledged; -1 where it did not."""

    def __init__(self, bootstrap: str, topic: str, log: pd.DataFrame) -> None:
        columns = (log["event_id"], log["user"], log["event_ms"], log["value"])
        self._bodies = [text(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        self._users, self._partitions = log["user"].tolist(), log["partition"].tolist()
        self._topic, self._producer = topic, Producer(SETTINGS | {"bootstrap.servers": bootstrap})
        self._producer.list_topics(topic, timeout=30)  # connected before the clock runs
        self.offsets = np.full(len(log), -1, dtype=np.int64)

    def send(self, first: int, end: int) -> int:
        """Hand over messages first..end-1; how many were taken."""
        for place in range(first, end):
            try:
                self._producer.produce(
                    self._topic,
                    self._bodies[place],
                    self._users[place],
                    self._partitions[place],
                    on_delivery=self._acknowledged(place),
                )
            except BufferError:
                self._producer.poll(0.01)
                return place - first
        self._producer.poll(0)
        return end - first

    def _acknowledged(self, place: int) -> Any:
        def keep(error: Any, message: Any) -> None:
            if error is None:
                self.offsets[place] = message.offset()

        return keep

    def flush(self) -> None:
        self._producer.flush(_FLUSH_S)
