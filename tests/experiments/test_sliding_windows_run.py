"""Windows() on data of a reader's own and on foreign data; the kit from an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lab import paths
from lab.experiments.sliding_windows import KIT, windows
from lab.services import sparkjvm
from lab.services.kafka import kafka
from lab.services.spark import spark_session
from lab.services.sparklean import kafka_only

pytest.importorskip("pyspark", reason="Spark is not installed; lab setup sliding_windows")
pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
ONE_TASK = {"spark.sql.shuffle.partitions": "1"}
MINUTE = timedelta(minutes=1)
SCHEMA = "user STRING, event_time TIMESTAMP, event_id STRING, value BIGINT"
JOB = ("--bootstrap", "b", "--checkpoint", "c", "--size", "60", "--slide", "60")
TIME = "2026-03-29T00:59:30Z"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    with spark_session("foreign", settings=kafka_only() | ONE_TASK, memory_mb=768) as session:
        yield session


Found = list[dict[str, Any]]


@pytest.fixture
def ask(spark: Any, tmp_path: Path) -> Callable[..., Found]:
    """Windows of a minute over these rows, as a stream of one batch."""

    def asked(rows: list[dict[str, Any]], schema: str = SCHEMA, **more: Any) -> Found:
        source, name = tmp_path / "in", f"found_{uuid.uuid4().hex[:8]}"
        source.mkdir()
        (source / "rows.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
        found = windows(spark.readStream.schema(schema).json(str(source)), MINUTE, MINUTE, MINUTE, **more)
        writer = found.writeStream.format("memory").queryName(name).outputMode("complete")
        query = (
            writer.option("checkpointLocation", str(tmp_path / "check")).trigger(availableNow=True).start()
        )
        query.awaitTermination()
        return [row.asDict() for row in spark.table(name).collect()]

    return asked


def event(event_id: str | int | None, value: Any = 1, **more: Any) -> dict[str, Any]:
    return {"user": "ann", "event_time": TIME, "event_id": event_id, "value": value} | more


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([event("a"), event("b", event_time=None)], "a row has no event_time"),
        ([event("a", event_time="1969-12-31T23:59:59Z")], "or one before 1970"),
        ([event("a", event_time="1970-01-01T00:00:00Z")], "or one before 1970"),
        ([event("a"), event(None)], "a row has no event_id"),
        ([event("a", 2**63 - 1), event("b", 1)], "overflow"),
    ],
)
def test_a_row_that_could_only_be_lost_stops_the_stream_in_words(
    ask: Callable[..., Found], rows: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(Exception, match=words):
        ask(rows)


def test_values_that_are_missing_are_counted_and_else_left_out(ask: Callable[..., Found]) -> None:
    (row,) = ask([event("a", None), event("b", 3), event("c", 3), event("d", 5)])
    assert (row["count"], row["sum"], row["distinct"]) == (4, 11, 2)
    assert row["mean"] == pytest.approx(11 / 3)


def test_a_window_of_missing_values_only_has_no_sum(ask: Callable[..., Found]) -> None:
    (row,) = ask([event("a", None)])
    assert (row["count"], row["sum"], row["mean"], row["distinct"]) == (1, None, None, 0)


def test_no_user_is_a_user_of_its_own_and_names_are_taken_as_they_are(ask: Callable[..., Found]) -> None:
    users = [None, "", "Ann", "ann", "ann ", "Zoë 😀", "a.b`c'"]
    found = ask([event(f"{place}", user=user) for place, user in enumerate(users)])
    assert {row["user"]: row["count"] for row in found} == dict.fromkeys(users, 1)


def test_ids_are_told_apart_by_user_and_by_case(ask: Callable[..., Found]) -> None:
    found = ask([event("x"), event("x"), event("X"), event("x", user="bob"), event("ｘ")])
    assert {row["user"]: row["count"] for row in found} == {"ann": 3, "bob": 1}


@pytest.mark.parametrize(
    ("kind", "values", "total"),
    [
        ("TINYINT", [127, 127, -1], 253),
        ("SMALLINT", [32767, 1], 32768),
        ("DECIMAL(20,2)", [0.1, 0.2], 0.3),
        ("DOUBLE", [-0.5, 1e300], 1e300),
    ],
)
def test_small_large_and_decimal_numbers_are_summed(
    ask: Callable[..., Found], kind: str, values: list[Any], total: float
) -> None:
    (row,) = ask(
        [event(f"{place}", value) for place, value in enumerate(values)], SCHEMA.replace("value BIGINT", f"value {kind}")
    )  # fmt: skip
    assert float(row["sum"]) == pytest.approx(total)
    assert row["count"] == len(values)


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT"])
def test_a_value_that_is_no_number_is_one_value_and_there_is_one_zero(
    ask: Callable[..., Found], kind: str
) -> None:
    values = ["NaN", "NaN", 0.0, -0.0, 1.5, 1.5, None]
    rows = [event(f"{place}", value) for place, value in enumerate(values)]
    (row,) = ask(rows, SCHEMA.replace("value BIGINT", f"value {kind}"))
    assert (row["count"], row["distinct"]) == (7, 3)
    assert row["sum"] != row["sum"] and row["mean"] != row["mean"]


def test_a_clock_that_is_put_on_moves_no_window(spark: Any, ask: Callable[..., Found]) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")  # 02:00 became 03:00 at TIME + 30 s
    try:
        found = ask([event("a"), event("b", event_time="2026-03-29T01:00:30Z")])
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    first, second = sorted(row["start"] for row in found)
    assert second - first == MINUTE


def test_more_columns_and_more_aggregates_do_no_harm(ask: Callable[..., Found]) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    schema = SCHEMA + ", `odd name.x` INT, window STRING, count INT"
    extra = {"odd name.x": 7, "window": "w", "count": 9}
    (row,) = ask([event("a") | extra], schema, also=(F.max("`odd name.x`").alias("the largest.x"),))
    assert (row["count"], row["the largest.x"]) == (1, 7)


def test_nothing_gives_nothing(ask: Callable[..., Found]) -> None:
    assert ask([]) == []


@pytest.mark.parametrize(
    ("schema", "error", "words"),
    [
        (SCHEMA.replace("TIMESTAMP", "STRING"), TypeError, "event_time is string: must be timestamp"),
        (SCHEMA.replace("TIMESTAMP", "TIMESTAMP_NTZ"), TypeError, "name its time zone"),
        (SCHEMA.replace("BIGINT", "STRING"), TypeError, "value is string: must be a number"),
        (SCHEMA.replace("event_id STRING, ", ""), ValueError, "must have one column 'event_id', and has 0"),
        (SCHEMA.replace("user ", "User "), ValueError, "must have one column 'user', and has 0"),
    ],
)
def test_a_frame_that_cannot_be_right_is_refused(
    ask: Callable[..., Found], schema: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask([event("a")], schema)


@pytest.mark.parametrize(
    ("durations", "words"),
    [
        ((MINUTE, 2 * MINUTE, MINUTE), "slide = 0:02:00: must be above 0 and at most size"),
        ((MINUTE, timedelta(0), MINUTE), "slide = 0:00:00"),
        ((MINUTE, MINUTE, -MINUTE), "must not be negative"),
        ((timedelta(microseconds=1500), timedelta(microseconds=1500), MINUTE), "whole milliseconds"),
        (("1 minute", MINUTE, MINUTE), "must be a datetime.timedelta"),
        ((60, MINUTE, MINUTE), "must be a datetime.timedelta"),
    ],
)
def test_durations_that_cannot_be_right_are_refused(spark: Any, durations: tuple, words: str) -> None:
    stream = spark.readStream.format("rate").load()
    with pytest.raises((TypeError, ValueError), match=words):
        windows(stream, *durations)


def test_a_table_is_refused(spark: Any) -> None:
    with pytest.raises(ValueError, match="is not a stream"):
        windows(spark.createDataFrame([], SCHEMA), MINUTE, MINUTE, MINUTE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder with the kit's files in it."""
    folder = tmp_path / "kit"
    shutil.copytree(KIT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def call(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    own = os.environ | sparkjvm.environment() | {"PYSPARK_PYTHON": sys.executable}
    return subprocess.run(command, cwd=home, env=own, capture_output=True, text=True, timeout=240)


@pytest.mark.drill
def test_the_kits_tests_pass_elsewhere(home: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "test_windows.py")
    done = call(home, sys.executable, "-m", "pytest", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("generate.py", "--users", "0"), "must be above 0"),
        (("generate.py", "--late", "2"), "are shares, from 0 to 1"),
        (
            ("job.py", *JOB, "--events", "e", "--windows", "e"),
            "must be another topic",
        ),
    ],
)
def test_the_kits_programs_say_what_is_wrong(home: Path, given: tuple[str, ...], words: str) -> None:
    done = call(home, sys.executable, *given)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


@pytest.mark.drill
def test_the_kits_job_reads_what_the_kits_generator_writes(home: Path) -> None:
    written = call(
        home, sys.executable, "generate.py", "--events", "500", "--users", "3", "--late", "0"
    ).stdout
    with kafka(heap_mb=256) as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        for made in admin.create_topics([NewTopic("events", 2, 1), NewTopic("out", 1, 1)]).values():
            made.result()
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for line in written.splitlines():
            producer.produce("events", line)
        assert producer.flush(120) == 0
        jars = ",".join(map(str, sorted((paths.tools() / "spark").glob("*.jar"))))
        submit = [str(sparkjvm.spark_home() / "bin" / "spark-submit"), "--master", "local[1]", "--jars", jars]
        submit += ["--conf", "spark.ui.enabled=false", "job.py", "--bootstrap", broker.bootstrap]
        submit += ["--events", "events", "--windows", "out", "--checkpoint", str(home / "checkpoint")]
        submit += ["--size", "3600", "--slide", "3600", "--mode", "update"]
        own = os.environ | sparkjvm.environment() | {"PYSPARK_PYTHON": sys.executable}
        quiet: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
        with subprocess.Popen(submit, cwd=home, env=own, start_new_session=True, **quiet) as job:
            try:
                counted = _counted(broker.bootstrap, 500)
            finally:
                os.killpg(job.pid, signal.SIGKILL)  # the JVM and the Python that it started
    assert counted == 500


def _counted(bootstrap: str, wanted: int) -> int:
    """Events in the last row of each window, once there are as many as wanted; or what there is after two minutes."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "t", "auto.offset.reset": "earliest"})
    consumer.subscribe(["out"])
    last: dict[tuple[str, str], int] = {}
    deadline = time.monotonic() + 120
    while sum(last.values()) < wanted and time.monotonic() < deadline:
        for message in consumer.consume(100, 0.5):
            if message.error():  # a topic that is seconds old may have no leader yet
                continue
            row = json.loads(message.value())
            last[row["user"], row["start"]] = row["count"]
    consumer.close()
    return sum(last.values())
