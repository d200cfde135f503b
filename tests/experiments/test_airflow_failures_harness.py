"""The harness of the kit: its watcher, its source, its scripts."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.message import Message
from http import client as http_client
from pathlib import Path
from typing import Any

import pytest

from lab.experiments.airflow_failures import KIT
from lab.experiments.airflow_failures.kit.harness import faults, source, watcher
from lab.experiments.airflow_failures.kit.harness.api import Airflow, RefusedError
from lab.experiments.airflow_failures.kit.harness.play import play
from lab.experiments.airflow_failures.kit.harness.watcher import failed, signs
from lab.services import airflow, http
from lab.services.ports import free_ports
from lab.services.process import Process, running


def _task(state: str, number: int, started: str = "2026-01-01T00:00:00Z") -> dict[str, object]:
    return {
        "dag_run_id": "r",
        "dag_id": "d",
        "task_id": "t",
        "state": state,
        "try_number": number,
        "start_date": started,
    }


@pytest.mark.parametrize(
    ("task", "keys"),
    [
        (_task("running", 1), []),
        (_task("success", 1), []),
        (_task("up_for_retry", 1), [("r", "t", -1, 1)]),
        (_task("running", 2), [("r", "t", -1, 1)]),  # a try that failed between two looks
        (_task("success", 3), [("r", "t", -1, 2)]),
        (_task("failed", 3), [("r", "t", -1, 3)]),
        ({**_task("failed", 1), "map_index": 7}, [("r", "t", 7, 1)]),
        ({**_task("scheduled", 0), "try_number": None, "start_date": None}, []),
    ],
)
def test_what_the_watcher_sees(task: dict, keys: list) -> None:
    begin = 1767225600.0
    assert [key for key, _ in signs([task], {}, begin + 5, late_s=60)] == keys


def test_the_watcher_sees_a_late_task_and_a_failed_run() -> None:
    found = dict(signs([_task("running", 1)], {"r": "failed", "s": "success"}, 1767225600.0 + 61, 60))
    assert [told["kind"] for told in found.values()] == ["late", "run failed"]


class _Api:
    """Airflow's REST interface by a function of path and query; remembers what it was asked."""

    def __init__(self, answer: Callable[[str, dict[str, list[str]]], Any]) -> None:
        self.answer, self.asked, self.tokens = answer, list[str](), 0

    def __call__(self, _: Airflow, method: str, url: str, body: object = None) -> Any:
        path, _, query = url.partition("?")
        self.asked.append(path)
        if path.endswith("/auth/token"):
            self.tokens += 1
            return {"access_token": str(self.tokens)}
        return self.answer(path.rpartition("/api/v2/")[2], urllib.parse.parse_qs(query))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str, dict[str, list[str]]], Any]], _Api]:
    def made(answer: Callable[[str, dict[str, list[str]]], Any]) -> _Api:
        found = _Api(answer)
        monkeypatch.setattr(Airflow, "_call", lambda *given: found(*given))
        return found

    return made


def test_more_failed_tasks_than_airflow_sends_at_once_are_all_seen(api: Any) -> None:
    every = [{**_task("failed", 1), "dag_run_id": str(number)} for number in range(250)]

    def answer(_: str, query: dict[str, list[str]]) -> Any:
        first = int(query["offset"][0])
        return {
            "task_instances": every[first : first + min(100, int(query["limit"][0]))],
            "total_entries": 250,
        }

    api(answer)
    assert Airflow("http://x", "t").tasks("d", "failed") == every


@pytest.mark.parametrize("whose", ["kit", "lab"])
@pytest.mark.parametrize(
    ("statuses", "asked", "raised"),
    [
        ([200], 1, None),
        ([500, 200], 2, None),
        ([503, 409], 2, None),  # it was begun though its answer was lost
        ([409], 1, 409),  # somebody else's run
        ([404], 1, 404),
        ([500, 500, 500, 500], 4, 500),
    ],
)
def test_a_run_that_a_failing_server_was_asked_for_begins_once(
    monkeypatch: pytest.MonkeyPatch, whose: str, statuses: list[int], asked: int, raised: int | None
) -> None:
    told: list[object] = []
    error = RefusedError if whose == "kit" else http.HttpError

    def call(*given: Any, **_: object) -> None:
        told.append(next(each["dag_run_id"] for each in given if isinstance(each, dict)))
        if (status := statuses[len(told) - 1]) != 200:
            raise error("refused", status)

    monkeypatch.setattr(Airflow, "_call", call)
    monkeypatch.setattr(http, "call", call)
    monkeypatch.setattr("time.sleep", lambda _: None)
    api = Airflow("http://x", "t") if whose == "kit" else airflow.Airflow("http://x", "t", "3", "", None)
    with contextlib.nullcontext() if raised is None else pytest.raises(error) as seen:
        api.trigger("orders", "r1", {}, None)
    assert told == ["r1"] * asked
    assert raised is None or seen.value.status == raised


def _tries(*states: str) -> Any:
    return lambda path, _: {
        "task_instances": [{"try_number": number, "state": state} for number, state in enumerate(states, 1)]
    }


@pytest.mark.parametrize(
    ("states", "so"), [(("success", "running"), False), (("failed", "running"), True), ((), True)]
)
def test_a_task_that_was_cleared_has_not_failed(api: Any, states: tuple[str, ...], so: bool) -> None:
    asked = api(_tries(*states)).asked
    ((_, sign),) = signs([{**_task("running", 2), "map_index": 3}], {}, 1767225600.0, 60)
    assert failed(Airflow("http://x", "t"), sign) is so
    assert asked == ["http://x/api/v2/dags/d/dagRuns/r/taskInstances/t/3/tries"]


class _Enough(BaseException):
    """Ends a watcher, which no `Exception` does."""


def test_a_watcher_whose_token_has_run_out_asks_for_another_and_tells_what_failed_meanwhile(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, told = iter(["quiet", "refused", "cut off", "failing"]), list[dict[str, Any]]()
    now = ""

    def answer(path: str, _: object) -> Any:
        nonlocal now
        if path.endswith("taskInstances"):
            now = next(looks, "")
            if not now:
                raise _Enough
        if now == "refused":
            raise RuntimeError("GET: 401 the token has expired")
        if now == "cut off":
            raise http_client.IncompleteRead(b"")
        if path.endswith("taskInstances"):
            return {"task_instances": [_task("failed", 1)] if now == "failing" else [], "total_entries": 0}
        return {"dag_runs": [], "total_entries": 0, "task_instances": []}

    asked = api(answer)
    monkeypatch.setattr(watcher, "_tell", lambda _, sign: told.append(dict(sign)))
    with pytest.raises(_Enough):
        watcher.watch(lambda: Airflow.of("http://x"), "d", "http://hook", 0, 60)
    assert asked.tokens == 3 and [sign["kind"] for sign in told] == ["try failed"]


def test_a_black_hole_is_filled_again_though_an_earlier_one_was_left_or_the_proxy_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    holes = {"hole-upstream"}  # by a harness that was killed

    def call(method: str, url: str, body: Any = None) -> bytes:
        name = body["name"] if body else url.rpartition("/")[2]
        code = {("POST", True): 409, ("DELETE", False): 404}.get((method, name in holes))
        if code or (method == "POST" and name == broken):
            raise urllib.error.HTTPError(url, code or 500, "refused", Message(), None)
        (holes.add if method == "POST" else holes.discard)(name)
        return b""

    monkeypatch.setattr(faults, "call", call)
    for broken in ("", "hole-downstream"):  # noqa: B007
        with contextlib.suppress(urllib.error.HTTPError), faults.black_hole("http://x/proxies/p"):
            assert holes == {"hole-upstream", "hole-downstream"}
        assert not holes


def test_a_run_that_ends_before_its_fault_is_due_is_not_hit() -> None:
    seen = play(
        lambda: None, lambda: None, lambda: pytest.fail("injected"), lambda: None, lambda: "success", 5
    )
    assert seen.state == "success" and seen.injected_at != seen.injected_at


@pytest.mark.service
def test_the_source_serves_fails_and_counts() -> None:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "harness.source", str(port), "10", "7"]
    process = Process(
        "source", command, lambda: http.call("GET", f"{url}/calls"), Path(os.devnull), [port], cwd=KIT
    )
    with running(process):
        with urllib.request.urlopen(f"{url}/orders/3", timeout=30) as answer:
            assert answer.read().decode() == source.body(source.rows(3, 10, 7))
        assert http.call("GET", f"{url}/manifests/3")["rows"] == 10
        faults.spoil(url, 3, "unavailable")
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{url}/orders/3", timeout=30)
        faults.main("truncate", url, "3")
        with urllib.request.urlopen(f"{url}/orders/3", timeout=30) as answer:
            assert len(answer.read().decode().splitlines()) == 10
        assert [call["status"] for call in http.call("GET", f"{url}/calls")] == [200, 503, 200]


def test_a_script_that_finds_no_task_says_so() -> None:
    with pytest.raises(SystemExit, match="no process of the task instance nothing"):
        faults.main("kill-task", "nothing")
    with pytest.raises(SystemExit, match="freeze PID"):
        faults.main("")


def test_the_source_s_manifest_is_json() -> None:
    assert json.loads(json.dumps(source.manifest(source.rows(1, 3, 1))))["rows"] == 3
