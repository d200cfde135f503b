"""What follows from a broker's record: who may deploy, which field may go."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date

from .expectation import parse
from .verification import Break


@dataclass(frozen=True)
class Decision:
    """Whether something may be done. reasons: why not, a sentence each; breaks: those that are among them."""

    allowed: bool
    reasons: tuple[str, ...] = ()
    breaks: tuple[Break, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


CURRENT = "WHERE participant = ? AND environment = ? AND ended IS NULL"
_NEEDED = """SELECT e.consumer, e.version, e.publisher, e.dataset, e.digest, e.content, d.environment
    FROM expectation e JOIN deployment d ON d.participant = e.consumer AND d.version = e.version
    WHERE d.ended IS NULL AND e.publisher = ? ORDER BY e.consumer, e.version, e.dataset"""


def decide(record: sqlite3.Connection, participant: str, version: str, environment: str) -> Decision:
    if not known(record, participant, version):
        return Decision(False, (f"{participant} {version} is not known: add it first",))
    reasons: list[str] = []
    breaks: list[Break] = []
    for consumer, own, _, dataset, digest, _, where in record.execute(_NEEDED, (participant,)).fetchall():
        if where == environment and consumer != participant:
            found = _verified(record, digest, participant, version)
            _tell((consumer, own, dataset), (participant, version), found, reasons, breaks)
    query = "SELECT publisher, dataset, digest FROM expectation WHERE consumer = ? AND version = ? ORDER BY publisher, dataset"
    for publisher, dataset, digest in record.execute(query, (participant, version)).fetchall():
        there = [version] if publisher == participant else deployed(record, publisher, environment)
        if not there:
            reasons.append(
                f"{publisher}, of which {participant} {version} needs {dataset}, is not deployed to {environment}"
            )
        for other in there:
            found = _verified(record, digest, publisher, other)
            _tell((participant, version, dataset), (publisher, other), found, reasons, breaks)
    return Decision(not reasons, tuple(reasons), tuple(breaks))


def _tell(
    needing: tuple[str, str, str],
    published: tuple[str, str],
    found: list[Break] | None,
    reasons: list[str],
    breaks: list[Break],
) -> None:
    consumer, version, dataset = needing
    if found is None:
        reasons.append(
            f"{consumer} {version}: what it needs of {dataset} was not verified against {' '.join(published)}"
        )
    for each in found or ():
        reasons.append(f"{consumer} {version} needs {each.where}: {each.message} ({' '.join(published)})")
        breaks.append(each)


def removable(record: sqlite3.Connection, publisher: str, dataset: str, field: str, on: date) -> Decision:
    reasons = []
    for consumer, version, _, needed, _, content, environment in record.execute(
        _NEEDED, (publisher,)
    ).fetchall():
        if needed == dataset and field in parse(json.loads(content)).fields:
            reasons.append(f"{consumer} {version}, deployed to {environment}, needs {dataset}.{field}")
    query = "SELECT until FROM deprecation WHERE publisher = ? AND dataset = ? AND field = ?"
    announced = record.execute(query, (publisher, dataset, field)).fetchone()
    if announced is None:
        reasons.append(f"it was not announced that {dataset}.{field} goes")
    elif on < date.fromisoformat(announced[0]):
        reasons.append(f"{dataset}.{field} was announced to stay until {announced[0]}")
    return Decision(not reasons, tuple(reasons))


def known(record: sqlite3.Connection, participant: str, version: str) -> bool:
    query = "SELECT 1 FROM version WHERE participant = ? AND version = ?"
    return record.execute(query, (participant, version)).fetchone() is not None


def deployed(record: sqlite3.Connection, participant: str, environment: str) -> list[str]:
    query = f"SELECT version FROM deployment {CURRENT} ORDER BY rowid"
    return [version for (version,) in record.execute(query, (participant, environment))]


def _verified(record: sqlite3.Connection, digest: str, publisher: str, version: str) -> list[Break] | None:
    """What the latest verification found; None if there was none."""
    query = """SELECT breaks FROM verification WHERE publisher = ? AND version = ? AND digest = ?
        ORDER BY rowid DESC LIMIT 1"""
    found = record.execute(query, (publisher, version, digest)).fetchone()
    return None if found is None else [Break(**each) for each in json.loads(found[0])]
