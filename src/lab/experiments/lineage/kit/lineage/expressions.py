"""Flow of one expression: which of its columns end up in its value, and which only decide on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from .flow import (
    AGGREGATION,
    CONDITIONAL,
    NOTHING,
    SORT,
    TRANSFORMATION,
    WINDOW,
    Flow,
    Relation,
    UnreadableSQLError,
    merged,
)


@dataclass(frozen=True)
class Scope:
    """What an expression can name.

    query: reads a subquery in this scope. sources: relation by alias, with those of the queries around it.
    ctes: by name. aliases: of the select list, which ORDER BY may name. windows: named ones.
    """

    query: Callable[[exp.Expression, Scope], Relation]
    tables: Mapping[str, Relation]
    ctes: Mapping[str, Relation] = field(default_factory=dict)
    sources: Mapping[str, Relation] = field(default_factory=dict)
    aliases: Mapping[str, Flow] = field(default_factory=dict)
    windows: Mapping[str, exp.Expression] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()

    def seeing(self, sources: Mapping[str, Relation]) -> Scope:
        return replace(self, sources={**self.sources, **sources})


def flow(node: exp.Expression | None, scope: Scope) -> Flow:
    """What the value of `node` depends on."""
    if node is None:
        return NOTHING
    for kinds, rule in _rules():
        if isinstance(node, kinds):
            return rule(node, scope)
    return _function(node, scope)


def condition(node: exp.Expression | None, scope: Scope, subtype: str) -> Flow:
    """What a decision by `node` depends on."""
    return flow(node, scope).as_condition(subtype)


def _rules() -> Iterator[tuple[type | tuple[type, ...], Callable[..., Flow]]]:
    yield exp.Column, _column
    yield (exp.Alias, exp.Paren), lambda node, scope: flow(node.this, scope)
    yield exp.TableColumn, _whole_row
    yield exp.Exists, _exists
    yield (exp.Subquery, exp.Query), _scalar
    yield exp.In, _in
    yield exp.Case, _case
    yield exp.If, _if
    yield exp.Nullif, _nullif
    yield exp.Nvl2, _nvl2
    yield exp.DecodeCase, _decode
    yield exp.Coalesce, _coalesce
    yield exp.Window, _window
    yield exp.Filter, _filter
    yield (exp.ArgMax, exp.ArgMin), _arg_max
    yield exp.WithinGroup, _within_group
    yield exp.Order, _order
    yield exp.Lambda, _lambda
    yield exp.Count, _count
    yield (exp.Columns, exp.Star), _refused_star
    yield (exp.Explode, exp.Unnest), _refused_unnest
    yield (exp.Identifier, exp.Literal, exp.DataType, exp.Var), lambda node, scope: NOTHING


def _function(node: exp.Expression, scope: Scope) -> Flow:
    """Any other operator or function: every argument goes into its value."""
    step = AGGREGATION if isinstance(node, exp.AggFunc) else TRANSFORMATION
    # a || b || c ... is as deep as it is long: its operands are taken side by side.
    parts = node.flatten(unnest=False) if isinstance(node, exp.Binary) else node.iter_expressions()
    return merged(flow(child, scope) for child in parts).by(step)


def _column(node: exp.Column, scope: Scope) -> Flow:
    if isinstance(node.this, exp.Star):
        _refused_star(node, scope)
    name, source = node.name, node.table
    if source:
        if source not in scope.sources:
            raise UnreadableSQLError(f"nothing here is called {source}, which {node.sql()} names")
        return scope.sources[source].column(name)
    if name in scope.aliases:
        return scope.aliases[name]
    if name in scope.parameters:
        return NOTHING
    possible = [item for item in scope.sources.values() if item.open or name in item.columns]
    if len(possible) == 1:
        return possible[0].column(name)
    raise UnreadableSQLError(
        f"it is not clear which table column {name} belongs to: qualify it, or give the tables' columns"
    )


def _whole_row(node: exp.Expression, scope: Scope) -> Flow:
    """A table's name in the place of a value: all of its columns, as a struct."""
    found = scope.sources.get(node.name)
    if found is None or found.open:
        raise UnreadableSQLError(f"{node.name} stands for a whole row: give the columns of its table")
    return merged(found.columns.values()).by(TRANSFORMATION)


def _refused_star(node: exp.Expression, scope: Scope) -> Flow:
    raise UnreadableSQLError(f"{node.sql()} can't be expanded: give the columns of its table, or name them")


def _refused_unnest(node: exp.Expression, scope: Scope) -> Flow:
    raise UnreadableSQLError(
        f"{node.sql()} makes rows inside an expression, which is not read: put it into FROM"
    )


def _scalar(node: exp.Expression, scope: Scope) -> Flow:
    """A subquery in the place of a value: what decides its rows decides this value, and no other column."""
    found = scope.query(node, scope)
    return merged([*found.columns.values(), found.rows])


def _exists(node: exp.Exists, scope: Scope) -> Flow:
    inner = node.this
    if isinstance(inner, exp.Select) and inner.is_star:  # which columns there are is nobody's business here
        inner = inner.copy()
        inner.set("expressions", [exp.Literal.number(1)])
    return scope.query(inner, scope).rows


def _in(node: exp.In, scope: Scope) -> Flow:
    parts = [flow(node.this, scope), *(flow(item, scope) for item in node.expressions)]
    if (query := node.args.get("query")) is not None:
        parts.append(_scalar(query, scope))
    if (unnested := node.args.get("unnest")) is not None:
        parts.extend(flow(item, scope) for item in unnested.expressions)
    if (name := node.args.get("field")) is not None:
        parts.append(flow(name, scope))
    return merged(parts).by(TRANSFORMATION)


def _case(node: exp.Case, scope: Scope) -> Flow:
    branches = node.args["ifs"]
    values = [*(flow(item.args["true"], scope) for item in branches), flow(node.args.get("default"), scope)]
    asked = [condition(item.this, scope, CONDITIONAL) for item in branches]
    return merged([*values, *asked, condition(node.this, scope, CONDITIONAL)]).by(TRANSFORMATION)


def _if(node: exp.If, scope: Scope) -> Flow:
    values = [flow(node.args.get("true"), scope), flow(node.args.get("false"), scope)]
    return merged([*values, condition(node.this, scope, CONDITIONAL)]).by(TRANSFORMATION)


def _nullif(node: exp.Nullif, scope: Scope) -> Flow:
    asked = condition(node.expression, scope, CONDITIONAL)
    return merged([flow(node.this, scope), asked]).by(TRANSFORMATION)


def _nvl2(node: exp.Nvl2, scope: Scope) -> Flow:
    values = [flow(node.args.get(name), scope) for name in ("true", "false")]
    return merged([*values, condition(node.this, scope, CONDITIONAL)]).by(TRANSFORMATION)


def _decode(node: exp.DecodeCase, scope: Scope) -> Flow:
    """DECODE(asked, search, result, ..., default)."""
    asked, *rest = node.expressions
    values, searches = [*rest[1::2], *(rest[-1:] if len(rest) % 2 else ())], rest[: len(rest) // 2 * 2 : 2]
    decided = [condition(item, scope, CONDITIONAL) for item in (asked, *searches)]
    return merged([*(flow(item, scope) for item in values), *decided]).by(TRANSFORMATION)


def _coalesce(node: exp.Coalesce, scope: Scope) -> Flow:
    """Each may be the value; that one is NULL decides on the next."""
    parts = [flow(item, scope) for item in (node.this, *node.expressions)]
    return merged([*parts, *(item.as_condition(CONDITIONAL) for item in parts[:-1])]).by(TRANSFORMATION)


def _window(node: exp.Window, scope: Scope) -> Flow:
    decided = [
        condition(part, scope, WINDOW)
        for item in (node, *_named_windows(node, scope))
        for part in (*(item.args.get("partition_by") or ()), item.args.get("order"), *_frame(item))
    ]
    return merged([flow(node.this, scope), *decided])


def _frame(window: exp.Expression) -> Iterator[exp.Expression]:
    """What a frame's ends are computed from, as in ROWS BETWEEN n PRECEDING AND CURRENT ROW."""
    spec = window.args.get("spec")
    yield from spec.iter_expressions() if spec is not None else ()


def _named_windows(node: exp.Expression, scope: Scope) -> Iterator[exp.Expression]:
    """The window that an OVER names, the one which that begins with, and so on."""
    name, left = node.alias, dict(scope.windows)
    while name:
        if name not in left:
            raise UnreadableSQLError(f"no window is called {name}")
        found = left.pop(name)
        yield found
        name = found.alias


def _filter(node: exp.Filter, scope: Scope) -> Flow:
    return merged([flow(node.this, scope), condition(node.expression.this, scope, CONDITIONAL)])


def _arg_max(node: exp.Expression, scope: Scope) -> Flow:
    """The value of one column where another is largest: the other one only decides."""
    return merged([flow(node.this, scope), condition(node.expression, scope, SORT)]).by(AGGREGATION)


def _within_group(node: exp.WithinGroup, scope: Scope) -> Flow:
    """Percentiles and modes are values of what they sort by; LISTAGG has its value in the function."""
    ordered = [flow(item.this, scope) for item in node.expression.expressions]
    if any(node.this.find_all(exp.Column)):
        return merged([flow(node.this, scope), *(item.as_condition(SORT) for item in ordered)])
    return merged([flow(node.this, scope), *ordered]).by(AGGREGATION)


def _order(node: exp.Order, scope: Scope) -> Flow:
    """ORDER BY within an aggregate (with a value) or a window (without)."""
    return merged([flow(node.this, scope), *(condition(item.this, scope, SORT) for item in node.expressions)])


def _lambda(node: exp.Lambda, scope: Scope) -> Flow:
    names = frozenset(item.name for item in node.expressions)
    return flow(node.this, replace(scope, parameters=scope.parameters | names))


def _count(node: exp.Count, scope: Scope) -> Flow:
    """COUNT(*) and COUNT(t.*) count rows: no column goes into them."""
    counted = [item for item in (node.this, *node.expressions) if item is not None and not item.is_star]
    return merged(flow(item, scope) for item in counted).by(AGGREGATION)
