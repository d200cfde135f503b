"""What is sent, and what comes back: requests with a good or a forged token, and statements."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from lab.experiments.tenant_isolation.measure.place import Connection, Place
from lab.experiments.tenant_isolation.mechanism import tokens
from lab.experiments.tenant_isolation.params import ATTACKER, VICTIM

RACERS = 40  # requests of each of two tenants, sent at once
_STEP = re.compile(r"(?:([a-z ]+): )?([A-Z]+) (\S+)(?: (\{.*\}))?", re.DOTALL)


@dataclass(frozen=True)
class Reply:
    """user, tenant: in whose name it was sent, "" where the token is not good. request: the application's number of it."""

    status: int
    text: str
    request: str
    user: str
    tenant: str
    at: datetime


@dataclass(frozen=True)
class Sent:
    """One statement or request, as the harness sent it. who: login, or user of the application. mark: a text in the
    statement, or the request's number. read: it brought the victim's rows."""

    via: str
    who: str
    tenant: str
    mark: str
    at: datetime
    refused: bool
    read: bool


@dataclass
class Answer:
    """All that came back. last: the first value of the last answer."""

    texts: list[str] = field(default_factory=list)
    last: str | None = None
    refused: bool = False

    def take(self, rows: Sequence[str], refused: bool = False) -> None:
        self.texts += rows
        self.last = rows[0] if rows and not refused else None
        self.refused = self.refused or refused


def send(place: Place, step: str) -> list[Reply]:
    """The attacker's replies to one step, `[token:] METHOD path [body]`. ValueError for another text."""
    match = _STEP.fullmatch(step)
    if match is None:
        raise ValueError(f"no request: {step!r}")
    who, method, path, body = match.groups()
    if who != "race":
        return [_send(place, who or "me", method, path, body)]
    with ThreadPoolExecutor(8) as pool:
        turns = [turn for _ in range(RACERS) for turn in ("me", "victim")]
        return list(pool.map(lambda turn: _send(place, turn, method, path, body), turns))


def _send(place: Place, who: str, method: str, path: str, body: str | None) -> Reply:
    claims, token = _token(place.key, who)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    if who == "header":
        headers |= {
            name: str(VICTIM) for name in ("X-Tenant", "X-Tenant-Id", "X-Forwarded-User", "app.tenant")
        }
    data = body.encode() if body else None
    url = place.url + urllib.parse.quote(path, safe="/?&=+%:',()-")
    request = urllib.request.Request(url, data, headers, method=method)
    at = datetime.now(UTC)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            status, raw, number = answer.status, answer.read(), answer.headers.get("X-Request-Id", "")
    except urllib.error.HTTPError as error:
        status, raw, number = error.code, error.read(), error.headers.get("X-Request-Id", "")
    user, tenant = (claims.user, claims.tenant) if claims else ("", "")
    return Reply(status, raw.decode(errors="replace"), number, user, tenant, at)


def _token(key: str, who: str) -> tuple[tokens.Claims | None, str]:
    """(claims that a verifier must take, None if it must take none; the token)."""
    good = {
        "me": tokens.Claims("mallory", str(ATTACKER)),
        "header": tokens.Claims("mallory", str(ATTACKER)),
        "victim": tokens.Claims("victoria", str(VICTIM)),
        "auditor": tokens.Claims("audrey", "0", tokens.AUDITOR),
    }
    if who in good:
        return good[who], tokens.issue(key, good[who])
    victim = good["victim"]
    forged = {
        "nobody": lambda: "",
        "unsigned": lambda: _unsigned(tokens.issue(key, victim)),
        "other key": lambda: tokens.issue("0" * 64, victim),
        "expired": lambda: tokens.issue(key, victim, seconds=-60),
        "other audience": lambda: tokens.issue(key, victim, aud="another service"),
        "swapped": lambda: _swapped(tokens.issue(key, good["me"]), {"tenant": str(VICTIM)}),
        "swapped auditor": lambda: _swapped(tokens.issue(key, good["me"]), {"role": tokens.AUDITOR}),
    }
    return None, forged[who]()


def _unsigned(token: str) -> str:
    """The same claims under "alg": "none"."""
    return f"{_packed({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def _swapped(token: str, claims: dict[str, str]) -> str:
    """Other claims under the signature of the first ones."""
    head, body, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"{head}.{_packed(known | claims)}.{signature}"


def _packed(data: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def run(connection: Connection, text: str) -> list[str]:
    """The values that a statement brings, as texts. Lines after the first of a COPY FROM are its data."""
    with connection.cursor() as cursor:
        if " COPY " in text[:60] and "TO STDOUT" in text:
            with cursor.copy(text) as copy:
                return [bytes(part).decode() for part in copy]
        if " COPY " in text[:60]:
            head, _, data = text.partition("\n")
            with cursor.copy(head) as copy:
                copy.write(data)
            return []
        cursor.execute(text)
        return [str(value) for row in cursor.fetchall() for value in row] if cursor.description else []


def words(error: psycopg.Error) -> list[str]:
    """What a server says of an error, but for the place in the statement, which the client has anyhow."""
    told = error.diag
    parts = (told.message_primary, told.message_detail, told.message_hint, told.context)
    return [f"error {told.sqlstate}", *(part for part in parts if part)]
