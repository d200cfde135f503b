"""Policies that do not hold, found in the catalogs of any PostgreSQL database from 15 on.

`python lint.py postgresql://... [column]` prints what it finds and ends with 1 if there is anything. It reads the
catalogs alone, so it can't know whether what a policy asks can be forged: a setting holds only against who sends no SQL.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

Severity = Literal["leak", "side channel", "slow"]


@dataclass(frozen=True)
class Finding:
    """One fault. code: of the rule; object: where; why it matters; fix: what to do."""

    code: str
    severity: Severity
    object: str
    why: str
    fix: str


@dataclass(frozen=True)
class Rule:
    """query: gives one column, the object's name. It may use the tables of `_WITH`."""

    code: str
    severity: Severity
    why: str
    fix: str
    query: str


# t: tables with the tenant's column. g: what roles other than a relation's owner may do. above: roles that no policy binds.
_WITH = r"""
WITH RECURSIVE t AS (
  SELECT c.oid, c.oid::regclass::text AS name, c.relname, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
         c.relowner, a.attnum
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = %(column)s AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
    AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'),
above AS (SELECT oid FROM pg_roles WHERE rolsuper OR rolbypassrls),
g AS (
  SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.reloptions, c.relowner, x.privilege_type
  FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
  WHERE x.grantee <> c.relowner AND x.grantee NOT IN (SELECT oid FROM above)
  UNION SELECT c.oid, c.oid::regclass::text, c.relkind, c.reloptions, c.relowner, x.privilege_type
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
  WHERE x.grantee <> c.relowner AND x.grantee NOT IN (SELECT oid FROM above)),
direct AS (
  SELECT DISTINCT r.ev_class AS view, d.refobjid AS used FROM pg_rewrite r JOIN pg_depend d
  ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class),
uses AS (
  SELECT view, used FROM direct
  UNION SELECT uses.view, direct.used FROM uses JOIN direct ON direct.view = uses.used JOIN pg_class c ON c.oid = uses.used
  WHERE c.relkind = 'v'),
p AS (
  SELECT t.name || ', policy ' || quote_ident(polname) AS name, pol.oid, polcmd, polpermissive, t.relname,
         pg_get_expr(polqual, polrelid) AS shown, pg_get_expr(polwithcheck, polrelid) AS checked
  FROM pg_policy pol JOIN t ON t.oid = pol.polrelid),
code AS (
  SELECT f.oid, f.oid::regprocedure::text AS name, f.proowner, f.proconfig, f.prosecdef, f.provolatile, f.proleakproof, l.lanname,
         coalesce(f.prosrc, '') || coalesce(pg_get_function_sqlbody(f.oid), '') AS body, f.proacl
  FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
  WHERE f.pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e'))
"""
_ANYWHERE = (
    r"""('(^|[^\w"])' || regexp_replace(quote_ident(%(column)s), '(\W)', '\\\1', 'g') || '($|[^\w"])')"""
)

RULES = (
    Rule("not enabled", "leak", "row-level security is off: policies, if any, are not asked", "ENABLE and FORCE it",
         "SELECT name FROM t WHERE NOT relrowsecurity AND NOT relispartition"),
    Rule("not forced", "leak", "policies do not bind the table's owner", "FORCE ROW LEVEL SECURITY",
         "SELECT name FROM t WHERE relrowsecurity AND NOT relforcerowsecurity AND NOT relispartition"),
    Rule("partition open", "leak", "addressed by itself a partition has its own grants and policies, not its parent's",
         "revoke the grants, or ENABLE row-level security on it",
         "SELECT DISTINCT t.name FROM t JOIN g USING (oid) WHERE t.relispartition AND NOT t.relrowsecurity"),
    Rule("tenant's column missing", "leak", "its rows belong to rows of a tenant, and no policy can compare what is not there",
         "add the tenant's column, to the foreign key too, and policies", """
         SELECT DISTINCT g.name FROM g JOIN pg_constraint k ON k.conrelid = g.oid JOIN t ON t.oid = k.confrelid
         JOIN pg_class c ON c.oid = g.oid WHERE NOT c.relrowsecurity AND g.oid NOT IN (SELECT oid FROM t)"""),
    Rule("reads all", "leak", "a permissive policy shows rows without asking for their tenant; policies are joined by OR",
         "compare the tenant's column in it", f"""
         SELECT name FROM p WHERE polpermissive AND polcmd IN ('*', 'r', 'w', 'd') AND coalesce(shown, '') !~ {_ANYWHERE}"""),
    Rule("writes all", "leak", "a permissive policy takes new rows without asking for their tenant", "compare it in WITH CHECK",
         f"""SELECT name FROM p
         WHERE polpermissive AND polcmd IN ('*', 'a', 'w') AND coalesce(checked, shown, '') !~ {_ANYWHERE}"""),
    Rule("login above", "leak", "no policy binds a superuser or BYPASSRLS", "give applications another login", """
         SELECT rolname::text FROM pg_roles
         WHERE rolcanlogin AND (rolsuper OR rolbypassrls) AND rolname <> ALL (%(operators)s)"""),
    Rule("login can go above", "leak", "it may SET ROLE to a role that no policy binds", "REVOKE that membership", """
         SELECT DISTINCT r.rolname::text FROM pg_roles r, above WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls
         AND pg_has_role(r.oid, above.oid, 'MEMBER') AND r.rolname <> ALL (%(operators)s)"""),
    Rule("owner logs in", "leak", "the owner can switch row-level security off, forced or not", "own them by a NOLOGIN role", """
         SELECT DISTINCT r.rolname || ' for ' || t.name FROM t, pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper
         AND pg_has_role(r.oid, t.relowner, 'MEMBER') AND r.rolname <> ALL (%(operators)s)"""),
    Rule("view of its owner", "leak", "without security_invoker a view reads with its owner's rights, whom policies do not bind",
         "WITH (security_invoker = true)", """
         SELECT DISTINCT g.name FROM g JOIN uses ON uses.view = g.oid JOIN t ON t.oid = uses.used WHERE g.relkind = 'v'
         AND coalesce(array_to_string(g.reloptions, ','), '') !~* 'security_invoker=(true|on|1|yes)'
         AND (g.relowner IN (SELECT oid FROM above) OR (g.relowner = t.relowner AND NOT t.relforcerowsecurity))"""),
    Rule("materialised view open", "leak", "a materialised view has no policies", "grant a view of it that compares the tenant",
         """SELECT DISTINCT g.name FROM g JOIN uses ON uses.view = g.oid JOIN t ON t.oid = uses.used WHERE g.relkind = 'm'"""),
    Rule("view without barrier", "leak", "a function in a query may see rows before the view's own condition has hidden them",
         "WITH (security_barrier = true)", """
         SELECT DISTINCT g.name FROM g JOIN uses a ON a.view = g.oid JOIN pg_class m ON m.oid = a.used AND m.relkind = 'm'
         JOIN uses b ON b.view = m.oid JOIN t ON t.oid = b.used WHERE g.relkind = 'v'
         AND coalesce(array_to_string(g.reloptions, ','), '') !~* 'security_barrier=(true|on|1|yes)'"""),
    Rule("definer function", "leak", "it reads a tenant's table with the rights of an owner whom policies do not bind",
         "SECURITY INVOKER, or an owner whom they bind", r"""
         SELECT DISTINCT f.name FROM code f JOIN t ON f.body ~ ('\m' || regexp_replace(t.relname, '(\W)', '\\\1', 'g') || '\M')
         WHERE f.prosecdef
         AND (f.proowner IN (SELECT oid FROM above) OR (f.proowner = t.relowner AND NOT t.relforcerowsecurity))"""),
    Rule("definer search_path", "leak", "whoever calls it chooses the tables and operators that it finds", "SET search_path", """
         SELECT name FROM code WHERE prosecdef AND coalesce(array_to_string(proconfig, ','), '') !~ 'search_path='"""),
    Rule("policy function immutable", "leak", "a prepared plan keeps the tenant of who planned it", "declare it STABLE", """
         SELECT DISTINCT f.name FROM code f JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
         AND d.classid = 'pg_policy'::regclass JOIN p ON p.oid = d.objid WHERE f.provolatile = 'i'"""),
    Rule("marked leakproof", "leak", "it is run on rows before the policy has hidden them, on its author's word", "NOT LEAKPROOF",
         "SELECT name FROM code WHERE proleakproof AND lanname NOT IN ('internal')"),
    Rule("truncate and the like", "leak", "TRUNCATE empties the table, REFERENCES probes it, TRIGGER sees it; no policy is asked",
         "REVOKE TRUNCATE, REFERENCES, TRIGGER", """
         SELECT DISTINCT t.name FROM t JOIN g USING (oid) WHERE g.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')"""),
    Rule("replication login", "leak", "the write-ahead log holds all rows", "NOREPLICATION", """
         SELECT rolname::text FROM pg_roles
         WHERE rolcanlogin AND rolreplication AND NOT rolsuper AND rolname <> ALL (%(operators)s)"""),
    Rule("large objects", "leak", "large objects have no policies, and everybody may make them", "REVOKE EXECUTE on lo_*",
         "SELECT 'lo_get(oid)' WHERE EXISTS (SELECT FROM t) AND has_function_privilege('public', 'lo_get(oid)', 'EXECUTE')"),
    Rule("key across tenants", "side channel", "whether a value is taken tells that another tenant has it",
         "begin the key with the tenant's column", """
         SELECT i.indexrelid::regclass::text FROM pg_index i JOIN t ON t.oid = i.indrelid
         WHERE i.indisunique AND NOT t.relispartition AND NOT t.attnum = ANY (i.indkey)"""),
    Rule("reference across tenants", "side channel", "whether a row may refer to a key tells that another tenant has it",
         "refer by the tenant's column too", """
         SELECT t.name || ', ' || quote_ident(k.conname) FROM pg_constraint k JOIN t ON t.oid = k.conrelid
         JOIN t f ON f.oid = k.confrelid
         WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT t.attnum = ANY (k.conkey)"""),
    Rule("asked for each row", "slow", "a function outside of a sub-select may be called for each row", "(SELECT f())", r"""
         SELECT name FROM p WHERE concat(shown, ' ', checked) ~ '\w\(' AND concat(shown, ' ', checked) !~* '\( *SELECT'"""),
    Rule("no index", "slow", "every query reads all tenants' rows", "an index that begins with the tenant's column", """
         SELECT name FROM t WHERE NOT relispartition AND relrowsecurity AND NOT EXISTS (
           SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indkey[0] = t.attnum AND i.indpred IS NULL AND i.indisvalid)"""),
)  # fmt: skip


def lint(
    database: str | psycopg.Connection[Any], column: str = "tenant_id", operators: Collection[str] = ()
) -> list[Finding]:
    """What does not hold in a database, in the order of `RULES`.

    database: a connection string, or a connection, whose transaction is used. column: that holds a row's tenant, in every
    table that has one. operators: logins that are meant to be above the policies, beside the one that asks.
    ValueError for a server before 15, or a database in which no table has such a column.
    """
    with _opened(database) as connection:
        if connection.info.server_version < 150000:
            raise ValueError(
                "PostgreSQL 15 or later is needed: before, no view could have its reader's rights"
            )
        known = [*operators, str(_all(connection, "SELECT session_user::text", {})[0])]
        given = {"column": column, "operators": known}
        if not _all(connection, f"{_WITH} SELECT name FROM t", given):
            raise ValueError(f"no table has a column {column!r}")
        return [
            Finding(rule.code, rule.severity, name, rule.why, rule.fix)
            for rule in RULES
            for name in sorted(_all(connection, f"{_WITH} {rule.query}", given))
        ]


@contextmanager
def _opened(database: str | psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    if not isinstance(database, str):
        yield database
        return
    with psycopg.connect(database, client_encoding="UTF8") as connection:
        connection.read_only = True
        yield connection


def _all(connection: psycopg.Connection[Any], query: str, given: dict[str, Any]) -> list[str]:
    with connection.cursor(row_factory=psycopg.rows.scalar_row) as cursor:
        return cursor.execute(query, given).fetchall()


if __name__ == "__main__":
    found = lint(*sys.argv[1:3])
    for one in found:
        print(f"{one.severity}: {one.object}: {one.code}. {one.why}. Fix: {one.fix}.")
    sys.exit(1 if found else 0)
