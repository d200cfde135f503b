"""Admission to an ASGI application: a quota for each client, and an adaptive limit on what is in flight, shared fairly.

What is refused is answered at once with 429 and Retry-After (RFC 6585, RFC 9110). All state is this process's own.
"""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ACTIVE_S = 1.0  # a client that asked within this time has a share of the limit
FORGOTTEN_S = 60.0  # a client that asked for nothing for so long, and holds nothing, is forgotten


class AdaptiveLimit:
    """How many may be in flight, found by additive increase and multiplicative decrease (Chiu and Jain 1989).

    Once for every `target_s`: a tenth less if the mean latency was above `target_s`, one more if it was not and the
    limit was felt. By Little's law it settles near capacity times `target_s`. most: the bound of the queue.
    """

    def __init__(self, target_s: float, least: int = 4, most: int = 1_000, start: int = 20) -> None:
        if not (0 < target_s < math.inf and 1 <= least <= start <= most):
            raise ValueError(
                f"target_s above 0 and finite, and 1 <= least <= start <= most, not {target_s}, {least}, {start}, {most}"
            )
        self.target_s, self.least, self.most, self.value = target_s, least, most, float(start)
        self._since, self._sum, self._count, self._felt = -math.inf, 0.0, 0, False

    def felt(self) -> None:
        """It kept something out."""
        self._felt = True

    def observe(self, latency_s: float, now: float) -> None:
        """Something left that had been in flight for `latency_s`."""
        if self._since == -math.inf:
            self._since = now
        self._sum, self._count = self._sum + latency_s, self._count + 1
        if now - self._since < self.target_s:
            return
        if self._sum / self._count > self.target_s:
            self.value = max(self.least, self.value * 0.9)
        elif self._felt:
            self.value = min(self.most, self.value + 1)
        self._since, self._sum, self._count, self._felt = now, 0.0, 0, False


@dataclass(frozen=True)
class Refusal:
    """reason: quota (the client's bucket is empty), share (it holds its part of the limit) or limit."""

    reason: str
    retry_after_s: int


@dataclass
class Ticket:
    """Leave for one request. An application that goes on with it after its answer calls `keep`, and `release` at its end."""

    client: str
    since: float
    kept: bool = False
    released: bool = False
    _back: Callable[[Ticket], None] = field(default=lambda ticket: None, repr=False)

    def keep(self) -> None:
        self.kept = True

    def release(self) -> None:
        if not self.released:
            self.released = True
            self._back(self)


@dataclass
class _Client:
    tokens: float
    seen: float
    held: int = 0


class Admission:
    """Who may come in. quota: requests/s of each client, with a bucket of one second; None for no quota.

    waiting: what is in flight beside the tickets, such as a queue's content from before a restart.
    """

    def __init__(
        self,
        limit: AdaptiveLimit,
        quota: float | None = None,
        waiting: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if quota is not None and not 0 < quota < math.inf:
            raise ValueError(f"a quota is above 0 requests/s and finite, or None, not {quota}")
        self.limit, self.quota = limit, quota
        self._waiting, self._clock = waiting, clock
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._held, self._active, self._counted = 0, 1, -math.inf

    @property
    def in_flight(self) -> int:
        return self._held + self._waiting()

    def admit(self, client: str) -> Ticket | Refusal:
        """A ticket, or why not."""
        now = self._clock()
        known = self._seen(client, now)
        if self.quota is not None and known.tokens < 1:
            return Refusal("quota", max(1, math.ceil((1 - known.tokens) / self.quota)))
        reason = self._full(known, now)
        if reason:
            self.limit.felt()
            # What is in flight now has left in about a target's time.
            return Refusal(reason, max(1, math.ceil(self.limit.target_s)))
        known.tokens -= self.quota is not None
        known.held += 1
        self._held += 1
        return Ticket(client, now, _back=self._back)

    def _full(self, known: _Client, now: float) -> str:
        if self.in_flight >= int(self.limit.value):
            return "limit"
        share = max(1, int(self.limit.value / self._count_active(now)))
        return "share" if known.held >= share else ""

    def _seen(self, client: str, now: float) -> _Client:
        size = max(1.0, self.quota or 1.0)
        known = self._clients.setdefault(client, _Client(size, now))
        known.tokens = min(size, known.tokens + (now - known.seen) * (self.quota or 0))
        known.seen = now
        self._clients.move_to_end(client)
        self._forget(now)
        return known

    def _forget(self, now: float) -> None:
        while (oldest := next(iter(self._clients.values()))).seen < now - FORGOTTEN_S:
            name, _ = self._clients.popitem(last=False)
            if oldest.held:  # it has something in flight: looked at again after as long
                self._clients[name] = _Client(oldest.tokens, now, oldest.held)

    def _count_active(self, now: float) -> int:
        if now - self._counted > ACTIVE_S / 10:
            self._counted, self._active = now, 0
            for one in reversed(self._clients.values()):
                if one.seen < now - ACTIVE_S:
                    break
                self._active += 1
        return max(1, self._active)

    def _back(self, ticket: Ticket) -> None:
        now = self._clock()
        self._held -= 1
        if known := self._clients.get(ticket.client):
            known.held -= 1
        self.limit.observe(now - ticket.since, now)


def by_header(name: str = "x-client") -> Callable[[Scope], str]:
    """Who asks: this header, else the peer's address. Take a header only if a gateway of yours sets it."""

    def client(scope: Scope) -> str:
        for key, value in scope["headers"]:
            if key == name.lower().encode():
                return str(value.decode("latin-1"))
        return str((scope.get("client") or ("unknown",))[0])

    return client


class Backpressure:
    """Middleware around any ASGI application: `app.add_middleware(Backpressure, admission=Admission(AdaptiveLimit(0.25)))`.

    The ticket of a request is in `scope["admission"]`. open_paths: never refused, such as a health check; as the application
    has them, without the prefix of a proxy. WebSockets are let through.
    """

    def __init__(
        self,
        app: Application,
        admission: Admission,
        client: Callable[[Scope], str] | None = None,
        open_paths: Collection[str] = ("/",),
    ) -> None:
        self.app, self.admission = app, admission
        self._client, self._open = client or by_header(), frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _own_path(scope) in self._open:
            await self.app(scope, receive, send)
            return
        ticket = self.admission.admit(self._client(scope))
        if isinstance(ticket, Refusal):
            await _refuse(send, ticket)
            return
        scope["admission"] = ticket
        try:
            await self.app(scope, receive, send)
        finally:
            if not ticket.kept:
                ticket.release()


def _own_path(scope: Scope) -> str:
    """The path without the prefix under which the application is mounted: servers told of one leave it in the path."""
    path, prefix = str(scope["path"]), str(scope.get("root_path") or "").rstrip("/")
    return path[len(prefix) :] or "/" if path == prefix or path.startswith(f"{prefix}/") else path


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = json.dumps({"reason": refusal.reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(refusal.retry_after_s).encode()),
        (b"x-reason", refusal.reason.encode()),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
