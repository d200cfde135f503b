"""Kinds of events that others' producers send: twice, late, in parts, of any type; each with an input of our own.

Sources, read in November 2026: OpenLineage/OpenLineage issues 599, 636, 1726; MarquezProject/marquez issue 2708;
microsoft/Purview-ADB-Lineage-Solution-Accelerator issues 9 and 236.
"""

from __future__ import annotations

import copy
import itertools
import json
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from lab.experiments.lineage import KIT, Recorder, create_app
from lab.experiments.lineage.kit.lineage import __main__ as cli
from lab.experiments.lineage.mechanism import DATABASE, store
from lab.services.webapp import web_app

RUN = "0196c7a4-0000-7000-8000-000000000001"


def _event(
    kind: str = "COMPLETE",
    at: str = "2026-01-01T10:00:00Z",
    source: str = "a",
    run: str = RUN,
    columns: tuple[str, ...] = ("x",),
) -> dict[str, Any]:
    """t.x is made from s.`source`."""
    told = {"x": {"inputFields": [{"namespace": "n", "name": "s", "field": source}]}}
    facets = {"columnLineage": {"fields": told}, "schema": {"fields": [{"name": name} for name in columns]}}
    return {
        "eventType": kind,
        "eventTime": at,
        "run": {"runId": run},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [
            {"namespace": "n", "name": "s", "facets": {"schema": {"fields": [{"name": "a"}, {"name": "b"}]}}}
        ],
        "outputs": [{"namespace": "n", "name": "t", "facets": facets}],
    }


def _told(path: Path, *events: dict[str, Any]) -> set[str]:
    with store.opened(path) as connection:
        for one in events:
            store.receive(connection, one)
        return {item.field for item in store.upstream(connection, "t", "x")}


def test_an_event_that_comes_twice_counts_once(tmp_path: Path) -> None:
    assert _told(tmp_path / "s.db", _event(), _event()) == {"a"}
    with store.opened(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_runs_the_one_that_completed_last_counts_in_whatever_order_they_come(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    # 11:00+02:00 is before 10:00Z, though it looks later.
    runs = (
        _event(at="2026-01-01T11:00:00+02:00", source="a", run=str(uuid.uuid4()), columns=("x", "old")),
        _event(at="2026-01-01T10:00:00.5Z", source="b", run=str(uuid.uuid4())),
    )
    assert _told(tmp_path / "s.db", *(runs[place] for place in order)) == {"b"}
    with store.opened(tmp_path / "s.db") as connection:
        assert store.columns(connection)["t"] == ["x"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_events_of_one_run_add_up_in_whatever_order_they_come(tmp_path: Path, order: tuple[int, ...]) -> None:
    start, running, complete = (
        _event(kind, f"2026-01-01T10:0{n}:00Z") for n, kind in enumerate(("START", "RUNNING", "COMPLETE"))
    )
    del start["outputs"]
    del running["inputs"]
    complete |= {"inputs": [], "outputs": []}
    parts = (start, running, complete)
    assert _told(tmp_path / "s.db", *(parts[place] for place in order)) == {"a"}
    with store.opened(tmp_path / "s.db") as connection:
        assert store.rows_of(connection, "t") == ["s"]


def test_a_run_that_failed_changes_no_columns(tmp_path: Path) -> None:
    failed = _event("FAIL", "2026-01-01T12:00:00Z", run=str(uuid.uuid4()), columns=("other",))
    assert _told(tmp_path / "s.db", _event(), failed) == {"a"}
    with store.opened(tmp_path / "s.db") as connection:
        assert store.columns(connection)["t"] == ["x"]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, item in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from _places(item, (*path, key))


def _changed(path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(_event())
    if not path:
        return value
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def test_whatever_stands_in_a_field_is_taken_or_refused_in_words(tmp_path: Path) -> None:
    client = TestClient(create_app(tmp_path / "s.db"), raise_server_exceptions=False)
    stored = 0
    for path in _places(_event()):
        for value in (
            None,
            5,
            1e400,
            True,
            "",
            "\ud800",
            "\0",
            "x" * 10_000,
            [],
            [None],
            {},
            {"name": 1},
            [[1]],
        ):
            body = json.dumps(_changed(path, value))
            answer = client.post(
                "/api/v1/lineage", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code in (201, 422), (path, value, answer.text)
            assert answer.status_code == 201 or answer.json()["detail"]
            stored += answer.status_code == 201
    assert stored > 0
    assert client.get("/api/graph").status_code == 200


def test_many_producers_at_once_lose_nothing(tmp_path: Path) -> None:
    client = TestClient(create_app(tmp_path / "s.db"))
    answers: list[int] = []

    def send(number: int) -> None:
        for minute in range(5):
            one = _event(at=f"2026-01-01T10:0{minute}:00Z", run=str(uuid.uuid4()))
            one["job"] = {"namespace": f"n{number}", "name": "j"}
            answers.append(client.post("/api/v1/lineage", json=one).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 40
    with store.opened(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (40,)
        assert connection.execute("SELECT count(*) FROM home").fetchone() == (1,)


def test_a_file_that_is_no_store_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.db").write_text("no database, but long enough to be read as one" * 50)
    for path in (tmp_path / "text.db", tmp_path / "nowhere" / "s.db"):
        client = TestClient(create_app(path), raise_server_exceptions=False)
        for answer in (client.get("/api/columns"), client.post("/api/v1/lineage", json=_event())):
            assert (answer.status_code, str(path) in answer.json()["detail"]) == (503, True)
    assert cli.main([str(tmp_path / "text.db"), "columns"]) == 2
    assert "no store" in capsys.readouterr().err


def test_a_name_that_is_printed_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = json.loads(
        json.dumps(_event()).replace('"field": "a"', '"field": "a.b"').replace('"name": "a"', '"name": "a.b"')
    )
    assert _told(tmp_path / "s.db", odd) == {"a.b"}
    assert cli.main([str(tmp_path / "s.db"), "upstream", "t.x"]) == 0
    name = capsys.readouterr().out.split("\t")[1]
    assert cli.main([str(tmp_path / "s.db"), "downstream", name]) == 0
    assert capsys.readouterr().out == f"{name}\tt.x\tDIRECT\n"
    assert cli.main([str(tmp_path / "s.db"), "upstream"]) == 2


class _Gone:
    """A client whose server goes away after the first event."""

    sent = 0

    def emit(self, event: Any) -> None:
        self.sent += 1
        if self.sent > 1:
            raise ConnectionError("the server is gone")


def test_a_failure_that_can_not_be_told_does_not_hide_the_failure() -> None:
    recorder = Recorder("http://127.0.0.1:9", "test")
    recorder._client = _Gone()
    with pytest.raises(ZeroDivisionError) as failed, recorder.task("t"):
        raise ZeroDivisionError
    assert "the server is gone" in failed.value.__notes__[0]


def test_a_second_table_of_one_task_is_refused_and_not_lost() -> None:
    recorder = Recorder("http://127.0.0.1:9", "test")
    recorder._client = type("Client", (), {"emit": lambda self, item: None})()
    with pytest.raises(ValueError, match="own task"), recorder.task("t") as written:
        written.table("one", ["x"], {}, None)
        written.table("two", ["x"], {}, None)


@pytest.mark.service
def test_the_kit_does_what_its_readme_says_in_an_empty_folder(tmp_path: Path) -> None:
    shutil.copytree(KIT / "lineage", tmp_path / "lineage", ignore=shutil.ignore_patterns("__pycache__"))
    text = (KIT / "README.md").read_text()
    first, second = (part.split("```")[0] for part in text.split("```python")[1:])
    curl, command = text.rpartition("```\ncurl ")[2].split("```")[0].strip().splitlines()

    def run(*given: str) -> str:
        done = subprocess.run(
            [sys.executable, *given], cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": ""}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", first).splitlines()[0] == "{'raw.orders.cents'}"
    with web_app(
        "lineage.app:app", tmp_path, "/api/columns", {DATABASE: str(tmp_path / "lineage.db")}
    ) as app:
        run("-c", second.replace("http://localhost:8000", app.url))
        address = app.url.removeprefix("http://")
        told = f"curl -s {curl}".replace("localhost:8000", address)
        asked = subprocess.run(["bash", "-c", told], capture_output=True, text=True)
        assert {item["field"] for item in json.loads(asked.stdout)["fields"]} == {"cents", "id", "shop"}
    assert "mart.turnover.turnover\traw.orders.cents\tDIRECT" in run(*command.split()[1:])
