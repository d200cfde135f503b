"""How the oracle reads Kafka while the load goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.experiments.cdc_lakehouse import oracle


class Message:
    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> None:
        return None

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return json.dumps({"status": "END", "id": f"{self._offset}:1", "ts_ms": 0, "event_count": 1}).encode()

    def timestamp(self) -> tuple[int, int]:
        return 1, 0


class EndlessConsumer:
    """A partition that grows as fast as it is read, so that its end is never met."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.at = 0

    def assign(self, places: list[Any]) -> None:
        self.at = places[0].offset

    def get_watermark_offsets(self, place: Any, timeout: float) -> tuple[int, int]:
        return 0, 7

    def consume(self, count: int, timeout: float) -> list[Message]:
        assert self.at < 1_000, "it reads on and on"
        found = [Message(self.at + number) for number in range(3)]
        self.at += 3
        return found

    def close(self) -> None:
        pass


def test_under_load_it_reads_what_is_there_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.experiments.cdc_lakehouse.oracle.Consumer", EndlessConsumer)
    assert [one.xid for one in oracle.committed("somewhere:1", "bankcdc.transaction", 2)] == [2, 3, 4, 5, 6]
