"""The consumer on foreign messages, the kit from an empty folder, parameters that are refused, known-bad histories."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pandas as pd
import pytest
from confluent_kafka import Consumer, Producer

from lab.errors import ParameterError
from lab.evidence import params as parsing
from lab.evidence.criteria import judge
from lab.experiments.schema_evolution import CRITERIA, KIT, Params, history
from lab.experiments.schema_evolution.judge import counts, observations
from lab.experiments.schema_evolution.measure.topic import make_topics
from lab.experiments.schema_evolution.mechanism.consumer import (
    Event,
    Place,
    consume,
    frame,
    repaired,
    unframe,
)
from lab.experiments.schema_evolution.oracle.binary import encode, plan
from lab.experiments.schema_evolution.workload.orders import BAD, CHANGES, EXPLAINED
from lab.experiments.schema_evolution.workload.producer import orders, unpickled
from lab.services.http import HttpError, call
from lab.services.kafka import kafka
from lab.services.schemaregistry import schema_registry
from lab.services.workers import Worker, spawn

LATEST = history()[-1]
PATIENCE_S = 120  # a group that lost its only member gives its partitions away after 45 s


def outcome(name: str, observed: Any) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, Any]]:
    with kafka(heap_mb=256) as cluster, schema_registry() as found:
        yield cluster.bootstrap, found.registry


def _events(out: Path, worker: Worker, enough: Callable[[list[Event]], bool]) -> list[Event]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found: list[Event] = unpickled(out)[0]
        if enough(found):
            return found
        worker.check()
        time.sleep(0.1)
    raise AssertionError("nothing came")


@pytest.mark.service
def test_foreign_messages_are_put_aside_and_good_ones_between_them_are_read(
    servers: tuple[str, Any], tmp_path: Path
) -> None:
    bootstrap, registry = servers
    make_topics(bootstrap, "foreign", "foreign-dead", partitions=1)
    number = registry.register("foreign-value", LATEST)
    key, value = next(orders("good", LATEST, 1))
    good = frame(number, encode(value, plan(LATEST)))
    sent: list[tuple[bytes | None, bytes | None]] = [
        (b"json", b'{"order_id": 1}'),
        (b"short", b"\x00\x00"),
        (b"unknown", frame(999_999, b"\x00")),
        (b"cut", good[:-1]),
        (b"long", good + b"\x00"),
        (b"\xff\xfe", b""),
        (None, b"\x01rest"),
        (b"gone", None),
        (key.encode(), good),
    ]
    producer = Producer({"bootstrap.servers": bootstrap})
    for name, raw in sent:
        producer.produce("foreign", raw, name)
    assert producer.flush(PATIENCE_S) == 0
    out = tmp_path / "events"
    worker = spawn(
        consume, Place(bootstrap, registry.url, ("foreign",), "readers", "foreign-dead"), LATEST, out
    )
    events = _events(out, worker, lambda found: len(found) >= len(sent))
    worker.terminate()
    worker.join(30)
    assert [event.kind for event in events] == ["unreadable"] * 7 + ["deleted", "order"]
    assert events[-1].value["order_id"] == "good-000000"
    assert "the registry knows no schema 999999" in events[2].value
    letters = Consumer({"bootstrap.servers": bootstrap, "group.id": "dead", "auto.offset.reset": "earliest"})
    letters.subscribe(["foreign-dead"])
    found: list[Any] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < 7 and time.monotonic() < deadline:
        found += [item for item in letters.consume(10, 0.2) if not item.error()]
    letters.close()
    assert [(item.key(), item.value()) for item in found] == sent[:7]
    assert all(dict(item.headers())["error"] for item in found)


@pytest.mark.service
def test_a_consumer_without_a_place_for_dead_letters_stops_and_goes_on_where_it_was(
    servers: tuple[str, Any], tmp_path: Path
) -> None:
    bootstrap, registry = servers
    make_topics(bootstrap, "halting", "halting-dead", partitions=1)
    number = registry.register("halting-value", LATEST)
    stream = orders("o", LATEST, 1)
    good = [frame(number, encode(value, plan(LATEST))) for _, value in (next(stream), next(stream))]
    producer = Producer({"bootstrap.servers": bootstrap})
    for raw in (good[0], b"rubbish", good[1]):
        producer.produce("halting", raw, b"k")
    assert producer.flush(PATIENCE_S) == 0
    place = Place(bootstrap, registry.url, ("halting",), "halting-readers")
    worker = spawn(consume, place, LATEST, tmp_path / "one")
    _events(tmp_path / "one", worker, lambda found: len(found) >= 2)
    time.sleep(0.5)
    assert [event.kind for event in unpickled(tmp_path / "one")[0]] == ["order", "unreadable"]
    worker.terminate()
    worker.join(30)
    again = Place(bootstrap, registry.url, ("halting",), "halting-readers", "halting-dead")
    worker = spawn(consume, again, LATEST, tmp_path / "two")
    events = _events(tmp_path / "two", worker, lambda found: len(found) >= 2)
    worker.terminate()
    worker.join(30)
    assert [event.kind for event in events] == ["unreadable", "order"]


@pytest.mark.service
def test_the_roll_back_plan_shuts_the_bad_version_out_and_leaves_its_id_readable(
    servers: tuple[str, Any],
) -> None:
    _, registry = servers
    after, subject = CHANGES[0](LATEST), "planned-value"
    registry.register(subject, LATEST)
    registry.set_level("NONE", subject)
    bad = registry.register(subject, BAD(LATEST))
    registry.set_level("FULL_TRANSITIVE", subject)
    # While the bad version is there, it is given out again, and nothing good can follow it.
    assert registry.register(subject, BAD(LATEST)) == bad
    with pytest.raises(HttpError, match="409"):
        registry.register(subject, after)
    call("DELETE", f"{registry.url}/subjects/{subject}/versions/2")
    assert registry.schema(bad) == BAD(LATEST)
    with pytest.raises(HttpError, match="409"):
        registry.register(subject, BAD(LATEST))
    registry.register(subject, after)


def test_a_bad_order_is_written_again_as_the_good_one_that_it_should_have_been() -> None:
    bad, explained = BAD(LATEST), EXPLAINED(LATEST)
    _, value = next(orders("o", bad, 1))
    again = repaired(encode(value, plan(bad)), bad, explained, LATEST)
    good = {("client" if name == "buyer" else name): item for name, item in value.items()}
    assert again == encode(good, plan(LATEST))
    assert unframe(frame(7, again)) == (7, again)


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evolution", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""})


def test_the_kit_works_from_an_empty_folder_by_its_readme(tmp_path: Path) -> None:
    shutil.copytree(KIT / "evolution", tmp_path / "evolution", ignore=shutil.ignore_patterns("__pycache__"))
    for number, schema in enumerate([history()[5], history()[6], LATEST, BAD(LATEST)], 6):
        (tmp_path / f"v{number}.avsc").write_text(json.dumps(schema))
    fine = _run(tmp_path, "check", "--mode", "FULL_TRANSITIVE", "v6.avsc", "v7.avsc", "v8.avsc")
    assert (fine.returncode, fine.stdout) == (0, "")
    bad = _run(tmp_path, "check", "--mode", "BACKWARD", "v8.avsc", "v9.avsc")
    assert bad.returncode == 1 and "breaks (backward, version 1) /buyer: no default" in bad.stdout
    (tmp_path / "odd.avsc").write_bytes(b"\xff{")
    odd = _run(tmp_path, "check", "odd.avsc")
    assert odd.returncode == 2 and odd.stderr.startswith("evolution: odd.avsc is no JSON")
    assert _run(tmp_path, "check", "none.avsc").returncode == 2


def test_a_file_is_migrated_whole_or_not_at_all(tmp_path: Path) -> None:
    shutil.copytree(KIT / "evolution", tmp_path / "evolution", ignore=shutil.ignore_patterns("__pycache__"))
    wide = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
    narrow = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "int"}]}
    (tmp_path / "narrow.avsc").write_text(json.dumps(narrow))
    for name, numbers in (("small", [1, 2]), ("large", [1, 2**40])):
        with (tmp_path / f"{name}.avro").open("wb") as sink:
            fastavro.writer(sink, fastavro.parse_schema(dict(wide)), [{"n": number} for number in numbers])
    assert _run(tmp_path, "migrate", "small.avro", "out.avro", "narrow.avsc").returncode == 0
    with (tmp_path / "out.avro").open("rb") as source:
        assert list(fastavro.reader(source)) == [{"n": 1}, {"n": 2}]
    refused = _run(tmp_path, "migrate", "large.avro", "none.avro", "narrow.avsc")
    assert refused.returncode == 1 and "nothing was written: /n: 1099511627776 is no int" in refused.stderr
    assert not list(tmp_path.glob("none*"))


@pytest.mark.parametrize("broken", ["cut", "other", "empty"])
def test_a_file_that_is_cut_off_or_none_of_avros_is_refused_in_words_and_nothing_is_left(
    broken: str, tmp_path: Path
) -> None:
    shutil.copytree(KIT / "evolution", tmp_path / "evolution", ignore=shutil.ignore_patterns("__pycache__"))
    schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
    (tmp_path / "r.avsc").write_text(json.dumps(schema))
    with (tmp_path / "in.avro").open("wb") as sink:
        fastavro.writer(sink, fastavro.parse_schema(dict(schema)), [{"n": 2**40}] * 500)
    whole = (tmp_path / "in.avro").read_bytes()
    content = {"cut": whole[: len(whole) // 2], "other": b"PAR1" + whole, "empty": b""}[broken]
    (tmp_path / "in.avro").write_bytes(content)
    (tmp_path / "out.avro").write_bytes(b"what was there")
    refused = _run(tmp_path, "migrate", "in.avro", "out.avro", "r.avsc")
    assert refused.returncode == 1 and "nothing was written: " in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (tmp_path / "out.avro").read_bytes() == b"what was there"
    assert not list(tmp_path.glob("*.part"))


def test_a_migrated_file_stays_compressed(tmp_path: Path) -> None:
    shutil.copytree(KIT / "evolution", tmp_path / "evolution", ignore=shutil.ignore_patterns("__pycache__"))
    schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
    (tmp_path / "r.avsc").write_text(json.dumps(schema))
    with (tmp_path / "in.avro").open("wb") as sink:
        fastavro.writer(sink, fastavro.parse_schema(dict(schema)), [{"n": 1}] * 9, codec="deflate")
    assert _run(tmp_path, "migrate", "in.avro", "out.avro", "r.avsc").returncode == 0
    with (tmp_path / "out.avro").open("rb") as source:
        assert fastavro.reader(source).codec == "deflate"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mode": "BACKWARDS"}, "mode = 'BACKWARDS'"),
        ({"fuzz_pairs": 5}, "fuzz_pairs = 5"),
        ({"rate": "100"}, "rate = '100'"),
        ({"drills": 0}, "drills = 0"),
        ({"bad_s": float("nan")}, "bad_s"),
        ({"pairs": 400}, "unknown parameter 'pairs'"),
    ],
)
def test_a_wrong_parameter_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        parsing.parse(Params, given)


def _reading(**changed: int) -> pd.DataFrame:
    row = {
        "reader": 8,
        "orders": 10,
        "right": 10,
        "lossy": 0,
        "refused": 0,
        "silent": 0,
        "missing": 0,
        "doubled": 0,
    }
    return pd.DataFrame([row | {"writer": 1} | changed, row | {"writer": 2}, row | {"writer": 3}])


def test_a_version_counts_as_handled_only_without_a_flaw() -> None:
    assert outcome("versions_handled", observations.versions_handled(_reading())) == "pass"
    for flaw in ("refused", "silent", "missing", "doubled"):
        assert outcome("versions_handled", observations.versions_handled(_reading(**{flaw: 1}))) == "fail"
    assert outcome("versions_handled", observations.versions_handled(_reading(orders=0))) == "fail"


def test_one_silent_order_fails() -> None:
    assert outcome("no_silent_corruption", observations.no_silent_corruption(_reading(), None)) == "pass"
    assert (
        outcome("no_silent_corruption", observations.no_silent_corruption(_reading(silent=1), None)) == "fail"
    )


@pytest.mark.parametrize("reader", counts.READERS)
def test_one_random_pair_that_reader_misreads_on_either_library_fails(reader: str) -> None:
    fine = pd.DataFrame([dict.fromkeys(counts.DECODERS, "right")] * 3)
    assert outcome("no_silent_corruption", observations.no_silent_corruption(None, fine)) == "pass"
    fine.loc[1, reader] = "silent"
    assert outcome("no_silent_corruption", observations.no_silent_corruption(None, fine)) == "fail"


@pytest.mark.parametrize("flaw", ["lost", "doubled", "wrong"])
def test_a_drill_that_loses_doubles_or_changes_an_order_fails(flaw: str) -> None:
    row = {"lost": 0, "doubled": 0, "wrong": 0, "orders": 9, "bad_orders": 3}
    assert outcome("rolled_back", observations.rolled_back(pd.DataFrame([row]))) == "pass"
    assert outcome("rolled_back", observations.rolled_back(pd.DataFrame([row, row | {flaw: 1}]))) == "fail"


def test_a_reader_of_files_that_refuses_counts_as_wrong_in_every_cell() -> None:
    row = {"way": "read_versions", "cells": 10, "wrong": 0, "refused": ""}
    assert outcome("files_read_right", observations.files_read_right(pd.DataFrame([row]))) == "pass"
    assert observations.files_read_right(pd.DataFrame([row | {"refused": "no"}])).value == 10


def test_the_model_is_fitted_without_the_point_that_it_predicts() -> None:
    table = pd.DataFrame(
        [{"versions": n, "seconds": 1 + 2 * n} for n in (10, 20, 40)] + [{"versions": 80, "seconds": 999.0}]
    )
    predicted, measured = counts.prediction(table)
    assert (round(predicted, 6), measured) == (161.0, 999.0)
