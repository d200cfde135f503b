"""Vegeta against a real server: everything is sent and counted, a stall shows, and what is missing is said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import paths
from lab.errors import ServiceError
from lab.faults.process import hang
from lab.load.vegeta import Target, attack, program, version
from lab.services.webapp import WebApp, web_app

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def app() -> Iterator[WebApp]:
    with web_app("webapps:app", TESTS) as served:
        yield served


@pytest.mark.service
def test_each_request_is_sent_once_on_time_with_its_own_body(app: WebApp) -> None:
    body = json.dumps({"a": 1, "b": 2}).encode()
    sized = Target(f"{app.url}/length", "POST", {"Content-Type": "application/json"}, body)
    with attack([sized, Target(f"{app.url}/status/418")], rate=50, seconds=1) as load:
        found = load.results()
    assert len(found) == 50 and found["status"].value_counts().to_dict() == {200: 25, 418: 25}
    assert set(found.loc[found["status"] == 200, "body"]) == {b'{"length":2}'}
    assert found["late"].min() >= 0 and found["at"].is_monotonic_increasing


@pytest.mark.service
def test_a_stall_of_the_server_is_in_the_latencies_of_all_that_was_due_in_it(app: WebApp) -> None:
    with attack([Target(f"{app.url}/")], rate=50, seconds=3) as load:
        with hang(app.node):
            pass_s = 2
            time.sleep(pass_s)
        found = load.results()
    assert len(found) == 150
    assert found["latency"].max() > pass_s / 2 and (found["latency"] > pass_s / 4).sum() > 5


@pytest.mark.service
def test_a_server_that_is_not_there_is_no_answer() -> None:
    with attack([Target("http://127.0.0.1:1/")], rate=20, seconds=0.5) as load:
        found = load.results()
    assert set(found["status"]) == {0} and found["error"].str.contains("refused").all()


@pytest.mark.service
def test_targets_that_it_can_not_read_are_said() -> None:
    with (
        attack([Target("")], rate=20, seconds=0.5) as load,
        pytest.raises(ServiceError, match="Vegeta ended"),
    ):
        load.results()


def test_a_load_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="targets, a rate and a duration"), attack([], 1, 1):
        pass


def test_a_missing_program_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "tools", lambda: tmp_path)
    with pytest.raises(ServiceError, match="Run: lab setup backpressure"):
        program()


def test_the_version_is_that_of_the_pin() -> None:
    assert version() == "12.13.0"
