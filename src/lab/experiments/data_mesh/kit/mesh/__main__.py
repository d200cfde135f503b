"""The broker from a shell, a workflow or a git hook. Status 0: yes, or recorded; 1: no; 2: it can't be told, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from . import Broker, BrokerError, Decision, ExpectationError, Publication, grants, read, verify

NONE = "0" * 40  # git's name for no commit


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        return int(given.do(given, Broker(given.broker, create=given.command == "add")))
    except (BrokerError, ExpectationError, OSError, ValueError) as error:
        print(f"mesh: {error}", file=sys.stderr)
        return 2


def _add(given: argparse.Namespace, broker: Broker) -> int:
    broker.add(given.participant, given.version, [read(path) for path in given.expectations])
    return 0


def _verify(given: argparse.Namespace, broker: Broker) -> int:
    at = datetime.fromisoformat(given.at) if given.at else datetime.now(UTC)
    connection = _connected(given.database)
    publication = Publication(given.participant, given.version, connection, given.schema, at)
    for expectation in broker.needed(given.participant):
        found = verify(publication, expectation)
        broker.record(given.participant, given.version, expectation, found)
        print(
            "\n".join(map(str, found)) or f"{expectation.consumer} has what it needs of {expectation.dataset}"
        )
    connection.close()
    return 0


def _grants(given: argparse.Namespace, broker: Broker) -> int:
    publication = Publication(given.participant, "", _connected(given.database), given.schema)
    for path in given.expectations:
        print(*(f"{line};" for line in grants(publication, read(path), given.role)), sep="\n")
    return 0


def _can_i_deploy(given: argparse.Namespace, broker: Broker) -> int:
    return _told(
        broker.can_i_deploy(given.participant, given.version, given.environment),
        f"{given.participant} {given.version} can{{}} be deployed to {given.environment}",
    )


def _deploy(given: argparse.Namespace, broker: Broker) -> int:
    place = (given.participant, given.version, given.environment)
    decision = broker.deploy(*place, beside=given.beside, force=given.force)
    status = _told(
        decision, f"{given.participant} {given.version} can{{}} be deployed to {given.environment}"
    )
    return 0 if given.force else status


def _deployed(given: argparse.Namespace, broker: Broker) -> int:
    print(*broker.deployed(given.participant, given.environment), sep="\n")
    return 0


def _retire(given: argparse.Namespace, broker: Broker) -> int:
    broker.retire(given.participant, given.version, given.environment)
    return 0


def _deprecate(given: argparse.Namespace, broker: Broker) -> int:
    broker.deprecate(given.participant, given.dataset, given.field, date.fromisoformat(given.until))
    return 0


def _can_i_remove(given: argparse.Namespace, broker: Broker) -> int:
    decision = broker.can_i_remove(given.participant, given.dataset, given.field, datetime.now(UTC).date())
    return _told(decision, f"{given.dataset}.{given.field} can{{}} be removed")


def _gate(given: argparse.Namespace, broker: Broker) -> int:
    return gate(broker, given.participant, given.environment, sys.stdin, given.branch)


def gate(
    broker: Broker, participant: str, environment: str, refs: Iterable[str], branch: str = "main"
) -> int:
    """As git's pre-receive hook: `branch` takes a commit only if it may be deployed. A version's name is its commit's.

    refs: lines "OLD NEW REF". Other branches take anything; this one can't be deleted.
    """
    status = 0
    for line in refs:
        _, new, ref = line.split()
        if ref != f"refs/heads/{branch}":
            continue
        if new == NONE:
            print(f"{branch} can't be deleted")
            status = 1
        else:
            decision = broker.can_i_deploy(participant, new, environment)
            status |= _told(
                decision,
                f"{branch} takes {participant} {new[:12]}: it can{{}} be deployed to {environment}",
                new,
            )
    return status


def _told(decision: Decision, sentence: str, commit: str = "") -> int:
    if decision:
        print(sentence.format(""))
        return 0
    print(sentence.replace(" takes ", " does not take ").format("not") + ", because")
    for reason in decision.reasons:
        print(f"- {reason.replace(commit, commit[:12]) if commit else reason}")
    return 1


def _connected(database: str) -> Any:
    if "://" in database or "=" in database:
        import psycopg

        return psycopg.connect(database)
    if not Path(database).is_file():
        raise ValueError(f"there is no DuckDB file {database}")
    import duckdb

    return duckdb.connect(database, read_only=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mesh", description="Contracts between data domains.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, do: Any, text: str, *positional: str) -> argparse.ArgumentParser:
        own = commands.add_parser(name, help=text)
        own.set_defaults(do=do)
        own.add_argument("broker", type=Path, help="SQLite file")
        for each in ("participant", *positional):
            own.add_argument(each)
        return own

    made = command("add", _add, "make a version known, with what it needs", "version")
    made.add_argument("expectations", nargs="*", type=Path, help="YAML or JSON files")
    for name, do, text in (
        ("verify", _verify, "verify what others need of a version, and record it"),
        ("grants", _grants, "SQL that lets a role read what expectations state"),
    ):
        made = command(name, do, text, *(["version"] if name == "verify" else ["role"]))
        made.add_argument(
            "--database", required=True, help="PostgreSQL's connection string, or a DuckDB file"
        )
        made.add_argument("--schema", required=True)
        if name == "verify":
            made.add_argument(
                "--at", help="moment from which freshness is reckoned, as 2026-01-31T12:00+00:00; now"
            )
        else:
            made.add_argument("expectations", nargs="+", type=Path, help="YAML or JSON files")
    command("can-i-deploy", _can_i_deploy, "ask", "version", "environment")
    made = command("deploy", _deploy, "record a deployment, if it is allowed", "version", "environment")
    made.add_argument("--beside", action="store_true", help="earlier versions stay")
    made.add_argument("--force", action="store_true", help="record it whatever the answer is")
    command("deployed", _deployed, "versions that are deployed, a line each", "environment")
    command("retire", _retire, "record the end of a deployment", "version", "environment")
    command(
        "deprecate", _deprecate, "announce that a field goes, not before a day", "dataset", "field", "until"
    )
    command("can-i-remove", _can_i_remove, "ask whether a field may go", "dataset", "field")
    made = command("gate", _gate, "decide about a push, as a pre-receive hook", "environment")
    made.add_argument("--branch", default="main")
    return parser


if __name__ == "__main__":
    sys.exit(main())
