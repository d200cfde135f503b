"""The join on two times, on histories of which the answer is known; on foreign data; registries and messages refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.experiments.feature_store import (
    REGISTRY,
    Join,
    Offline,
    Params,
    historical,
    load_registry,
    oracle,
    run,
)
from lab.experiments.feature_store.kit.features.registry import FeatureError, Registry
from lab.experiments.feature_store.kit.features.updates import Computer, Update, parse
from lab.experiments.feature_store.measure.offline import VIEW, features, updates
from lab.experiments.feature_store.oracle import Fact
from lab.experiments.feature_store.workload.joins import ASOF, JOINS, LATEST, OURS, WINDOW

NINE = datetime(2026, 1, 31, 9)
HOUR, US = timedelta(hours=1), timedelta(microseconds=1)


def fact(event: datetime, known: datetime, id: str = "u1", balance: int = 900, entity: str = "c7") -> Fact:
    return Fact(entity, event, known, id, 100, balance)


def stored(folder: Path, *facts: Fact) -> Offline:
    offline = Offline(folder, load_registry(REGISTRY))
    offline.add(VIEW, updates(facts), "some")
    return offline


def balances(offline: Offline, *moments: datetime, join: Join = OURS) -> list[float | None]:
    table = offline.join(VIEW, ["c7"] * len(moments), list(moments), join.sql)
    return table["balance_eur"].to_pylist()


def test_a_value_shows_once_it_has_happened_and_is_known_and_not_a_microsecond_sooner(tmp_path: Path) -> None:
    offline = stored(tmp_path, fact(NINE, NINE + HOUR))
    assert balances(offline, NINE, NINE + HOUR - US, NINE + HOUR) == [None, None, 9.0]
    assert balances(offline, NINE, join=ASOF) == [9.0]  # the leak
    assert balances(offline, NINE - HOUR, join=LATEST) == [9.0]


def test_a_clock_that_runs_ahead_shows_nothing_before_its_event(tmp_path: Path) -> None:
    offline = stored(tmp_path, fact(NINE + HOUR, NINE))
    assert balances(offline, NINE, NINE + HOUR) == [None, 9.0]


def test_a_late_event_never_replaces_a_later_one_and_a_correction_does(tmp_path: Path) -> None:
    offline = stored(
        tmp_path,
        fact(NINE, NINE, "u1", 100),
        fact(NINE - HOUR, NINE + HOUR, "u0", 200),
        fact(NINE, NINE + 2 * HOUR, "u1", 300),
        fact(NINE, NINE + 3 * HOUR, "u1", 300),
    )
    assert balances(offline, *(NINE + n * HOUR for n in range(4))) == [1.0, 1.0, 3.0, 3.0]


def test_of_two_at_the_same_times_the_later_one_in_the_log_counts(tmp_path: Path) -> None:
    """By place, not by the id's text: u10 sorts before u9."""
    same = [replace(fact(NINE, NINE, f"u{place}", 100 * place), place=place) for place in (10, 9)]
    offline = Offline(tmp_path, load_registry(REGISTRY))
    offline.add(
        VIEW, [replace(row, offset=fact.place) for row, fact in zip(updates(same), same, strict=True)], "a"
    )
    assert [balances(offline, NINE, join=join) for join in JOINS] == [[10.0]] * len(JOINS)
    assert oracle.at(oracle.by_entity(same), "c7", NINE) == same[0]


def test_a_value_holds_until_its_ttl_after_the_event_and_no_longer(tmp_path: Path) -> None:
    offline = stored(tmp_path, fact(NINE, NINE + HOUR))
    assert balances(offline, NINE + oracle.TTL, NINE + oracle.TTL + US) == [9.0, None]


MOMENTS = st.integers(0, 30).map(lambda step: NINE + step * timedelta(hours=8))
FACTS = st.lists(
    st.builds(
        fact, MOMENTS, MOMENTS, st.sampled_from("abc"), st.integers(1, 9), st.sampled_from(["c7", "c8"])
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    facts=FACTS,
    asked=st.lists(st.tuples(st.sampled_from(["c7", "c8", "c9"]), MOMENTS), min_size=1, max_size=8),
)
def test_both_joins_are_the_count_by_hand(tmp_path: Path, facts: list[Fact], asked: list) -> None:
    unique = list(
        {(item.entity, item.event_time, item.known_time, item.event_id): item for item in facts}.values()
    )
    offline, grouped = stored(tmp_path, *unique), oracle.by_entity(unique)
    truth = [oracle.at(grouped, entity, moment) for entity, moment in asked]
    for join in (OURS, WINDOW):
        table = offline.join(VIEW, [row[0] for row in asked], [row[1] for row in asked], join.sql)
        found = [features(row) for row in table.select(list(oracle.NAMES)).to_pylist()]
        assert oracle.wrong(truth, found) == []


def test_the_oracle_knows_where_a_correction_decides() -> None:
    facts = oracle.by_entity(
        [fact(NINE, NINE, balance=1), fact(NINE, NINE + HOUR, balance=2), fact(NINE, NINE, "r", 1)]
    )
    assert [oracle.corrected(facts, "c7", NINE + n * HOUR) for n in (-1, 0, 1)] == [False, False, True]
    assert oracle.corrected(facts, "c7", NINE, "event")


def test_the_oracle_names_what_is_otherwise_missing_or_made_up() -> None:
    right = fact(NINE, NINE)
    assert oracle.wrong([right, right, None], [right.features(), None, right.features()]) == [1, 2]
    with pytest.raises(ValueError, match="2 rows expected, 1 found"):
        oracle.wrong([None, None], [None])


@pytest.mark.parametrize("join", JOINS, ids=lambda join: join.name)
def test_a_readers_own_join_is_judged(join: Join) -> None:
    small = Params(entities=200, history=5, asked=300)
    wrong = run(small, Join("mine", join.sql)).observed["point_in_time"].value
    assert (wrong > 0) is (join in (ASOF, LATEST))


def test_rows_columns_index_and_duplicates_stay_as_they_are(tmp_path: Path) -> None:
    stored(tmp_path, fact(NINE, NINE, balance=2**53 + 1), fact(NINE, NINE, "n", 5, "7"))
    asked = pd.DataFrame(
        {
            "label": [1, 0, 1, 0],
            "card_id": np.array(["c7", 7, np.uint8(7), "c7"], dtype=object),
            "at": [NINE, NINE.replace(tzinfo=UTC), pd.Timestamp("2026-01-31T10:00:00.000000999+01:00"), NINE],
        },
        index=[3, 3, 1, 0],
    )
    before = asked.copy(deep=True)
    found = historical(asked, tmp_path)
    pd.testing.assert_frame_equal(asked, before)
    assert list(found.index) == [3, 3, 1, 0] and list(found["label"]) == [1, 0, 1, 0]
    assert found["balance_eur"].tolist() == [(2**53 + 1) / 100.0, 0.05, 0.05, (2**53 + 1) / 100.0]
    assert historical(asked.iloc[:0], tmp_path).shape == (0, 7)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"card_id": [None]}, "None is no key"),
        ({"card_id": [float("nan")]}, "nan is no key"),
        ({"card_id": [7.0]}, "7.0 is no key"),
        ({"card_id": [True]}, "True is no key"),
        ({"card_id": ["a\nb"]}, "is no key"),
        ({"at": [pd.NaT]}, "at is NaT"),
        ({"at": ["2026-01-31"]}, "at is '2026-01-31'"),
        ({"at": [1_769_850_000]}, "at is 1769850000"),
        ({"night": [True]}, "has night, which would be replaced"),
    ],
)
def test_foreign_rows_are_refused_in_words(tmp_path: Path, changed: dict[str, list], said: str) -> None:
    stored(tmp_path, fact(NINE, NINE))
    columns = {"card_id": pd.Series(["c7"], dtype=object), "at": pd.Series([NINE], dtype=object)}
    asked = pd.DataFrame(
        {**columns, **{name: pd.Series(rows, dtype=object) for name, rows in changed.items()}}
    )
    with pytest.raises(FeatureError, match=said):
        historical(asked, tmp_path)


def test_files_of_another_registry_are_refused_in_words(tmp_path: Path) -> None:
    """A field more, or one of another type: read together they would be cast, or be NULL."""
    offline = stored(tmp_path, fact(NINE, NINE))
    view = offline.registry.view(VIEW)
    for fields in ({**view.fields, "tip": "BIGINT"}, {**view.fields, "amount": "DOUBLE"}):
        changed = Offline(tmp_path, Registry({VIEW: replace(view, fields=fields)}))
        with pytest.raises(FeatureError, match="load the log into a new folder"):
            changed.latest(VIEW, NINE)


def test_missing_columns_and_an_empty_store_are_named(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="lacks at, card_id"):
        historical(pd.DataFrame({"x": [1]}), tmp_path)
    with pytest.raises(FeatureError, match="no updates of card"):
        historical(pd.DataFrame({"card_id": ["c"], "at": [NINE]}), tmp_path)


def test_offline_and_the_stream_compute_the_same_and_no_infinity(tmp_path: Path) -> None:
    facts = [Fact("c7", NINE, NINE, "u", 5, -5), Fact("c8", NINE, NINE, "v", 1, 3)]  # a division by zero
    offline = stored(tmp_path, *facts)
    online = Computer(offline.registry.view(VIEW))(updates(facts))
    table = offline.join(VIEW, ["c7", "c8"], [NINE, NINE]).select(list(oracle.NAMES))
    assert table.to_pylist() == online
    assert [row["share_spent"] for row in online] == [None, 0.25]


def test_one_update_of_which_a_feature_cant_be_computed_keeps_no_other_from_being_read(
    tmp_path: Path,
) -> None:
    """An overflow in the default registry, and a cast that fails: NULL in both stores, not the end of the stream."""
    facts = [Fact("c7", NINE, NINE, "u", 2**63 - 1, 1), Fact("c8", NINE, NINE, "v", 1, 3)]
    offline = stored(tmp_path, *facts)
    declared = offline.registry.view(VIEW)
    parity = replace(declared.features[1], sql="CAST(CASE WHEN balance = 1 THEN 'x' ELSE '4' END AS BIGINT)")
    for view in (declared, replace(declared, features=(parity,))):
        changed = Offline(tmp_path, Registry({VIEW: view}))
        found = changed.join(VIEW, ["c7", "c8"], [NINE, NINE]).select(view.names).to_pylist()
        assert found == Computer(view)(updates(facts))
        assert [row["share_spent"] is None for row in found] == [True, False]


GOOD: dict[str, Any] = {
    "event_id": "u1",
    "card_id": "Zoë 東",
    "event_time": "1969-12-31T23:00:00-05:00",
    "amount": 1,
    "balance": None,
    "more": {},
}


def test_a_message_is_taken_with_its_zone_and_what_nobody_asked_for_is_left_out() -> None:
    found = parse(json.dumps(GOOD).encode(), NINE, load_registry(REGISTRY).view(VIEW))
    assert found == Update("Zoë 東", datetime(1970, 1, 1, 4), NINE, "u1", {"amount": 1, "balance": None})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"event_time": "2026-01-31T09:00:00"}, "with its offset"),
        ({"event_time": 1_769_850_000}, "event_time is"),
        ({"event_time": "0001-01-01T00:00:00+14:00"}, "event_time is"),
        ({"event_time": "2026-01-31T09:10:00.000001Z"}, "after the log had it"),
        ({"event_time": "9999-12-31T23:59:59Z"}, "after the log had it"),
        ({"amount": "12"}, "amount is '12'"),
        ({"amount": 1.5}, "amount is 1.5"),
        ({"amount": 2**63}, "no BIGINT"),
        ({"amount": True}, "amount is True"),
        ({"amount": math.nan}, "no BIGINT"),
        ({"card_id": ""}, "is no key"),
        ({"event_id": None}, "is no key"),
    ],
)
def test_a_message_with_a_wrong_value_is_refused_in_words(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(FeatureError, match=said):
        parse(json.dumps(GOOD | changed).encode(), NINE, load_registry(REGISTRY).view(VIEW))


def test_half_a_character_is_refused_before_a_store_meets_it() -> None:
    view = replace(load_registry(REGISTRY).view(VIEW), fields={"amount": "VARCHAR"})
    assert parse(json.dumps(GOOD | {"amount": "😀\x00"}).encode(), NINE, view).fields == {"amount": "😀\x00"}
    with pytest.raises(FeatureError, match="no VARCHAR"):
        parse(
            b'{"event_id": 1, "card_id": 1, "event_time": "2026-01-01T00:00:00Z", "amount": "\\ud83d"}',
            NINE,
            view,
        )


@pytest.mark.parametrize("body", [None, b"", b"{", b"\xff\xfe", b"[]", b"7", b"{}", b"[" * 100_000])
def test_a_message_that_is_no_update_is_refused_in_words(body: bytes | None) -> None:
    with pytest.raises(FeatureError, match="the message"):
        parse(body, NINE, load_registry(REGISTRY).view(VIEW))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "Card-1"}, "can't name a view"),
        ({"ttl_s": -1}, "ttl_s is -1"),
        ({"ttl_s": math.nan}, "ttl_s is nan"),
        ({"fields": {"amount": "INT"}}, "has the type 'INT'"),
        ({"fields": {"event_time": "BIGINT"}}, "can't name a field"),
        ({"features": [{"name": "a", "type": "DOUBLE", "sql": "balance +"}]}, "view card: Parser Error"),
        ({"features": [{"name": "a", "type": "DOUBLE", "sql": "nothing"}]}, "view card: Binder Error"),
        ({"features": [{"name": "amount", "type": "BIGINT", "sql": "1"}]}, "amount is there twice"),
        ({"features": []}, "is a list"),
        ({"entity": None}, "can't name the entity"),
    ],
)
def test_a_registry_that_cant_be_used_is_refused_before_anything_is_done(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    declared = yaml.safe_load(REGISTRY.read_text())
    declared["views"][0] |= changed
    (tmp_path / "registry.yaml").write_text(yaml.safe_dump(declared))
    with pytest.raises(FeatureError, match=said):
        load_registry(tmp_path / "registry.yaml")


@pytest.mark.parametrize("text", ["", "views: [", "version: 2\nviews: []", "version: 1\nviews: []", "\x00"])
def test_a_file_that_is_no_registry_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "registry.yaml").write_text(text)
    with pytest.raises(FeatureError, match=r"registry\.yaml"):
        load_registry(tmp_path / "registry.yaml")
