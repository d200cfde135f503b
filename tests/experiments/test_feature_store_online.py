"""The online store and the application on a real Redis: disorder, age, an empty store, what is asked wrongly."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from lab.experiments.feature_store import (
    REGISTRY,
    Offline,
    Online,
    create_app,
    load_registry,
    oracle,
    reconcile,
)
from lab.experiments.feature_store.kit.features.online import NotReadyError, Row
from lab.experiments.feature_store.kit.features.reconcile import Sample
from lab.experiments.feature_store.kit.features.registry import FeatureError
from lab.experiments.feature_store.measure.offline import VIEW, updates
from lab.experiments.feature_store.workload.naive import last_write_wins
from lab.services.redis import Redis, redis

pytestmark = pytest.mark.service
CARD = load_registry(REGISTRY).view(VIEW)
NOW = datetime.now(UTC).replace(tzinfo=None)
S = timedelta(seconds=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with redis() as found:
        yield found


@pytest.fixture
def store(server: Redis) -> Iterator[Online]:
    made = Online(server.url, f"test-{uuid.uuid4().hex[:8]}")
    made.ready(CARD)
    yield made
    made.close()


def row(event: datetime, known: datetime, balance: float, entity: str = "c7") -> Row:
    return Row(entity, event, known, {"balance_eur": balance, "share_spent": None, "night": False})


def balance(store: Online, entity: str = "c7") -> float | None:
    (found,) = store.read(CARD, [entity]).found
    return found["balance_eur"] if found else None


ROWS = [
    row(NOW - 3 * S, NOW, 1.0),
    row(NOW - 2 * S, NOW - S, 2.0),
    row(NOW - 2 * S, NOW, 3.0),
    row(NOW - 2 * S, NOW, 3.0),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_whatever_the_order_the_latest_event_as_known_last_stays(
    store: Online, order: tuple[int, ...]
) -> None:
    for place in order:
        store.write(CARD, [ROWS[place]])
    assert balance(store) == 3.0


def test_without_the_mechanism_the_order_decides(server: Redis) -> None:
    naive, view = last_write_wins(server.url, f"test-{uuid.uuid4().hex[:8]}", CARD)
    naive.write(view, [ROWS[2], ROWS[0]])
    naive.ready(view)
    assert naive.read(view, ["c7"]).found[0] == ROWS[0].features


def test_a_value_written_late_is_too_old_by_its_event_and_never_comes_back(store: Online) -> None:
    old = NOW - oracle.TTL
    store.write(CARD, [row(old - S, NOW, 1.0), row(old + timedelta(days=1), NOW, 2.0, "c8")])
    assert [balance(store), balance(store, "c8")] == [None, 2.0]
    without = replace(CARD, ttl=None)
    store.write(
        without, [row(datetime(1950, 1, 1), NOW, 5.0, "c9"), row(datetime(1949, 1, 1), NOW, 6.0, "c9")]
    )
    assert store.read(without, ["c9"]).found[0]["balance_eur"] == 5.0  # type: ignore[index]


def test_what_was_appended_at_once_is_told_apart_by_its_place_in_the_log(store: Online) -> None:
    """Seconds as times and one time of append for a batch: ties are common. The later message is the right one."""
    first, second = row(NOW - S, NOW, 1.0), replace(row(NOW - S, NOW, 2.0), offset=10)
    for order in ([first, second], [second, first]):
        store.write(CARD, order)
        assert balance(store) == 2.0


def test_an_event_at_the_end_of_all_dates_expires_without_an_overflow(store: Online) -> None:
    never = datetime(9999, 12, 31, 23, 59, 59)
    store.write(CARD, [row(never, NOW, 1.0)])
    ages = replace(CARD, ttl=timedelta(days=9_000 * 366))
    assert balance(store) == 1.0 and ages.holds(datetime(1, 1, 1), NOW) and ages.holds(never, NOW)


def test_a_view_that_was_not_filled_is_refused_beside_one_that_was(store: Online) -> None:
    other = replace(CARD, name="shop")
    with pytest.raises(NotReadyError, match="filled with shop"):
        store.read(other, ["c7"])
    store.ready(other)
    assert store.read(other, ["c7"]).found == [None]


def test_an_empty_store_is_not_asked_and_a_dead_one_neither(server: Redis) -> None:
    with pytest.raises(NotReadyError, match="not been filled"):
        Online(server.url, "nothing").read(CARD, ["c7"])
    with pytest.raises(NotReadyError, match="does not answer"):
        Online("redis://127.0.0.1:1/0", "nothing").read(CARD, ["c7"])


@pytest.fixture
def client(server: Redis, store: Online) -> TestClient:
    store.write(CARD, [row(NOW, NOW, 9.5), row(NOW, NOW, 1.0, "7"), row(NOW, NOW, 2.0, "a b%")])
    return TestClient(create_app(server.url, REGISTRY, store.space), raise_server_exceptions=False)


def test_lookups_of_one_and_of_many_in_the_order_asked(client: TestClient) -> None:
    one = client.get("/features/card/c7").json()
    assert one["features"] == [{"balance_eur": 9.5, "share_spent": None, "night": False}]
    assert datetime.fromisoformat(one["at"]) >= NOW
    many = client.post("/features/card", json={"entities": [7, "nobody", "c7", "7"]}).json()["features"]
    assert [found and found["balance_eur"] for found in many] == [1.0, None, 9.5, 1.0]
    assert client.get("/features/card/a%20b%25").json()["features"][0]["balance_eur"] == 2.0


@pytest.mark.parametrize(
    "body",
    [{}, {"entities": []}, {"entities": ["a"] * 1001}, {"entities": [None]}, {"entities": [1.5]}, {"entities": [True]},
     {"entities": ["a\x00"]}, {"entities": [""]}, {"entities": ["a"], "viev": 1}],
)  # fmt: skip
def test_a_wrong_question_is_refused_in_words(client: TestClient, body: dict[str, object]) -> None:
    answer = client.post("/features/card", json=body)
    assert answer.status_code == 422 and answer.json()["detail"]


def test_an_unknown_view_and_a_store_that_is_not_filled_are_told_apart(
    client: TestClient, server: Redis
) -> None:
    unknown = client.get("/features/cards/c7")
    assert unknown.status_code == 422 and "the registry has: card" in unknown.json()["detail"]
    empty = TestClient(create_app(server.url, REGISTRY, "nothing")).get("/features/card/c7")
    assert empty.status_code == 503 and "not been filled" in empty.json()["detail"]


def test_reconciliation_names_what_differs(store: Online, tmp_path: Path) -> None:
    facts = [oracle.Fact(f"c{n}", NOW - 9 * S, NOW - 9 * S, f"u{n}", 1, 99) for n in range(3)]
    offline = Offline(tmp_path, load_registry(REGISTRY))
    offline.add(VIEW, updates(facts), "some")
    store.refill(CARD, offline.latest(VIEW, NOW))
    store.write(CARD, [row(NOW, NOW, 4.0, "c2")])  # never in the log

    def ask(entities: list[str]) -> list[Sample]:
        answer = store.read(CARD, entities)
        return [Sample(name, answer.at, given) for name, given in zip(entities, answer.found, strict=True)]

    found = reconcile(ask, offline, VIEW, ["c0", "c1", "c2", "c9"], lambda: None, seconds=2, rate=50)  # type: ignore[arg-type]
    with pytest.raises(FeatureError, match="nothing to look up"):
        reconcile(ask, offline, VIEW, [], lambda: None, seconds=0.1, rate=50)  # type: ignore[arg-type]
    assert {sample.entity for sample, _ in found.differing} == {"c2"}
    assert 0.1 < found.share < 0.5 and found.lookups >= 40
