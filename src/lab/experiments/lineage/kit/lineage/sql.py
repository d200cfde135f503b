"""Column lineage of one SQL statement: what a reader takes home.

sqlglot parses and qualifies; which sources a column has is worked out here (`queries`, `expressions`). sqlglot's own
`lineage` gives COUNT(*) the column itself as a source, takes what a window sorts by for a value, and leaves out what
a correlated subquery compares with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlglot
from sqlglot import errors, exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from .expressions import Scope
from .flow import Flow, Relation, UnreadableSQLError, base, merged
from .queries import relation

MOST_REFERENCES = 2_000  # to columns, of one expression with the aliases in it written out
# Columns of each table, as its catalog spells them; types are welcome and not looked at.
Schema = Mapping[str, Mapping[str, object] | Sequence[str]]


def column_lineage(sql: str, schema: Schema | None, dialect: str) -> dict[str, set[str]]:
    """The direct sources of each column that `sql` gives: {"target": {"table.column"}}.

    sql: one SELECT, CREATE TABLE or VIEW ... AS, or INSERT ... SELECT. schema: {"table": columns}, a table named
    "table", "schema.table" or "database.schema.table"; None if unknown, which is enough where every column is
    qualified and no star is left. dialect: as sqlglot names it ("duckdb", "postgres", "snowflake", ...).
    An empty set means that no column's value goes in, as in COUNT(*). UnreadableSQLError, which names the reason, if
    a source can't be told: never an empty answer.
    """
    return {target: set(found.direct) for target, found in influences(sql, schema, dialect).items()}


def influences(sql: str, schema: Schema | None, dialect: str) -> dict[str, Flow]:
    """Everything that each column depends on: direct, indirect, and the tables whose rows it counts on.

    As `column_lineage`; what decides which rows there are (WHERE, JOIN, GROUP BY) is an influence on every column.
    """
    found = statement(sql, schema, dialect)
    return {target: merged([column, found.rows]) for target, column in found.columns.items()}


def statement(sql: str, schema: Schema | None, dialect: str) -> Relation:
    """The same with the influences on rows told once, apart from each column's own."""
    for table, columns in (schema or {}).items():
        if isinstance(columns, str):
            raise UnreadableSQLError(f"the columns of {table} are one text: give a list or a mapping")
    try:
        return _read(sql, schema or {}, dialect)
    except errors.SqlglotError as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableSQLError(f"sqlglot can't read it: {said}") from error
    except RecursionError:
        raise UnreadableSQLError("it is nested too deeply") from None


def _read(sql: str, schema: Schema, dialect: str) -> Relation:
    tree = _one(sql, dialect)
    query, names = _query(tree)
    _refuse_growth(query)
    tables = _own_names(query, schema, dialect)
    qualified = _qualified(query, tables, dialect)
    found = relation(qualified, Scope(relation, {key: base(*told) for key, told in tables.items()}))
    if not found.columns:
        raise UnreadableSQLError("it gives no columns")
    names = names or _names_of_target(tree, schema, dialect)[: len(found.columns)]
    return found.renamed(names) if names else found


def _one(sql: str, dialect: str) -> exp.Expression:
    try:
        # A comment behind the last semicolon is no statement.
        parsed = sqlglot.parse(sql, dialect=dialect)
        trees = [tree for tree in parsed if tree is not None and not isinstance(tree, exp.Semicolon)]
    except ValueError as error:  # an unknown dialect
        raise UnreadableSQLError(str(error)) from None
    if len(trees) != 1:
        raise UnreadableSQLError(f"there are {len(trees)} statements: give one at a time")
    return trees[0]


def _query(tree: exp.Expression) -> tuple[exp.Query, list[str]]:
    """The query in a statement, and the names that it gives to its columns."""
    inner = tree.expression if isinstance(tree, (exp.Create, exp.Insert)) else tree
    if not isinstance(inner, (exp.Query, exp.Table)) or isinstance(inner, exp.Table):
        word = str(tree.this) if isinstance(tree, exp.Command) else tree.key
        raise UnreadableSQLError(f"{word.upper()} is not read: only what a query gives is")
    if tree.args.get("conflict"):
        raise UnreadableSQLError(
            "ON CONFLICT is not read: what it updates depends on the rows that are there"
        )
    if isinstance(tree, exp.Insert) and tree.args.get("by_name"):
        return inner, []
    named = tree.this.expressions if isinstance(tree.this, exp.Schema) and inner is not tree else []
    if inner is not tree and (clause := tree.args.get("with_")) is not None:
        inner.set("with_", clause.copy())
    return inner, [item.name for item in named]


def _names_of_target(tree: exp.Expression, schema: Schema, dialect: str) -> list[str]:
    """An INSERT that names no columns fills the table's own, in their order, if the schema has it."""
    if not isinstance(tree, exp.Insert) or tree.args.get("by_name") or not isinstance(tree.this, exp.Table):
        return []
    name = _in_catalog([_folded(part, dialect) for part in tree.this.parts], schema, dialect)
    return list(schema[name]) if name in schema else []


def _refuse_growth(query: exp.Expression) -> None:
    """sqlglot writes out an alias wherever a later column names it, which doubles and doubles again."""
    for select in query.find_all(exp.Select):
        sizes: dict[str, int] = {}
        for item in select.expressions:
            named = (1 if column.table else sizes.get(column.name, 1) for column in item.find_all(exp.Column))
            if (size := sum(named)) > MOST_REFERENCES:
                raise UnreadableSQLError(
                    f"column {item.alias} names earlier ones of its list too often: use a CTE"
                )
            if item.alias:
                sizes[item.alias] = size


def _own_names(
    query: exp.Expression, schema: Schema, dialect: str
) -> dict[str, tuple[str, dict[str, str] | None]]:
    """Give each stored table a name of its own, of one part, so that names of any depth can stand side by side.

    own name -> (name in the catalog, its columns as the statement spells them -> as the catalog does).
    """
    tables: dict[str, tuple[str, dict[str, str] | None]] = {}
    known: dict[str, str] = {}
    for node in list(query.find_all(exp.Table)):
        if not isinstance(node.this, exp.Identifier) or _is_cte(node, dialect):
            continue
        parts = [_folded(part, dialect) for part in node.parts]
        name = _in_catalog(parts, schema, dialect)
        own = known.setdefault(name, f"__table_{len(known)}")
        tables[own] = (name, _columns(schema[name], dialect) if name in schema else None)
        _rename(node, own, query)
    return tables


def _is_cte(table: exp.Table, dialect: str) -> bool:
    """Whether a WITH around it has defined that name by then."""
    if table.db:
        return False
    name, inside = _folded(table.this, dialect), {id(table)}
    node = table.parent
    while node is not None:
        inside.add(id(node))
        clause = node.args.get("with_")
        for cte in clause.expressions if clause else ():
            within = id(cte) in inside
            if _folded(cte.args["alias"].this, dialect) == name and (
                not within or clause.args.get("recursive")
            ):
                return True
            if within:
                break
        node = node.parent
    return False


def _rename(node: exp.Table, own: str, query: exp.Expression) -> None:
    if not node.alias:
        for column in query.find_all(exp.Column):
            if column.args.get("db") and (column.table, column.text("db")) == (node.name, node.db):
                column.set("db", None)
                column.set("catalog", None)
        node.set("alias", exp.TableAlias(this=node.this.copy()))
    node.set("this", exp.to_identifier(own, quoted=True))  # quoted: no dialect folds it
    node.set("db", None)
    node.set("catalog", None)


def _in_catalog(parts: list[str], schema: Schema, dialect: str) -> str:
    """The schema's name for a table: the one that ends like it. Without one, its own."""
    split = {name: _parts(name, dialect) for name in schema}
    found = [name for name, own in split.items() if _ends_alike(parts, own)]
    exact = [name for name in found if split[name] == parts]
    if len(exact or found) > 1:
        raise UnreadableSQLError(f"{'.'.join(parts)} can be any of {', '.join(sorted(found))}")
    return (exact or found or [".".join(_quoted(part) for part in parts)])[0]


def _ends_alike(one: list[str], other: list[str]) -> bool:
    shared = min(len(one), len(other))
    return one[-shared:] == other[-shared:]


def _parts(name: str, dialect: str) -> list[str]:
    return [_folded(exp.to_identifier(part.strip('"'), quoted=True), dialect) for part in _split(name)]


def _split(name: str) -> list[str]:
    """At the dots that are not within double quotes."""
    pieces = name.split('"')
    marked = [
        '"' + piece + '"' if place % 2 else piece.replace(".", "\0") for place, piece in enumerate(pieces)
    ]
    return [part for part in "".join(marked).split("\0") if part]


def _quoted(part: str) -> str:
    return f'"{part}"' if "." in part else part


def _columns(given: Mapping[str, object] | Sequence[str], dialect: str) -> dict[str, str]:
    return {_folded(exp.to_identifier(name, quoted=True), dialect): name for name in given}


def _folded(identifier: exp.Expression, dialect: str) -> str:
    """A name as the dialect compares it."""
    return str(normalize_identifiers(identifier.copy(), dialect=dialect).name)


def _qualified(
    query: exp.Expression, tables: Mapping[str, tuple[str, Mapping[str, str] | None]], dialect: str
) -> exp.Expression:
    known = {own: dict.fromkeys(columns, "unknown") for own, (_, columns) in tables.items() if columns}
    return qualify(
        query,
        schema=MappingSchema(known, dialect=dialect, normalize=False),
        dialect=dialect,
        identify=False,
        quote_identifiers=False,
        validate_qualify_columns=False,
    )
