"""What stands in FROM: tables, CTEs, subqueries, rows made of values."""

from __future__ import annotations

from sqlglot import exp

from .expressions import Scope, flow
from .flow import (
    JOIN,
    TRANSFORMATION,
    Flow,
    Relation,
    UnreadableSQLError,
    merged,
)


def source(item: exp.Expression, scope: Scope) -> Relation:
    if isinstance(item, exp.Lateral):
        return aliased(item, source(item.this, scope))
    if isinstance(item, exp.Unnest):
        return _generated(item, [flow(part, scope) for part in item.expressions])
    return scope.query(item, scope)


def table(node: exp.Table, scope: Scope) -> Relation:
    if isinstance(node.this, exp.GenerateSeries):
        return _generated(node, [flow(part, scope) for part in node.this.iter_expressions()])
    if not isinstance(node.this, exp.Identifier):
        raise UnreadableSQLError(f"the table function {word(node.this)} is not read: it names no table")
    if node.name in scope.ctes:
        return aliased(node, scope.ctes[node.name])
    return aliased(node, scope.tables[node.name])


def _generated(node: exp.Expression, parts: list[Flow]) -> Relation:
    """Rows made of values: these give the column's values, and decide how many rows there are."""
    made = merged(parts).by(TRANSFORMATION)
    names = [item.name for item in _alias_columns(node)] or [node.alias_or_name, "generate_series", "unnest"]
    return Relation(dict.fromkeys(names, made), made.as_condition(JOIN))


def values(node: exp.Values, scope: Scope) -> Relation:
    width = len(node.expressions[0].expressions) if node.expressions else 0
    columns = {
        f"col{place}": merged(flow(row.expressions[place], scope) for row in node.expressions)
        for place in range(width)
    }
    return aliased(node, Relation(columns))


def aliased(node: exp.Expression, found: Relation) -> Relation:
    names = [item.name for item in _alias_columns(node)]
    return found.renamed(names) if names else found


def _alias_columns(node: exp.Expression) -> list[exp.Expression]:
    alias = node.args.get("alias")
    return list(alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else []


def word(node: exp.Expression) -> str:
    """What a reader would call it: a statement's first word, a function's name."""
    return (
        str(getattr(node, "name", "") or node.key).upper()
        if isinstance(node, exp.Anonymous)
        else node.key.upper()
    )
