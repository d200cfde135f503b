"""Who may deploy what, from what was recorded: versions with their expectations, verifications, deployments. One SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from .decision import CURRENT, Decision, decide, deployed, known, removable
from .expectation import Expectation, parse
from .verification import Break

_TABLES = """
CREATE TABLE version (participant TEXT, version TEXT, added TEXT, PRIMARY KEY (participant, version));
CREATE TABLE expectation (consumer TEXT, version TEXT, publisher TEXT, dataset TEXT, digest TEXT, content TEXT,
    PRIMARY KEY (consumer, version, publisher, dataset));
CREATE TABLE verification (digest TEXT, publisher TEXT, version TEXT, breaks TEXT, recorded TEXT);
CREATE INDEX verified ON verification (publisher, version, digest);
CREATE TABLE deployment (participant TEXT, version TEXT, environment TEXT, since TEXT, ended TEXT);
CREATE INDEX deployed ON deployment (environment, ended);
CREATE TABLE deprecation (publisher TEXT, dataset TEXT, field TEXT, until TEXT,
    PRIMARY KEY (publisher, dataset, field));
"""


class BrokerError(ValueError):
    """What was asked can't be recorded or told; nothing was changed."""


@dataclass(frozen=True)
class Broker:
    """The record at `path`, made if it is not there unless `create` is False. Any number of processes may use it at once."""

    path: Path
    create: bool = True

    def __post_init__(self) -> None:
        if not self.create and not Path(self.path).is_file():
            raise BrokerError(f"there is no broker at {self.path}")
        with self._transaction() as record:
            there = {name for (name,) in record.execute("SELECT name FROM sqlite_master")}
            if there and "deployment" not in there:
                raise BrokerError(f"{self.path} is another database, no broker")
            for statement in () if there else filter(str.strip, _TABLES.split(";")):
                record.execute(statement)

    def add(self, participant: str, version: str, expectations: Iterable[Expectation] = ()) -> None:
        """Make a version known, with what it needs of others. The same again changes nothing; other needs are refused."""
        needs = list(expectations)
        if strangers := [each.consumer for each in needs if each.consumer != participant]:
            raise BrokerError(f"{participant} can't say what {strangers[0]} needs")
        given = {(each.publisher, each.dataset): each for each in needs}
        if len(given) < len(needs):
            raise BrokerError(f"{participant} {version} has two expectations of one dataset")
        with self._transaction() as record:
            if known(record, participant, version):
                query = (
                    "SELECT publisher, dataset, digest FROM expectation WHERE consumer = ? AND version = ?"
                )
                before = {(row[0], row[1]): row[2] for row in record.execute(query, (participant, version))}
                if before != {place: each.digest for place, each in given.items()}:
                    raise BrokerError(
                        f"{participant} {version} is known with other expectations: give it another version"
                    )
                return
            record.execute("INSERT INTO version VALUES (?, ?, ?)", (participant, version, _now()))
            for each in needs:
                row = (participant, version, each.publisher, each.dataset, each.digest, each.dumps())
                record.execute("INSERT INTO expectation VALUES (?, ?, ?, ?, ?, ?)", row)

    def needed(self, publisher: str) -> list[Expectation]:
        """What is to be verified against `publisher`: what consumers that are deployed anywhere, and the newest ones, need."""
        query = """
            SELECT DISTINCT e.content FROM expectation e
            JOIN version v ON v.participant = e.consumer AND v.version = e.version
            WHERE e.publisher = ?
            AND (v.rowid = (SELECT max(n.rowid) FROM version n WHERE n.participant = e.consumer)
                 OR EXISTS (SELECT 1 FROM deployment d
                            WHERE d.participant = e.consumer AND d.version = e.version AND d.ended IS NULL))
            ORDER BY e.consumer, e.dataset"""
        with self._transaction() as record:
            found = record.execute(query, (publisher,)).fetchall()
        return [parse(json.loads(content)) for (content,) in found]

    def record(self, publisher: str, version: str, expectation: Expectation, breaks: Sequence[Break]) -> None:
        """What `verify` found. The latest record of a pair counts; it holds for every version with the same expectation."""
        with self._transaction() as record:
            if not known(record, publisher, version):
                raise BrokerError(f"{publisher} {version} is not known: add it first")
            row = (
                expectation.digest,
                publisher,
                version,
                json.dumps([asdict(each) for each in breaks]),
                _now(),
            )
            record.execute("INSERT INTO verification VALUES (?, ?, ?, ?, ?)", row)

    def deploy(
        self, participant: str, version: str, environment: str, beside: bool = False, force: bool = False
    ) -> Decision:
        """Record a deployment, if it is allowed: asked and recorded in one transaction, so that no other comes between.

        beside: earlier versions of the participant stay, until `retire`. force: record it whatever the answer is.
        """
        with self._transaction() as record:
            decision = decide(record, participant, version, environment)
            if known(record, participant, version) and (decision or force):
                others = () if beside else (participant, environment)
                if others:
                    record.execute(f"UPDATE deployment SET ended = ? {CURRENT}", (_now(), *others))
                elif version in deployed(record, participant, environment):
                    return decision
                row = (participant, version, environment, _now())
                record.execute("INSERT INTO deployment VALUES (?, ?, ?, ?, NULL)", row)
            return decision

    def deployed(self, participant: str, environment: str) -> list[str]:
        """Versions that are deployed now, the longest first."""
        with self._transaction() as record:
            return deployed(record, participant, environment)

    def environments(self) -> list[str]:
        """Where anything was ever deployed to."""
        with self._transaction() as record:
            found = record.execute(
                "SELECT DISTINCT environment FROM deployment ORDER BY environment"
            ).fetchall()
        return [name for (name,) in found]

    def retire(self, participant: str, version: str, environment: str) -> None:
        """Record that a version is deployed no longer. BrokerError if it was not."""
        with self._transaction() as record:
            ended = record.execute(
                f"UPDATE deployment SET ended = ? {CURRENT} AND version = ?",
                (_now(), participant, environment, version),
            )
            if not ended.rowcount:
                raise BrokerError(f"{participant} {version} is not deployed to {environment}")

    def deprecate(self, publisher: str, dataset: str, field: str, until: date) -> None:
        """Announce that a field goes, not before `until`. Announced again, the later day counts."""
        with self._transaction() as record:
            row = (publisher, dataset, field, until.isoformat())
            record.execute(
                "INSERT INTO deprecation VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                row,
            )

    def can_i_deploy(self, participant: str, version: str, environment: str) -> Decision:
        with self._transaction() as record:
            return decide(record, participant, version, environment)

    def can_i_remove(self, publisher: str, dataset: str, field: str, on: date) -> Decision:
        with self._transaction() as record:
            return removable(record, publisher, dataset, field, on)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as record:
                record.execute("BEGIN IMMEDIATE")
                yield record
                record.execute("COMMIT")  # without it, closing rolls back
        except sqlite3.Error as error:
            raise BrokerError(f"{self.path} can't be used as a broker: {error}") from None


def can_i_deploy(participant: str, version: str, environment: str, broker: Broker) -> Decision:
    """Whether `version` may go where the others are that are deployed to `environment` now, by recorded verifications alone.

    As a publisher: every deployed consumer's expectations were verified against it. As a consumer: its expectations were
    verified against every deployed version of each publisher. What was not verified is not allowed.
    """
    return broker.can_i_deploy(participant, version, environment)


def can_i_remove(publisher: str, dataset: str, field: str, on: date, broker: Broker) -> Decision:
    """Whether a field may go: no version that is deployed anywhere has stated it, and its announced time is over."""
    return broker.can_i_remove(publisher, dataset, field, on)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
