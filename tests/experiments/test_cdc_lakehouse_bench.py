"""What a run leaves behind at a Kafka that it was attached to; what its writers do to a row."""

from __future__ import annotations

import itertools
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from lab.experiments.cdc_lakehouse import Params, bench, workload
from lab.experiments.cdc_lakehouse.bench import CHANGES, TRANSACTIONS


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
    monkeypatch.setattr(bench, "AdminClient", lambda settings: found)
    return found


def test_topics_are_gone_after_the_run(broker: Broker) -> None:
    with bench._topics("", 3):
        assert broker.topics == {CHANGES, TRANSACTIONS, "somebody's"}
    assert broker.topics == {"somebody's"}


def test_topics_are_gone_after_a_run_that_failed(broker: Broker) -> None:
    with pytest.raises(KeyError), bench._topics("", 3):
        raise KeyError
    assert broker.topics == {"somebody's"}


def test_a_topic_that_was_there_is_an_error_and_stays(broker: Broker) -> None:
    broker.topics.add(CHANGES)
    with pytest.raises(RuntimeError, match=r"account refused"), bench._topics("", 3):
        pass
    assert broker.topics == {CHANGES, "somebody's"}


class Connection:
    """Takes down what is executed."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def execute(self, sql: str, values: Any = ()) -> None:
        self.said.append((sql, values))


def test_the_row_whose_key_changed_is_the_one_that_is_updated() -> None:
    teller = workload.Teller(
        Connection(), 0, Params(), list(range(2, 100, 2)), np.random.default_rng(3), itertools.count(1000, 2)
    )
    workload.rekey_and_update(teller)
    (_, (new, _)), (_, (updated,)) = teller.connection.said
    assert new == updated == 1000
    assert new in teller.ids and len(teller.ids) == 49


def test_each_outage_of_a_default_run_has_a_truncate_soon_after_its_kill() -> None:
    from lab.experiments.cdc_lakehouse.params import KILLED_AT

    params = Params()
    plan = workload._plan(params, 0, np.random.default_rng(1))
    times = [due / params.seconds for due, kind in plan if kind == workload.RELOAD]
    assert len(times) == params.reloads
    for at in KILLED_AT.values():
        assert any(0 < time - at < 0.1 for time in times)
