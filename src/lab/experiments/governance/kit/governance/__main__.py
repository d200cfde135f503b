"""The command: python -m governance COMMAND. Status 0 if nothing is wrong, 1 if something is, 2 if it could not be told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from . import AuditError, CatalogueError, OnboardingError, audit, checklist, classify, coverage, onboard
from .catalogue import NONE, TEMPLATES, flaws_of, load
from .checks import CHECKS, NOT_CHECKED
from .documents import sections

KIT = TEMPLATES.parent


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its status."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (AuditError, CatalogueError, OnboardingError, ValueError, psycopg.Error, OSError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, OnboardingError) else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="governance", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, help: str, *options: tuple[str, str]) -> None:
        own = commands.add_parser(name, help=help, description=help)
        own.set_defaults(run=run)
        for option, text in options:
            own.add_argument(option, help=text)

    dsn, folder = ("dsn", "connection string of the database"), ("catalogue", "the catalogue's folder")
    command("audit", _audit, "Hold a database against its catalogue.", dsn, folder)
    command(
        "check", _check, "Say what a dataset's file lacks.", ("file", "a filled-in templates/dataset.yml")
    )
    file = ("file", "a filled-in templates/dataset.yml")
    command("onboard", _onboard, "Bring a dataset under governance.", dsn, folder, file)
    command("classify", _classify, "Say what a table's columns hold.", dsn, ("table", "schema.table"))
    command("coverage", _coverage, "Say which sections of the frameworks the playbook covers.")
    command("checklist", _checklist, "Fill in what the audit answers of the checklist.", dsn, folder)
    return parser


def _audit(given: argparse.Namespace) -> int:
    found = audit(given.dsn, Path(given.catalogue))
    for one in found:
        print(f"{one.check}: {one.subject}: {one.detail} (playbook, section {one.section})")
    unseen = sum(one.subject.startswith(NOT_CHECKED) for one in found)
    print(f"{len(found) - unseen} findings, {unseen} things not checked")
    return 2 if unseen and unseen == len(found) else bool(found)


def _check(given: argparse.Namespace) -> int:
    found = flaws_of(load(Path(given.file)), "dataset")
    print("\n".join(found) or "complete")
    return bool(found)


def _onboard(given: argparse.Namespace) -> int:
    done = onboard(given.dsn, Path(given.file), Path(given.catalogue))
    for step, seconds in done.seconds.items():
        print(f"{step}: {1e3 * seconds:.0f} ms")
    print(f"{done.dataset} is in {done.path}")
    return 0


def _classify(given: argparse.Namespace) -> int:
    schema, _, table = given.table.rpartition(".")
    with psycopg.connect(given.dsn, client_encoding="UTF8") as connection:
        query = sql.SQL("SELECT * FROM {} LIMIT 500").format(sql.Identifier(schema or "public", table))
        cursor = connection.execute(query)
        names = [column.name for column in cursor.description or ()]
        found = classify(names, cursor.fetchall())
    for column, label in found.items():
        why = (
            f" ({label.why}, {label.share:.0%} of the values)"
            if label.share
            else f" ({label.why})" * bool(label.why)
        )
        print(f"{column}: {label.label}{why}")
    return any(label.label != NONE for label in found.values())


def _coverage(given: argparse.Namespace) -> int:
    rows = coverage((KIT / "PLAYBOOK.md").read_text(), KIT / "frameworks.yml")
    wrong = [row for row in rows if row["problem"]]
    for row in wrong:
        print(f"{row['framework']} {row['id']} {row['title']}: {row['problem']}")
    scope = sum(row["in_scope"] for row in rows)
    print(f"{scope - sum(row['in_scope'] for row in wrong)} of {scope} sections in scope are covered")
    return bool(wrong)


def _checklist(given: argparse.Namespace) -> int:
    playbook, text = (KIT / "PLAYBOOK.md").read_text(), (KIT / "audit_checklist.md").read_text()
    titles = {part.number: part.title for part in sections(playbook)}
    found = audit(given.dsn, Path(given.catalogue))
    failed = {one.check for one in found}
    rows = checklist(text, CHECKS, playbook)
    fields_wrong = "catalogue" in failed
    answers = []
    for row in rows:
        wrong = row["what"] in failed if row["kind"] == "check" else fields_wrong
        answers.append("?" if row["kind"] == "person" else "no" if wrong else "yes")
        print(f"[{answers[-1]:>3}] {row['question']} ({titles[row['section']]})")
    print(
        f"{answers.count('yes')} of {len(rows)} in order, {answers.count('no')} not, {answers.count('?')} for a person"
    )
    return "no" in answers


if __name__ == "__main__":
    sys.exit(main())
