"""The features, the guard, the restatement and the job's reading on Spark frames of a reader's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lab.experiments.late_features import KIT, features, guard, restatement
from lab.services.spark import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.service
HOUR = timedelta(hours=1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    with spark_session("tests", memory_mb=512) as found:
        yield found


def _events(spark: SparkSession, *rows: tuple[Any, ...], columns: str = "") -> Any:
    return spark.createDataFrame(
        list(rows), columns or "`event_time` TIMESTAMP, `arrival` TIMESTAMP, `key` STRING, `value` BIGINT"
    )


def _at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def _values(frame: Any) -> list[tuple[Any, ...]]:
    columns = ["unix_seconds(start) AS start", "key", "events", "total", "largest"]
    return sorted(map(tuple, frame.selectExpr(*columns).collect()), key=str)


def test_features_on_a_batch_take_null_keys_and_values(spark: SparkSession) -> None:
    start = int(NOON.timestamp())
    frame = _events(
        spark,
        (_at(1), _at(1), "a", 5),
        (_at(59.999), _at(1), "a", None),
        (_at(60), _at(1), "a", -7),
        (_at(2), _at(1), None, 3),
    )
    found = _values(features(frame, HOUR, HOUR, ["key"], "value"))
    assert found == sorted(
        [
            (start, "a", 2, 5, 5),
            (start, None, 1, 3, 3),
            (start + 3600, "a", 1, -7, -7),
        ],
        key=str,
    )


def test_features_take_names_with_dots_and_spaces_and_decimals(spark: SparkSession) -> None:
    columns = "`when` TIMESTAMP, `air line` STRING, `to.port` STRING, `late by` DECIMAL(9,2)"
    frame = _events(spark, (_at(1), "UA", "EWR", None), columns=columns)
    found = features(frame, HOUR, HOUR, ["air line", "to.port"], "late by", time="when")
    assert found.columns == ["start", "end", "air line", "to.port", "events", "total", "largest"]
    assert found.collect()[0]["events"] == 1


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (["key", "none"], "value", "needs one column 'none'; it has: event_time, arrival, key, value"),
        (["key"], "Value", "needs one column 'Value'"),
        (["events"], "value", "rename the keys events"),
    ],
)
def test_features_refuse_in_words(spark: SparkSession, keys: list[str], value: str, words: str) -> None:
    frame = _events(spark, (_at(1), _at(1), "a", 5)).selectExpr("*", "key AS e")
    frame = frame.withColumnRenamed("e", "events") if keys == ["events"] else frame.drop("e")
    with pytest.raises(ValueError, match=words):
        features(frame, HOUR, HOUR, keys, value)


@pytest.mark.parametrize("span", [timedelta(microseconds=5), timedelta(hours=-1)])
def test_a_window_that_spark_can_not_have_is_refused(spark: SparkSession, span: timedelta) -> None:
    with pytest.raises(ValueError, match="no whole number of milliseconds"):
        features(_events(spark, (_at(1), _at(1), "a", 5)), HOUR, span, ["key"], "value")


def test_the_guard_loses_no_row_and_keeps_none_from_the_future(spark: SparkSession) -> None:
    frame = _events(
        spark,
        (_at(60), _at(0), "at the bound", 1),
        (_at(60.001), _at(0), "beyond", 2),
        (_at(-90_000), _at(0), "late", 3),
        (None, _at(0), "without a time", 4),
        (_at(0), None, "without an arrival", 5),
        (datetime(9999, 1, 1, tzinfo=UTC), _at(0), "milliseconds for seconds", 6),
        (datetime(1960, 1, 1, tzinfo=UTC), _at(0), "before 1970", 7),
    )
    kept, refused = (
        sorted(row.value for row in part.select("value").collect()) for part in guard(HOUR)(frame)
    )
    assert (kept, refused) == ([1, 3, 7], [2, 4, 5, 6])


def test_the_guard_refuses_columns_that_are_no_timestamps(spark: SparkSession) -> None:
    text = _events(spark, ("2024", _at(0)), columns="event_time STRING, arrival TIMESTAMP")
    with pytest.raises(ValueError, match="'event_time' is of type string; cast it to timestamp first"):
        guard(HOUR)(text)
    with pytest.raises(ValueError, match="needs one column 'arrived'"):
        guard(HOUR, arrival="arrived")(text)
    with pytest.raises(ValueError, match="can't be negative"):
        guard(-HOUR)


def test_a_restatement_names_what_is_otherwise_or_lacking_and_nothing_else(spark: SparkSession) -> None:
    rows = [(_at(1), _at(1), "same", 5), (_at(2), _at(2), "short", 5), (_at(3), _at(9), "short", 7)]
    rows += [(_at(4), _at(4), "lacking", 1), (_at(5), _at(5), None, 2), (_at(-61), _at(1), "short", 1)]
    frame = _events(spark, *rows)
    served = features(
        frame.where("value <> 7 AND key <> 'lacking' OR key IS NULL"), HOUR, HOUR, ["key"], "value"
    )
    served = served.where("start >= TIMESTAMP '2024-05-01 12:00:00'")
    again = restatement(served, frame, HOUR, ["key"], "value")
    start = int(NOON.timestamp())
    assert [row[:2] for row in _values(again)] == sorted(
        [(start, "lacking"), (start, "short"), (start - 7200, "short")], key=str
    )
    since = restatement(served, frame, HOUR, ["key"], "value", since=NOON)
    assert [row[1] for row in _values(since)] == ["lacking", "short"]
    with pytest.raises(ValueError, match="no time zone"):
        restatement(served, frame, HOUR, ["key"], "value", since=NOON.replace(tzinfo=None))


def test_the_job_reads_what_is_an_event_and_keeps_the_words_of_what_is_none(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(KIT))
    from late.job import parsed  # type: ignore[import-not-found]

    sent = [
        b'{"event_time": "2024-05-01T14:00:00+02:00", "key": "a", "value": 1.5, "more": 7}',
        b'{"event_time": "soon", "key": "b", "value": 1}',
        b'{"key": "c"}',
        b"no json",
        b"[1, 2]",
        None,
    ]
    raw = _events(spark, *((value, _at(0)) for value in sent), columns="value BINARY, timestamp TIMESTAMP")
    events = parsed(raw, ["key"], "value")
    kept, refused = guard(HOUR)(events)
    assert [(row.key, row.value) for row in kept.select("key", "value").collect()] == [("a", 1.5)]
    words = [value.decode() if value else None for value in sent[1:]]
    assert [row.raw for row in refused.select("raw").collect()] == words


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('"12"', 12.0),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("18446744073709551616", 2.0**64),
        ('"twelve"', None),
        ('""', None),
        ("null", None),
        ("true", None),
        ('"NaN"', None),
        ("1e999", None),
        ("[1]", None),
    ],
)
def test_a_value_is_a_number_or_its_text_and_an_event_without_one_is_refused(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, value: str, read: float | None
) -> None:
    monkeypatch.syspath_prepend(str(KIT))
    from late.job import parsed

    body = f'{{"event_time": "2024-05-01T12:00:00Z", "key": "a", "value": {value}}}'
    raw = _events(spark, (body.encode(), _at(0)), columns="value BINARY, timestamp TIMESTAMP")
    kept, refused = guard(HOUR)(parsed(raw, ["key"], "value"))
    assert [row.value for row in kept.collect()] == ([] if read is None else [read])
    assert [row.raw for row in refused.collect()] == ([body] if read is None else [])
