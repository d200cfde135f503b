"""The audit: a database held against its catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from .catalogue import Catalogue, read
from .checks import CHECKS, Finding, now
from .state import QUERIES, look

__all__ = ["CHECKS", "QUERIES", "AuditError", "Finding", "audit"]


class AuditError(RuntimeError):
    """The audit could not be made; in words what to do."""


def audit(
    dsn: str,
    catalogue: Catalogue | Path | str,
    *,
    checks: Collection[str] = tuple(CHECKS),
    since: datetime | None = None,
    at: datetime | None = None,
    rows: int = 200,
    queries: Mapping[str, str] = QUERIES,
) -> list[Finding]:
    """What is wrong in the database of `dsn`, by its catalogue (one, or its folder); an empty list if nothing is.

    dsn: of a role that may read: member of pg_read_all_data and pg_monitor, EXECUTE on pg_read_file(text) for the log.
    What could not be looked at is a finding whose subject begins with "not checked". checks: names, all by default;
    since: from when on the log counts, a day ago by default (aware); at: the present (aware); rows: looked at in each
    table. Nothing is written. AuditError if the database can't be reached; CatalogueError; ValueError for a check
    that there is not, or a time without a zone.
    """
    if unknown := sorted(set(checks) - set(CHECKS)):
        raise ValueError(f"there is no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    at = at or now()
    since = since or at - timedelta(days=1)
    if at.tzinfo is None or since.tzinfo is None:
        raise ValueError("times need a zone: datetime.now(timezone.utc)")
    known = catalogue if isinstance(catalogue, Catalogue) else read(catalogue)
    try:
        with psycopg.connect(
            dsn,
            row_factory=dict_row,
            connect_timeout=10,
            application_name="governance audit",
            client_encoding="UTF8",  # or a database without an encoding would give names as bytes
        ) as link:
            link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            state = look(link, since, rows, queries)
            return [
                Finding(name, subject, detail, section)
                for name, (check, section) in CHECKS.items()
                if name in checks
                for subject, detail in dict.fromkeys(check(state, known, at))
            ]
    except psycopg.OperationalError as error:
        raise AuditError(f"the database can't be audited: {' '.join(str(error).split())}") from None
