"""A client that does not make an overload worse: adaptive throttling, a retry budget and Retry-After, for httpx.

Adaptive throttling: Google, Site Reliability Engineering (2016), chapter 21. Retry budget: the same, and Finagle (2016).
"""

from __future__ import annotations

import asyncio
import random as randoms
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import httpx

REFUSED = (429, 503)
SAFE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")
_SLOTS = 20  # a window slides in steps of a twentieth


class ThrottledError(httpx.TransportError):
    """Refused on this side: the server has accepted too little of late."""


class Throttle:
    """Lets a request go with probability 1 - max(0, (requests - k accepts) / (requests + 1)) over a sliding window.

    requests: all that were asked for, whether or not they were sent. accepts: what the server took. The book's k is 2 and
    its window two minutes; after an overload it takes up to a window until everything goes through again.
    """

    def __init__(
        self,
        k: float = 2.0,
        window_s: float = 120.0,
        random: Callable[[], float] = randoms.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (k >= 1 and window_s > 0):
            raise ValueError(f"k is at least 1 and a window above 0 s, not {k} and {window_s}")
        self.k, self.window_s = k, window_s
        self._random, self._clock = random, clock
        self._slots: deque[list[float]] = deque()  # when it began, requests, accepts
        self.requests = self.accepts = 0.0

    def permit(self) -> bool:
        """Whether the next request may be sent."""
        refuse = self.refusing()
        self._slot()[1] += 1
        self.requests += 1
        return self._random() >= refuse

    def refusing(self) -> float:
        """The probability with which a request is refused now."""
        self._slide()
        return max(0.0, (self.requests - self.k * self.accepts) / (self.requests + 1))

    def observe(self, accepted: bool) -> None:
        """What the server made of a request that was sent."""
        self._slide()
        self._slot()[2] += accepted
        self.accepts += accepted

    def _slot(self) -> list[float]:
        now = self._clock()
        if not self._slots or now - self._slots[-1][0] >= self.window_s / _SLOTS:
            self._slots.append([now, 0, 0])
        return self._slots[-1]

    def _slide(self) -> None:
        while self._slots and self._slots[0][0] < self._clock() - self.window_s:
            _, requests, accepts = self._slots.popleft()
            self.requests, self.accepts = self.requests - requests, self.accepts - accepts


class RetryBudget:
    """Each request pays in `ratio` of a retry, up to `most`; a retry costs one. It begins full."""

    def __init__(self, ratio: float = 0.1, most: float = 3.0) -> None:
        if not (0 <= ratio <= 1 and most >= 0):
            raise ValueError(f"a ratio from 0 to 1 and at least 0 retries, not {ratio} and {most}")
        self.ratio, self.most, self.tokens = ratio, most, most

    def deposit(self) -> None:
        self.tokens = min(self.most, self.tokens + self.ratio)

    def spend(self) -> bool:
        """Whether there was a retry left; then it is spent."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(frozen=True)
class Attempt:
    """One attempt that was sent. status: 0 for none in time. began, ended: s since 1970. retry_after: as the server said."""

    key: str
    number: int
    began: float
    ended: float
    status: int
    retry_after: str
    reason: str


class ThrottledTransport(httpx.AsyncBaseTransport):
    """`httpx.AsyncClient(transport=ThrottledTransport(httpx.AsyncHTTPTransport(), Throttle(), RetryBudget()))`.

    Tries up to `attempts` times after 429 or 503, and after a time-out or a broken connection if a repetition is safe: the
    method is idempotent, or the request has an Idempotency-Key. Waits with full jitter, up to `backoff_s` before the
    second attempt and twice as long before each further one, or as long as Retry-After says, if that is heeded: if it says
    more than `longest_s`, the refusal is handed over at once. Without throttle and budget it is the usual retrying client. A
    body that streams is sent once.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        throttle: Throttle | None = None,
        budget: RetryBudget | None = None,
        attempts: int = 3,
        backoff_s: float = 0.1,
        heed_retry_after: bool = True,
        on_attempt: Callable[[Attempt], None] = lambda attempt: None,
        longest_s: float = 60.0,
    ) -> None:
        self.inner, self.throttle, self.budget = inner, throttle, budget
        self.attempts, self.backoff_s, self.heed = attempts, backoff_s, heed_retry_after
        self.longest_s = longest_s
        self._on_attempt = on_attempt

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.budget:
            self.budget.deposit()
        if self.throttle and not self.throttle.permit():
            raise ThrottledError("refused here: the server has accepted too little of late", request=request)
        attempts = self.attempts if isinstance(request.stream, httpx.ByteStream) else 1
        for number in range(1, attempts + 1):
            outcome = await self._attempt(request, number)
            wait = self._wait(outcome, number)
            if number == attempts or wait > self.longest_s or not self._again(request, outcome):
                break
            if isinstance(outcome, httpx.Response):
                await (
                    outcome.aread()
                )  # so that its connection can be used again, and it be returned if no attempt follows
            await asyncio.sleep(wait)
            if self.throttle and not self.throttle.permit():
                break
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _attempt(self, request: httpx.Request, number: int) -> httpx.Response | httpx.TransportError:
        began, outcome = time.time(), None
        try:
            outcome = await self.inner.handle_async_request(request)
            return outcome
        except httpx.TransportError as error:
            return error
        finally:
            status = outcome.status_code if outcome else 0
            if self.throttle:
                self.throttle.observe(status != 0 and status not in REFUSED)
            told = outcome.headers if outcome else httpx.Headers()
            key, after = request.headers.get("idempotency-key", ""), told.get("retry-after", "")
            reason = told.get("x-reason", "")
            self._on_attempt(Attempt(key, number, began, time.time(), status, after, reason))

    def _again(self, request: httpx.Request, outcome: httpx.Response | httpx.TransportError) -> bool:
        """Whether to try once more, which may spend the budget."""
        if isinstance(outcome, httpx.Response):
            wanted = outcome.status_code in REFUSED
        else:
            wanted = request.method in SAFE or "idempotency-key" in request.headers
        return wanted and (self.budget is None or self.budget.spend())

    def _wait(self, outcome: httpx.Response | httpx.TransportError, number: int) -> float:
        jitter = randoms.random()
        if self.heed and isinstance(outcome, httpx.Response):
            told = outcome.headers.get("retry-after", "")
            if (
                told.isascii() and told.isdigit()
            ):  # its other form, a date, needs clocks that agree: backed off instead
                # A number of any length: one that is too large is as good as never.
                return float(told) * (1 + jitter / 2)
        return min(self.longest_s, self.backoff_s * 2 ** (number - 1)) * jitter

    async def aclose(self) -> None:
        await self.inner.aclose()
