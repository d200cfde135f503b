"""The truth, asked of the servers themselves: whether a right is held, and which objects are still the same ones.

None of it goes through OpenTofu, a provider or the detector: PostgreSQL's own functions, and unsigned requests to the store.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

Sql = Callable[[str, list[Any]], Any]  # one value of one row
DECLARED = {
    "grant_revoked": "SELECT has_schema_privilege(%(p)s || '_loader', %(p)s || '_mart_' || %(i)s, 'CREATE')",
    "grant_added": "SELECT NOT has_schema_privilege(%(p)s || '_reader_' || %(i)s, %(p)s || '_mart_' || %(i)s, 'CREATE') "
    "AND has_schema_privilege(%(p)s || '_reader_' || %(i)s, %(p)s || '_mart_' || %(i)s, 'USAGE')",
    "owner_changed": "SELECT o.rolname = %(p)s || '_owner' FROM pg_namespace n JOIN pg_authid o ON o.oid = n.nspowner "
    "WHERE n.nspname = %(p)s || '_mart_' || %(i)s",
    "setting_changed": "SELECT s.setconfig[1]::text IN ('statement_timeout=30000', 'statement_timeout=30s') "
    "FROM pg_db_role_setting s JOIN pg_authid r ON r.oid = s.setrole WHERE r.rolname = %(p)s || '_reader_' || %(i)s",
    "owner_unset": "SELECT o.rolname = current_user FROM pg_database d JOIN pg_authid o ON o.oid = d.datdba "
    "WHERE d.datname = %(p)s || '_scratch_' || %(i)s",
    "database_recreated": "SELECT d.datcollate = 'C' FROM pg_database d WHERE d.datname = %(p)s || '_warehouse_' || %(i)s",
}
IDENTITIES = """
SELECT 'role', rolname::text, oid::bigint FROM pg_authid WHERE starts_with(rolname::text, %(p)s)
UNION ALL SELECT 'database', datname::text, oid::bigint FROM pg_database WHERE starts_with(datname::text, %(p)s)
UNION ALL SELECT 'schema', nspname::text, oid::bigint FROM pg_namespace WHERE starts_with(nspname::text, %(p)s)
"""
BODY = b"what a reader of the lake came for"
REFUSED = 403


def as_declared(
    connection: psycopg.Connection[Any], endpoint: str, prefix: str, kind: str, copy: int
) -> bool:
    """Whether what a change of `kind` touches is as the configuration has it."""
    if kind == "policy_deleted":
        return status(f"{endpoint}/{prefix}-lake-{copy}/public/x") == 200
    if kind == "policy_changed":
        return status(f"{endpoint}/{prefix}-feed-{copy}/private/x") == REFUSED
    row = connection.execute(DECLARED[kind], {"p": prefix, "i": str(copy)}).fetchone()
    return bool(row and row[0])


def status(url: str) -> int:
    """What a stranger is answered."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def identities(connection: psycopg.Connection[Any], buckets: Iterable[str], prefix: str) -> dict[str, int]:
    """Roles, databases and schemas by their number, which one that was made again does not keep; buckets by being there."""
    rows = connection.execute(IDENTITIES, {"p": prefix}).fetchall()
    found = {f"{kind} {name}": int(oid) for kind, name, oid in rows}
    return found | {f"bucket {name}": 1 for name in buckets if name.startswith(prefix)}


def lost(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """What was there and is not, or is another one."""
    return sorted(name for name, identity in before.items() if after.get(name) != identity)
