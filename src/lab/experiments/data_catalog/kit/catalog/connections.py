"""Connections to a store that threads share."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .engines import Engine, StoreError

MOST_CONNECTIONS = 8  # at a time; whoever comes later waits
LONGEST_WAIT_S = 30


class Connections:
    """At most MOST_CONNECTIONS to a store, each used by one thread at a time. One that failed is not used again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._free: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(MOST_CONNECTIONS):
            self._free.put(None)

    @contextmanager
    def one(self) -> Iterator[Any]:
        try:
            connection = self._free.get(timeout=LONGEST_WAIT_S)
        except queue.Empty:
            raise StoreError(f"no connection was free for {LONGEST_WAIT_S} s") from None
        try:
            connection = connection or self._engine.connect()
            yield connection
        except BaseException:
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close those that are not in use."""
        for _ in range(MOST_CONNECTIONS):
            if (connection := self._free.get()) is not None:
                connection.close()
            self._free.put(None)
