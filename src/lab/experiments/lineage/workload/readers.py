"""Who reads SQL: ours, and what the field offers. Each gives the direct sources by column, as `column_lineage` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.experiments.lineage.mechanism import column_lineage

Schema = Mapping[str, Sequence[str]]
Read = Callable[[str, Schema, str], dict[str, set[str]]]


@dataclass(frozen=True)
class Reader:
    """A reader of SQL. read: (sql, schema, dialect) -> direct sources; it may raise what it likes."""

    name: str
    read: Read


def sqlglot_as_it_comes(sql: str, schema: Schema, dialect: str) -> dict[str, set[str]]:
    """sqlglot's own `lineage`, column by column: its leaves that are tables."""
    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify

    types: dict[str, object] = {table: dict.fromkeys(columns, "int") for table, columns in schema.items()}
    names = qualify(parse_one(sql, dialect=dialect), schema=types, dialect=dialect).named_selects
    found = {}
    for name in names:
        leaves = [
            node for node in lineage(name, sql, schema=types, dialect=dialect).walk() if not node.downstream
        ]
        found[name] = {
            f"{node.source.name}.{node.name.rpartition('.')[2]}"
            for node in leaves
            if isinstance(node.source, exp.Table)
        }
    return found


def openlineage_sql(sql: str, schema: Schema, dialect: str) -> dict[str, set[str]]:
    """OpenLineage's parser, which its integrations for Airflow and dbt use; it takes no schema."""
    import openlineage_sql as parser

    read = parser.parse([f"INSERT INTO target {sql}"], dialect=dialect)
    if read is None or read.errors:
        raise ValueError(str(read.errors if read else "nothing was read"))
    return {item.descendant.name: {_name(source) for source in item.lineage} for item in read.column_lineage}


def _name(column: Any) -> str:
    return f"{column.origin.name if column.origin else ''}.{column.name}"


def table_level(sql: str, schema: Schema, dialect: str) -> dict[str, set[str]]:
    """Every column of every table that is read, for every column that is given."""
    from sqlglot import exp, parse_one

    read = {node.name for node in parse_one(sql, dialect=dialect).find_all(exp.Table)} & set(schema)
    every = {f"{table}.{column}" for table in read for column in schema[table]}
    return dict.fromkeys(column_lineage(sql, schema, dialect), every)


OURS = Reader("this one", column_lineage)
TABLE_LEVEL = Reader("table-level", table_level)
FIELD = (Reader("sqlglot.lineage", sqlglot_as_it_comes), Reader("openlineage-sql", openlineage_sql))

# What no reader here can tell the lineage of, with the word that a refusal must name.
UNREADABLE = {
    "SELECT * FROM nowhere": "*",
    "SELECT id FROM sales, shops": "id",
    "UPDATE sales SET cents = 1": "UPDATE",
    "MERGE INTO sales USING shops ON sales.id = shops.id WHEN MATCHED THEN UPDATE SET cents = size": "MERGE",
    "DELETE FROM sales": "DELETE",
    "SELECT * FROM sales PIVOT (sum(cents) FOR day IN (1, 2))": "PIVOT",
    "SELECT * FROM read_csv('sales.csv')": "CSV",
    "SELECT COLUMNS('c.*') FROM sales": "COLUMNS",
    "SELECT unnest([cents, day]) FROM sales": "EXPLODE",
    "SELECT id FROM sales; SELECT id FROM shops": "2 statements",
    "SELECT FROM WHERE": "sqlglot",
    "": "0 statements",
    "SELECT sales.nothing FROM sales": "nothing",
    "SELECT sales.id, shops.id FROM sales, shops": "id",
    "CALL refresh_all()": "CALL",
    "SELECT count(*) FROM query('SELECT 1')": "QUERY",
    "COPY sales TO 'sales.parquet'": "COPY",
}
