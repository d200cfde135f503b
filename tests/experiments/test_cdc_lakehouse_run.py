"""What a run leaves behind at a Kafka that it was attached to; what its writers do to a row."""

from __future__ import annotations

import itertools
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.experiments.cdc_lakehouse import Params, experiment
from lab.experiments.cdc_lakehouse.measure import pipeline
from lab.experiments.cdc_lakehouse.workload import transactions, writers
from lab.experiments.cdc_lakehouse.workload.source import CHANGES, TRANSACTIONS


class Broker:
    """An AdminClient of a Kafka that has some topics already."""

    def __init__(self, topics: set[str]) -> None:
        self.topics = topics

    def create_topics(self, wanted: list) -> dict[str, Future]:
        return {one.topic: self._done(one.topic in self.topics, self.topics.add, one.topic) for one in wanted}

    def delete_topics(self, names: list[str]) -> dict[str, Future]:
        return {name: self._done(name not in self.topics, self.topics.discard, name) for name in names}

    @staticmethod
    def _done(wrong: bool, act: Any, name: str) -> Future:
        found: Future = Future()
        if wrong:
            found.set_exception(RuntimeError(f"{name} refused"))
        else:
            found.set_result(act(name))
        return found


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    found = Broker({"somebody's"})
    monkeypatch.setattr(experiment, "AdminClient", lambda settings: found)
    return found


def test_topics_are_gone_after_the_run(broker: Broker) -> None:
    with experiment._topics("", 3):
        assert broker.topics == {CHANGES, TRANSACTIONS, "somebody's"}
    assert broker.topics == {"somebody's"}


def test_topics_are_gone_after_a_run_that_failed(broker: Broker) -> None:
    with pytest.raises(KeyError), experiment._topics("", 3):
        raise KeyError
    assert broker.topics == {"somebody's"}


def test_a_topic_that_was_there_is_an_error_and_stays(broker: Broker) -> None:
    broker.topics.add(CHANGES)
    with pytest.raises(RuntimeError, match=r"account refused"), experiment._topics("", 3):
        pass
    assert broker.topics == {CHANGES, "somebody's"}


class Connection:
    """Takes down what is executed."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def execute(self, sql: str, values: Any = ()) -> None:
        self.said.append((sql, values))


def test_the_row_whose_key_changed_is_the_one_that_is_updated() -> None:
    teller = transactions.Teller(
        Connection(), 0, Params(), list(range(2, 100, 2)), np.random.default_rng(3), itertools.count(1000, 2)
    )
    transactions.rekey_and_update(teller)
    (_, (new, _)), (_, (updated,)) = teller.connection.said
    assert new == updated == 1000
    assert new in teller.ids and len(teller.ids) == 49


def test_a_default_run_has_a_truncate_while_sink_and_capture_are_down() -> None:
    from lab.experiments.cdc_lakehouse.params import KILLED_AT

    params = Params()
    plan = writers._plan(params, 0, np.random.default_rng(1))
    times = [due / params.seconds for due, kind in plan if kind == transactions.RELOAD]
    assert len(times) == params.reloads
    assert any(0.05 < time - KILLED_AT["connect"] < 0.2 for time in times)


class Sinks:
    """Counts the drivers that are started."""

    def __init__(self) -> None:
        self.turns: list[int] = []

    def spawn(self, target: Any, job: Any, replays: Any, turn: int = 0) -> str:
        self.turns.append(turn)
        return f"driver {len(self.turns)}"


def test_a_killed_driver_is_replaced_by_those_that_stand_by_and_then_by_cold_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sinks = Sinks()
    monkeypatch.setattr(pipeline, "spawn", sinks.spawn)
    own = pipeline.Pipeline(Params(), *[None] * 5, tmp_path, None, ())  # type: ignore[arg-type]
    own.start_sinks(2)
    assert (sinks.turns, own.sink) == ([0, 1, 2], "driver 1")
    own.replace_sink()
    assert own.sink == "driver 2" and (tmp_path / "turn-1").exists() and not (tmp_path / "turn-2").exists()
    own.replace_sink()
    own.replace_sink()
    assert own.sink == "driver 4" and sinks.turns == [0, 1, 2, 0]
