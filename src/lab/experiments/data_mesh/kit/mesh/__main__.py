"""The broker from a shell, a workflow or a git hook. Status 0: yes, or recorded; 1: no; 2: it can't be told, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from . import Broker, BrokerError, Decision, Publication, read, verify

# Commands with their arguments; `broker` comes first everywhere.
COMMANDS = {
    "add": ("make a version known, with what it needs of others", "participant", "version", "expectations*"),
    "verify": ("verify what others need of a version, and record it", "participant", "version"),
    "can-i-deploy": ("ask", "participant", "version", "environment"),
    "deploy": ("record a deployment, if it is allowed", "participant", "version", "environment"),
    "deployed": ("versions that are deployed, a line each", "participant", "environment"),
    "retire": ("record the end of a deployment", "participant", "version", "environment"),
    "deprecate": ("announce that a field goes, not before a day", "participant", "dataset", "field", "until"),
    "can-i-remove": ("ask whether a field may go", "participant", "dataset", "field"),
    "gate": ("decide about a push, as git's pre-receive hook", "participant", "environment"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        return _done(given, Broker(given.broker, create=given.command == "add"))
    except Exception as error:  # whatever it is, of a driver too: it must not be taken for a no
        print(f"mesh: {error}", file=sys.stderr)
        return 2


def _done(given: argparse.Namespace, broker: Broker) -> int:
    who = given.participant
    match given.command:
        case "add":
            broker.add(who, given.version, [read(path) for path in given.expectations])
        case "verify":
            _verify(given, broker)
        case "can-i-deploy" | "deploy":
            place = (who, given.version, given.environment)
            asks = given.command == "can-i-deploy"
            if asks:
                _known(broker, given.environment)
            decision = (
                broker.can_i_deploy(*place) if asks else broker.deploy(*place, given.beside, given.force)
            )
            status = _told(decision, f"{who} {given.version} can{{}} be deployed to {given.environment}")
            return 0 if not asks and given.force else status
        case "deployed":
            print(*broker.deployed(who, given.environment), sep="\n")
        case "retire":
            broker.retire(who, given.version, given.environment)
        case "deprecate":
            broker.deprecate(who, given.dataset, given.field, date.fromisoformat(given.until))
        case "can-i-remove":
            decision = broker.can_i_remove(who, given.dataset, given.field, datetime.now(UTC).date())
            return _told(decision, f"{given.dataset}.{given.field} can{{}} be removed")
        case "gate":
            return gate(broker, who, given.environment, sys.stdin, given.branch)
    return 0


def _verify(given: argparse.Namespace, broker: Broker) -> None:
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


def gate(
    broker: Broker, participant: str, environment: str, refs: Iterable[str], branch: str = "main"
) -> int:
    """As git's pre-receive hook: `branch` takes a commit only if it may be deployed. A version's name is its commit's.

    refs: lines "OLD NEW REF". Other branches take anything; this one can't be deleted.
    """
    _known(broker, environment)
    status = 0
    for _, new, ref in map(str.split, refs):
        if ref == f"refs/heads/{branch}" and not new.strip("0"):  # git's name for no commit
            print(f"{branch} can't be deleted")
            status = 1
        elif ref == f"refs/heads/{branch}":
            decision = broker.can_i_deploy(participant, new, environment)
            said = f"{participant} {new[:12]} can{{}} be deployed to {environment}, where {branch} goes"
            status |= _told(decision, said, new)
    return status


def _known(broker: Broker, environment: str) -> None:
    """BrokerError for an environment that was never deployed to while others were: where nobody is, all is allowed."""
    known = broker.environments()
    if known and environment not in known:
        raise BrokerError(f"nothing was ever deployed to {environment!r}; known are {', '.join(known)}")


def _told(decision: Decision, sentence: str, commit: str = "") -> int:
    print(sentence.format("" if decision else "not"))
    for reason in decision.reasons:
        print(f"- {reason.replace(commit, commit[:12]) if commit else reason}")
    return 0 if decision else 1


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
    made = {name: commands.add_parser(name, help=text) for name, (text, *_) in COMMANDS.items()}
    for name, (_, *arguments) in COMMANDS.items():
        made[name].add_argument("broker", type=Path, help="SQLite file")
        for argument in arguments:
            if argument.endswith("*"):
                made[name].add_argument(argument[:-1], nargs="*", type=Path, help="YAML or JSON files")
            else:
                made[name].add_argument(argument)
    made["verify"].add_argument(
        "--database", required=True, help="PostgreSQL's connection string, or a DuckDB file"
    )
    made["verify"].add_argument("--schema", required=True)
    made["verify"].add_argument(
        "--at", help="from when freshness is reckoned, as 2026-01-31T12:00+00:00; now"
    )
    made["deploy"].add_argument("--beside", action="store_true", help="earlier versions stay")
    made["deploy"].add_argument("--force", action="store_true", help="record it whatever the answer is")
    made["gate"].add_argument("--branch", default="main")
    return parser


if __name__ == "__main__":
    sys.exit(main())
