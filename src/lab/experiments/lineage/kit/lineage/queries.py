"""Relation of a query: an interpreter of SQL that computes dependencies in the place of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from .expressions import Scope, condition, flow
from .flow import (
    FILTER,
    GROUP_BY,
    JOIN,
    NOTHING,
    SORT,
    Flow,
    Relation,
    UnreadableSQLError,
    combined,
    merged,
)
from .from_items import aliased, source, table, values, word

# Clauses whose lineage is read, and those that have none; any other is refused by name.
_READ = {
    "with_",
    "expressions",
    "from_",
    "joins",
    "laterals",
    "where",
    "group",
    "having",
    "qualify",
    "windows",
}
_READ |= {"distinct", "order", "limit", "offset", "this", "expression", "alias", "by_name", "prewhere"}
_WITHOUT = {"hint", "sample", "locks", "operation_modifiers", "options", "settings", "format", "for_"}


def relation(node: exp.Expression, scope: Scope) -> Relation:
    """What a query gives, within a scope."""
    _refuse_strange_clauses(node)
    scope = _with_ctes(node, scope)
    if isinstance(node, exp.Select):
        return _select(node, scope)
    if isinstance(node, exp.SetOperation):
        return _ordered(node, _set_operation(node, scope), scope)
    if isinstance(node, exp.Subquery):
        if isinstance(node.this, exp.Table) and node.this.args.get("joins"):
            raise UnreadableSQLError("a join in brackets with a name of its own is not read")
        return _ordered(node, aliased(node, relation(node.this, scope)), scope)
    if isinstance(node, exp.Values):
        return values(node, scope)
    if isinstance(node, exp.Table):
        return table(node, scope)
    raise UnreadableSQLError(f"{word(node)} is not read as a query")


def _refuse_strange_clauses(node: exp.Expression) -> None:
    if not isinstance(node, (exp.Select, exp.SetOperation, exp.Subquery)):
        return
    strange = sorted(key for key, value in node.args.items() if value and key not in _READ | _WITHOUT)
    if strange:
        raise UnreadableSQLError(f"the clause {strange[0].rstrip('_').upper()} is not read")


def _with_ctes(node: exp.Expression, scope: Scope) -> Scope:
    clause = node.args.get("with_")
    for cte in clause.expressions if clause else ():
        found = (
            _recursive(cte, scope)
            if clause.args.get("recursive")
            else aliased(cte, relation(cte.this, scope))
        )
        scope = replace(scope, ctes={**scope.ctes, cte.alias: found})
    return scope


def _recursive(cte: exp.CTE, scope: Scope) -> Relation:
    """Round by round from the anchor, until nothing more flows: there are finitely many columns."""
    if not isinstance(cte.this, exp.Union):
        return aliased(cte, relation(cte.this, scope))
    found = aliased(cte, relation(cte.this.left, scope))
    while True:
        known = replace(scope, ctes={**scope.ctes, cte.alias: found})
        grown = combined(found, aliased(cte, relation(cte.this, known)))
        if grown == found:
            return found
        found = grown


def _select(node: exp.Select, scope: Scope) -> Relation:
    scope, rows = _from(node, scope)
    windows = {item.name: item for item in node.args.get("windows") or ()}
    scope = replace(scope, windows=windows, aliases={})
    columns = _projection(node, scope)
    inside = replace(scope, aliases=columns)
    rows = merged([rows, *_filters(node, inside, "where", "prewhere")])
    after = merged([*_filters(node, inside, "having", "qualify"), *_distinct(node, columns, inside)])
    if _gives_one_row(node):
        # Whatever its input, there is one row of it: what decides the input's rows is in the values alone.
        found = Relation({name: merged([column, rows]) for name, column in columns.items()}, after)
    else:
        found = Relation(columns, merged([rows, *_grouping(node, inside), after]))
    return _ordered(node, found, scope)


def _filters(node: exp.Select, scope: Scope, *names: str) -> Iterator[Flow]:
    yield from (condition(clause.this, scope, FILTER) for clause in _clauses(node, *names))


def _gives_one_row(node: exp.Select) -> bool:
    """An aggregate without GROUP BY, and nothing after it that could drop the row."""
    return not [*_clauses(node, "group", "having", "qualify")] and any(
        _aggregates(item) for item in node.expressions
    )


def _aggregates(node: exp.Expression) -> bool:
    """Whether it holds an aggregate of this query: not of a subquery, and none that a window makes a value per row."""
    own = node.walk(prune=lambda inner: isinstance(inner, (exp.Query, exp.Window)))
    return any(isinstance(inner, exp.AggFunc) for inner in own)


def _clauses(node: exp.Expression, *names: str) -> Iterator[exp.Expression]:
    yield from (node.args[name] for name in names if node.args.get(name))


def _projection(node: exp.Select, scope: Scope) -> dict[str, Flow]:
    columns: dict[str, Flow] = {}
    for place, item in enumerate(node.expressions):
        name = item.alias_or_name or f"_col_{place}"
        if item.is_star:
            flow(item, scope)  # says why it can't be expanded
        if name in columns:
            raise UnreadableSQLError(f"two columns of one query are called {name}: give one another name")
        columns[name] = flow(item, scope)
    return columns


def _from(node: exp.Select, scope: Scope) -> tuple[Scope, Flow]:
    """The scope with all that FROM names, and what decides its rows. Later items see earlier ones, as LATERAL does."""
    rows = NOTHING
    first = [clause.this for clause in _clauses(node, "from_")]
    for item in (*first, *(node.args.get("joins") or ()), *(node.args.get("laterals") or ())):
        scope, more = _enter(item, scope)
        rows = merged([rows, more])
    return scope, rows


def _enter(join: exp.Expression, scope: Scope) -> tuple[Scope, Flow]:
    item = join.this if isinstance(join, exp.Join) else join
    if item.args.get("pivots"):
        raise UnreadableSQLError("PIVOT and UNPIVOT are not read: their columns come from data")
    if isinstance(item, exp.Subquery) and isinstance(item.unnest(), exp.Table) and not item.alias:
        scope, rows = _enter(item.this, scope)  # (a JOIN b ON ...): only there to group
    else:
        found = source(item, scope)
        scope, rows = scope.seeing({item.alias_or_name: found}), found.rows
    for nested in item.args.get("joins") or ():
        scope, more = _enter(nested, scope)
        rows = merged([rows, more])
    return scope, merged([rows, _on(join, scope)]) if isinstance(join, exp.Join) else rows


def _on(join: exp.Join, scope: Scope) -> Flow:
    if join.method == "NATURAL" or join.args.get("using"):
        raise UnreadableSQLError("a NATURAL JOIN can't be told without the columns of its tables")
    return merged(condition(join.args.get(name), scope, JOIN) for name in ("on", "match_condition"))


def _grouping(node: exp.Select, scope: Scope) -> Iterator[Flow]:
    group = node.args.get("group")
    if group is None:
        return
    keys = [*group.expressions]
    for kind in ("cube", "rollup", "grouping_sets"):
        keys += [key for item in group.args.get(kind) or () for key in item.find_all(exp.Column)]
    if group.args.get("all"):
        keys += [item for item in node.expressions if not item.find(exp.AggFunc)]
    yield from (condition(key, scope, GROUP_BY) for key in keys)


def _distinct(node: exp.Select, columns: dict[str, Flow], scope: Scope) -> Iterator[Flow]:
    distinct = node.args.get("distinct")
    if distinct is None:
        return
    if (on := distinct.args.get("on")) is None:
        yield from (column.as_condition(GROUP_BY) for column in columns.values())
        return
    yield from (condition(key, scope, GROUP_BY) for key in on.expressions or [on])
    yield from _sort(node, scope)


def _sort(node: exp.Expression, scope: Scope) -> Iterator[Flow]:
    order = node.args.get("order")
    for item in order.expressions if order else ():
        if isinstance(item.this, exp.Var):  # ORDER BY ALL
            yield from (column.as_condition(SORT) for column in scope.aliases.values())
        yield condition(item.this, scope, SORT)


def _ordered(node: exp.Expression, found: Relation, scope: Scope) -> Relation:
    """ORDER BY decides which rows there are only where LIMIT or OFFSET cuts: a table has no order."""
    cuts = [*_clauses(node, "limit", "offset")]
    if not cuts:
        return found
    inside = replace(scope, aliases=found.columns)
    counted = [
        condition(cut.args.get(name), inside, FILTER) for cut in cuts for name in ("expression", "count")
    ]
    # LIMIT n BY keys, as ClickHouse has it, cuts within each group.
    keys = [condition(key, inside, GROUP_BY) for cut in cuts for key in cut.expressions]
    return replace(found, rows=merged([found.rows, *_sort(node, inside), *counted, *keys]))


def _set_operation(node: exp.SetOperation, scope: Scope) -> Relation:
    left, right = relation(node.left, scope), relation(node.right, scope)
    if node.args.get("by_name"):
        right = replace(right, columns=_by_name(left, right))
        left = replace(left, columns={name: left.columns.get(name, NOTHING) for name in right.columns})
    if isinstance(node, exp.Union):
        both = combined(left, right)
    else:  # EXCEPT and INTERSECT show the left side's values; the right side decides which
        seen = merged([right.rows, *(item.as_condition(FILTER) for item in right.columns.values())])
        both = replace(left, rows=merged([left.rows, seen, *_as_groups(left)]))
    return replace(both, rows=merged([both.rows, *_as_groups(both)])) if node.args.get("distinct") else both


def _as_groups(found: Relation) -> Iterator[Flow]:
    yield from (column.as_condition(GROUP_BY) for column in found.columns.values())


def _by_name(left: Relation, right: Relation) -> dict[str, Flow]:
    return {name: right.columns.get(name, NOTHING) for name in dict.fromkeys([*left.columns, *right.columns])}
