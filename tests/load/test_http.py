"""The HTTP load against a real server: what is due is sent, and every answer counts from then."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from lab.faults.process import hang
from lab.load import schedule
from lab.load.histogram import milliseconds
from lab.load.http import Answers, Request, load
from lab.services.ports import free_ports
from lab.services.webapp import WebApp, web_app

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def app() -> Iterator[WebApp]:
    with web_app("webapps:app", Path(__file__).parents[1]) as served:
        yield served


def _send(url: str, requests: list[Request], due_ns: schedule.Nanoseconds, **options) -> Answers:
    with load(url, requests, due_ns, **options) as sending:
        return sending.answers()


def test_all_is_answered_over_few_connections(app: WebApp) -> None:
    seen = _send(app.url, [Request()], schedule.constant(200, 3), clients=2, connections=16)
    assert seen.statuses == {200: 600}
    assert seen.errors == {}
    assert seen.connections <= 16
    assert seen.latency().get_total_count() == 600
    due = seen.outcomes["due_ns"] - seen.start_ns
    assert np.array_equal(due, schedule.constant(200, 3))
    assert np.all(seen.outcomes["sent_ns"] >= seen.outcomes["due_ns"])
    assert np.all(seen.outcomes["done_ns"] > seen.outcomes["sent_ns"])


def test_while_the_server_stalls_its_users_wait_from_when_they_were_due(app: WebApp) -> None:
    """The closed loop's mistake: one request waits, and all that would have come after it are never sent."""
    with load(app.url, [Request()], schedule.constant(200, 3), connections=300) as sending:
        time.sleep(1)
        with hang(app.node):
            begin = time.monotonic_ns()
            time.sleep(1)
            end = time.monotonic_ns()
        seen = sending.answers()
    assert seen.statuses == {200: 600}
    due, done = seen.outcomes["due_ns"], seen.outcomes["done_ns"]
    stalled = (due >= begin) & (due < end)
    assert stalled.sum() >= 150
    assert np.all(done[stalled] >= end)
    assert (
        milliseconds(seen.latency(), 99) >= 900
    )  # a third of 600 waited for up to 1 s: six of them for 970 ms
    assert milliseconds(seen.latency(), 80) >= 300


def test_what_no_connection_is_free_for_is_told_from_what_has_no_answer(app: WebApp) -> None:
    at_once = schedule.burst(100, 1, size=100)
    with hang(app.node):
        seen = _send(app.url, [Request()], at_once, connections=4, timeout_s=3)
    assert seen.errors == {"no answer": 4, "not sent": 96}
    assert seen.statuses == {}


def test_what_waits_for_a_connection_is_not_sent_in_time(app: WebApp) -> None:
    with hang(app.node):
        seen = _send(app.url, [Request()], schedule.constant(100, 2), connections=4, timeout_s=4)
    assert sum(seen.errors.values()) == 200
    assert seen.punctual(2) == 4 / 200  # the others wait for almost 4 s


def test_each_status_is_counted_and_latency_is_of_those_asked_for(app: WebApp) -> None:
    requests = [Request(), Request("/status/404"), Request("/status/503"), Request("/status/204")]
    seen = _send(app.url, requests, schedule.constant(200, 1), clients=3)
    assert seen.statuses == dict.fromkeys((200, 404, 503, 204), 50)
    assert seen.latency().get_total_count() == 100
    assert seen.latency([503]).get_total_count() == 50


def test_a_body_arrives_and_a_connection_that_the_server_closes_is_replaced(app: WebApp) -> None:
    told = Request("/length", "POST", b'{"a": 1, "b": 2}', (("Content-Type", "application/json"),))
    seen = _send(app.url, [told, Request("/close")], schedule.constant(100, 1))
    assert seen.statuses == {200: 100}
    assert seen.connections >= 50


def test_a_dead_server_is_counted_not_a_crash() -> None:
    (port,) = free_ports(1)
    seen = _send(f"http://127.0.0.1:{port}", [Request()], schedule.constant(100, 1))
    assert seen.errors == {"refused": 100}
    assert seen.statuses == {}
    assert np.isnan(milliseconds(seen.latency(), 50))


def test_one_that_dies_meanwhile_is_counted_and_answers_again_once_it_is_back(app: WebApp) -> None:
    with load(app.url, [Request()], schedule.constant(200, 2)) as sending:
        time.sleep(1)
        app.node.kill()
        seen = sending.answers()
    app.node.restart()
    assert seen.errors["refused"]
    assert set(seen.errors) <= {"refused", "closed"}
    assert seen.statuses[200] + sum(seen.errors.values()) == 400
    assert seen.outcomes["status"][-1] == 0
    assert _send(app.url, [Request()], schedule.constant(200, 0.5)).statuses == {200: 100}


@contextmanager
def _answering(answer: bytes) -> Iterator[str]:
    """The address of a server that gives each connection this answer to what it asks, then hangs up."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "statuses", "errors"),
    [
        (b"", {}, {"closed": 20}),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", {}, {"closed": 20}),
        (b"no HTTP\r\n\r\n", {}, {"malformed": 20}),
        (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            {200: 20},
            {},
        ),
        (b"HTTP/1.0 500 Oh\r\n\r\nto the end of the connection", {500: 20}, {}),
    ],
)
def test_only_a_whole_answer_counts_as_one(answer: bytes, statuses: dict, errors: dict) -> None:
    with _answering(answer) as url:
        seen = _send(url, [Request()], schedule.constant(100, 0.2))
    assert (seen.statuses, seen.errors) == (statuses, errors)


def test_what_is_still_being_sent_when_the_block_ends_is_broken_off(app: WebApp) -> None:
    begin = time.monotonic()
    with load(app.url, [Request()], schedule.constant(10, 60)):
        pass
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize(
    ("url", "requests", "options", "said"),
    [
        ("https://127.0.0.1:1", [Request()], {}, "http://host:port"),
        ("http://127.0.0.1:1/path", [Request()], {}, "paths belong to the requests"),
        ("http://127.0.0.1:1", [], {}, "at least one request"),
        ("http://127.0.0.1:1", [Request()], {"clients": 4, "connections": 3}, "not 0"),
        ("http://127.0.0.1:1", [Request()], {"connections": 1000}, "not 1000"),
    ],
)
def test_what_cannot_be_sent_is_refused(url: str, requests: list[Request], options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        _send(url, requests, schedule.constant(1, 1), **options)
