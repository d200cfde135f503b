"""The store from a shell: `python -m lineage STORE upstream mart.airline_month.above_average`."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from . import store
from .flow import source, table_and_column

_WALKS = {"upstream": store.upstream, "downstream": store.downstream}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each influence: the column asked for, the other one, DIRECT or INDIRECT. 2 if there is none."""
    given = _parser().parse_args(arguments)
    if not given.store.exists():
        return _refuse(f"there is no store {given.store}")
    if given.what != "columns" and not given.column:
        return _refuse("name a column: table.column")
    try:
        return _answer(given)
    except sqlite3.Error as error:
        return _refuse(f"{given.store} is no store of lineage: {error}")


def _answer(given: argparse.Namespace) -> int:
    with store.opened(given.store) as connection:
        there = store.columns(connection)
        if given.what == "columns":
            print("\n".join(source(table, name) for table, names in there.items() for name in names))
            return 0
        for column in given.column:
            try:
                table, name = table_and_column(column)
            except ValueError as error:
                return _refuse(str(error))
            if name not in there.get(table, ()):
                return _refuse(f"no event has named a column {name!r} of {table!r}")
            for item in _WALKS[given.what](connection, table, name):
                print(f"{column}\t{source(item.dataset, item.field)}\t{item.kind}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lineage", description="Ask a store of lineage.")
    parser.add_argument("store", type=Path, help="SQLite file")
    parser.add_argument("what", choices=["columns", *_WALKS])
    parser.add_argument("column", nargs="*", help="table.column, any number of them")
    return parser


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
