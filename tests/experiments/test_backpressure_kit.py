"""What a reader takes home from backpressure: admission, middleware, throttle, budget, transport, on a reader's own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lab.experiments.backpressure.kit.backpressure.client import (
    Attempt,
    RetryBudget,
    Throttle,
    ThrottledError,
    ThrottledTransport,
)
from lab.experiments.backpressure.mechanism import AdaptiveLimit, Admission, Backpressure, Refusal, Ticket


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def admission(start: int = 8, quota: float | None = None, waiting: Callable[[], int] = lambda: 0) -> Any:
    clock = Clock()
    return Admission(AdaptiveLimit(0.25, start=start), quota, waiting, clock), clock


def tickets(door: Admission, client: str, count: int) -> list[Ticket]:
    return [one for one in (door.admit(client) for _ in range(count)) if isinstance(one, Ticket)]


def test_no_more_is_in_flight_than_the_limit_and_what_leaves_makes_room() -> None:
    door, _ = admission()
    held = tickets(door, "a", 20)
    assert len(held) == door.in_flight == 8
    refused = door.admit("a")
    assert isinstance(refused, Refusal) and refused.reason == "limit" and refused.retry_after_s >= 1
    held[0].release()
    held[0].release()  # a second time is nothing
    assert door.in_flight == 7 and len(tickets(door, "a", 5)) == 1


def test_what_was_waiting_before_counts() -> None:
    door, _ = admission(waiting=lambda: 6)
    assert len(tickets(door, "a", 20)) == 2


def test_a_greedy_client_holds_no_more_than_its_share_while_others_are_active() -> None:
    door, clock = admission()
    door.admit("b")
    clock.now = 0.2
    assert len(tickets(door, "a", 20)) == 4
    assert len(tickets(door, "b", 20)) == 3
    clock.now = 5.0  # b has not asked for long: its share is free again
    assert len(tickets(door, "a", 20)) == 0  # all but b's own four are held: 4 + 4 = 8


def test_a_bucket_lets_a_second_through_and_then_its_rate() -> None:
    door, clock = admission(start=100, quota=5.0)
    assert len(tickets(door, "a", 20)) == 5
    refused = door.admit("a")
    assert isinstance(refused, Refusal) and refused.reason == "quota"
    clock.now = 0.4
    assert len(tickets(door, "a", 20)) == 2
    assert len(tickets(door, "b", 20)) == 5


def test_a_refused_request_for_want_of_room_costs_no_token() -> None:
    door, _ = admission(start=4, quota=5.0)
    held = tickets(door, "a", 6)
    for one in held:
        one.release()
    assert len(held) == 4 and len(tickets(door, "a", 6)) == 1


def test_clients_are_forgotten_unless_they_hold_something() -> None:
    door, clock = admission(start=1000)
    kept = door.admit("keeps")
    for number in range(500):
        clock.now += 1
        for one in tickets(door, f"client-{number}", 1):
            one.release()
    assert len(door._clients) < 70 and "keeps" in door._clients
    kept.release()
    assert door.in_flight == 0 and door._clients["keeps"].held == 0


def simulated(limit: AdaptiveLimit, capacity: float, seconds: float, begin: float = 0.0) -> None:
    """A queue of one server that is always kept as full as the limit allows."""
    door = Admission(limit, clock=(clock := Clock()))
    clock.now, queue = begin, []
    while clock.now < begin + seconds:
        while isinstance(one := door.admit("a"), Ticket):
            queue.append(one)
        clock.now += 1 / capacity
        queue.pop(0).release()


@pytest.mark.parametrize("capacity", [25.0, 50.0, 200.0])
def test_the_limit_finds_capacity_times_target_by_itself(capacity: float) -> None:
    limit = AdaptiveLimit(0.25, start=20, most=200)
    simulated(limit, capacity, 60)
    assert limit.value == pytest.approx(capacity * 0.25, rel=0.3)
    simulated(limit, capacity / 2, 60, begin=60)
    assert limit.value == pytest.approx(max(4, capacity * 0.125), rel=0.35)


def test_the_limit_stays_where_it_is_if_nobody_felt_it() -> None:
    limit = AdaptiveLimit(0.25, start=20)
    for step in range(1000):
        limit.observe(0.01, step / 10)
    assert limit.value == 20


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan"), float("inf")])
def test_a_quota_that_can_not_be_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="a quota is above 0"):
        Admission(AdaptiveLimit(0.25), wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"target_s": 0}, {"target_s": float("inf")}, {"target_s": 1, "start": 0}, {"target_s": 1, "most": 3}],
)
def test_a_limit_that_can_not_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="target_s above 0"):
        AdaptiveLimit(**wrong)


async def _slow(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/broken":
        raise RuntimeError("broken")
    await asyncio.sleep(0.05)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})


def asked(door: Admission, *paths: str, header: str = "X-Client") -> list[httpx.Response]:
    """Answers of a protected application to requests that come at once."""

    async def all_at_once() -> list[Any]:
        transport = httpx.ASGITransport(Backpressure(_slow, door))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            sent = [client.get(path, headers={header: "Zoë".encode()}) for path in paths]
            return await asyncio.gather(*sent, return_exceptions=True)

    return asyncio.run(all_at_once())


def test_the_middleware_refuses_at_once_with_retry_after_and_goes_on() -> None:
    door, _ = admission(start=4)
    answers = asked(door, *["/work"] * 6, "/")
    assert [one.status_code for one in answers] == [200] * 4 + [429] * 2 + [200]
    assert int(answers[4].headers["retry-after"]) >= 1 and answers[4].json() == {"reason": "limit"}
    assert door.in_flight == 0


@pytest.mark.parametrize(
    ("prefix", "path", "status"),
    [
        ("/api", "/api/", 200),
        ("/api", "/api", 200),
        ("/api/", "/api/", 200),
        ("", "/", 200),
        ("/api", "/", 200),
        ("/api", "/api/work", 429),
        ("/api", "/apiary", 429),
        ("/wor", "/work", 429),
    ],
)
def test_a_health_check_behind_a_proxys_prefix_stays_open(prefix: str, path: str, status: int) -> None:
    door, _ = admission(start=4)
    tickets(door, "x", 4)

    async def once() -> int:
        transport = httpx.ASGITransport(Backpressure(_fast, door), root_path=prefix)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get(path)).status_code

    assert asyncio.run(once()) == status


async def _fast(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_handler_that_fails_gives_its_place_back() -> None:
    door, _ = admission(start=4)
    answers = asked(door, *["/broken"] * 4)
    assert all(isinstance(one, RuntimeError) for one in answers) and door.in_flight == 0


def test_a_throttle_lets_all_through_while_the_server_accepts() -> None:
    throttle = Throttle(random=lambda: 0.0, clock=Clock())
    for _ in range(100):
        assert throttle.permit()
        throttle.observe(True)
    assert throttle.refusing() == 0


def test_a_throttle_sends_k_for_each_that_is_accepted_and_forgets() -> None:
    clock = Clock()
    throttle = Throttle(k=2.0, window_s=10, clock=clock, random=random.Random(7).random)
    accepted = sent = 0
    taken = -1
    for step in range(60_000):
        clock.now = step / 1000
        if throttle.permit():
            good, taken = step // 10 > taken, step // 10  # the server takes one in 10 ms, ten are asked for
            throttle.observe(good)
            if step >= 20_000:  # its window has been full twice
                sent += 1
                accepted += good
    assert 1.8 < sent / accepted < 2.2
    assert throttle.refusing() > 0.5
    clock.now += 11
    assert throttle.refusing() == 0


def test_a_budget_bounds_retries_by_a_share_of_requests() -> None:
    budget = RetryBudget(0.1, most=3)
    retries = 0
    for _ in range(1000):
        budget.deposit()
        retries += budget.spend()
    assert 100 <= retries <= 104
    assert not RetryBudget(0.0, most=0).spend()


class Server(httpx.AsyncBaseTransport):
    """Answers in turn; an exception is raised."""

    def __init__(self, *answers: int | Exception, retry_after: str = "0") -> None:
        self.answers, self.seen, self.after = list(answers), [], retry_after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(await request.aread())
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(
            answer, headers={"Retry-After": self.after.encode()}, stream=httpx.ByteStream(b"said")
        )


def sends(server: Server, *policy: Any, method: str = "POST", **more: Any) -> httpx.Response:
    noted: list[Attempt] = more.pop("noted", [])

    async def once() -> httpx.Response:
        own = ThrottledTransport(server, *policy, backoff_s=0.001, on_attempt=noted.append)
        async with httpx.AsyncClient(transport=own) as client:
            return await client.request(method, "http://test/", **({"content": b"event"} | more))

    return asyncio.run(once())


def test_a_refusal_is_tried_again_with_the_same_body() -> None:
    server, noted = Server(429, 503), []
    answer = sends(server, noted=noted)
    assert answer.status_code == 200 and answer.text == "said" and server.seen == [b"event"] * 3
    assert [(one.number, one.status) for one in noted] == [(1, 429), (2, 503), (3, 200)]


def test_the_last_refusal_is_handed_over_whole() -> None:
    answer = sends(Server(429, 429, 429))
    assert answer.status_code == 429 and answer.text == "said"


def test_without_budget_there_is_no_second_attempt() -> None:
    server = Server(429)
    assert sends(server, None, RetryBudget(0.0, most=0)).status_code == 429
    assert len(server.seen) == 1


def test_a_time_out_is_tried_again_only_if_a_repetition_is_safe() -> None:
    timeout = httpx.ReadTimeout("slow")
    with pytest.raises(httpx.ReadTimeout):
        sends(Server(timeout))
    assert sends(Server(timeout), method="PUT").status_code == 200
    assert sends(Server(timeout), headers={"Idempotency-Key": "1"}).status_code == 200


def test_other_errors_are_the_callers() -> None:
    server = Server(500)
    assert sends(server).status_code == 500 and len(server.seen) == 1


@pytest.mark.parametrize("told", ["", "soon", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "²", "٣", "1e9", "+1"])
def test_a_retry_after_that_is_no_number_is_backed_off(told: str) -> None:
    assert sends(Server(429, retry_after=told)).status_code == 200


@pytest.mark.parametrize("told", ["61", "1000000000", "9" * 5000])
def test_a_retry_after_beyond_all_patience_is_handed_over_and_costs_no_budget(told: str) -> None:
    server, budget = Server(429, retry_after=told), RetryBudget(0.0, most=3)
    assert sends(server, None, budget).status_code == 429
    assert len(server.seen) == 1 and budget.tokens == 3


def test_a_body_that_streams_is_sent_once() -> None:
    async def parts() -> Any:
        yield b"ev"
        yield b"ent"

    server = Server(429)
    assert sends(server, content=parts()).status_code == 429
    assert server.seen == [b"event"]


def test_a_throttled_request_is_never_sent() -> None:
    throttle, server = Throttle(random=lambda: 0.5), Server(*[429] * 40)
    for _ in range(10):
        throttle.permit()
    with pytest.raises(ThrottledError):
        sends(server, throttle)
    assert not server.seen
