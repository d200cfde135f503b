"""Which logins were in use from two addresses at the same time, from the lines of a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Session(NamedTuple):
    """One session, from its first to its last line."""

    host: str
    begun: datetime
    ended: datetime


def at_the_same_time(log: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Addresses by login, of logins with sessions from several addresses that overlap. log: rows of queries/log.sql."""
    seen: dict[tuple[str, str], Session] = {}
    for line in log:
        key = (line["role"], line["session"])
        # PostgreSQL gives a session's beginning in whole seconds only; the line that tells of it has milliseconds.
        begun = line["at"] if line["message"].startswith("connection authorized") else line["begun"]
        before = seen.get(key, Session(line["host"], begun, line["at"]))
        seen[key] = before._replace(ended=max(before.ended, line["at"]))
    found: dict[str, list[Session]] = {}
    for (role, _), session in seen.items():
        found.setdefault(role, []).append(session)
    hosts = {role: sorted({one.host for one in own if _meets(one, own)}) for role, own in found.items()}
    return {role: own for role, own in hosts.items() if own}


def _meets(session: Session, others: Iterable[Session]) -> bool:
    return any(
        other.host != session.host and other.begun < session.ended and session.begun < other.ended
        for other in others
    )
