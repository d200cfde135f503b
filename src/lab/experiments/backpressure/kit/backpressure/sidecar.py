"""A side-car that retries for programs that do not: it forwards POST requests, each client by an httpx client of its own.

Told by its environment: SIDECAR_TARGET (http://host:port), SIDECAR_POLICIES (a JSON file), SIDECAR_POLITE (1: throttle, budget
and Retry-After; 0: retries alone). A request names itself by Idempotency-Key and its client by X-Client. A bare ASGI
application, since it is asked for everything that is refused, too.
"""

from __future__ import annotations

import json
import os
import ssl
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from .client import Attempt, RetryBudget, Throttle, ThrottledError, ThrottledTransport
from .server import Receive, Scope, Send

PASSED = {b"x-client", b"idempotency-key", b"content-type"}


class Sidecar:
    """An httpx client for each client's name, with a throttle and a budget of its own; all their attempts are noted."""

    def __init__(self, target: str, policy: dict[str, Any], polite: bool) -> None:
        self._target, self._policy, self._polite = target, policy, polite
        self._verify = (
            ssl.create_default_context()
        )  # reading the authorities takes long: once, and before any request
        self._made: dict[str, httpx.AsyncClient] = {}
        self.attempts: list[Attempt] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["method"] == "POST":
            await _answer(send, *await self._forward(scope, await _body(receive)))
        elif scope["type"] == "http":
            await _answer(send, 200, [asdict(one) for one in self.attempts])

    async def _forward(self, scope: Scope, body: bytes) -> tuple[int, dict[str, str]]:
        """Status and what to say."""
        passed = {
            name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in PASSED
        }
        name, place = passed.get("x-client", ""), f"{scope['path']}?{scope['query_string'].decode()}"
        try:
            answer = await self._client(name).post(place, content=body, headers=passed)
            status, reason = answer.status_code, answer.headers.get("x-reason", "")
        except ThrottledError:
            status, reason = 429, "client"
        except httpx.TransportError as error:
            status, reason = 504, type(error).__name__
        return status, {"id": passed.get("idempotency-key", ""), "client": name, "reason": reason}

    def _client(self, name: str) -> httpx.AsyncClient:
        if name not in self._made:
            told = self._policy
            throttle = Throttle(told["k"], told["window_s"]) if self._polite else None
            budget = RetryBudget(told["budget"], told["budget_most"]) if self._polite else None
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
            inner = httpx.AsyncHTTPTransport(verify=self._verify, limits=limits)
            waits = (told["attempts"], told["backoff_s"], self._polite)
            transport = ThrottledTransport(inner, throttle, budget, *waits, self.attempts.append)
            self._made[name] = httpx.AsyncClient(
                base_url=self._target, transport=transport, timeout=told["timeout_s"], trust_env=False
            )
        return self._made[name]


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _answer(send: Send, status: int, said: Any) -> None:
    body = json.dumps(said).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


if target := os.environ.get("SIDECAR_TARGET"):
    policy = json.loads(Path(os.environ["SIDECAR_POLICIES"]).read_text())["client"]
    app = Sidecar(target, policy, os.environ.get("SIDECAR_POLITE", "1") == "1")
