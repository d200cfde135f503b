"""Which source a reader's words name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import duck, postgres
from .sources import DataError, Source


@contextmanager
def opened(data: str | Path, tables: Mapping[str, Mapping[str, str]]) -> Iterator[Source]:
    """The source that `data` names: a DSN postgresql://..., a DuckDB file, a folder of TABLE.parquet or TABLE.csv, or one such
    file where the contract has one table. tables: of the contract. DataError if there is nothing of that kind.
    """
    if str(data).startswith(("postgresql://", "postgres://")):
        with postgres.opened(str(data)) as source:
            yield source
        return
    path = Path(data)
    if not path.exists():
        raise DataError(f"there are no data at {path}")
    with duck.opened(path, _files(path, tables), tables) as source:
        yield source


def _files(path: Path, tables: Mapping[str, object]) -> dict[str, Path]:
    """The file of each table that has one; nothing for a database."""
    if path.suffix in (".parquet", ".csv"):
        if len(tables) != 1:
            raise DataError(f"{path} is one file, the contract has {len(tables)} tables: name their folder")
        return {next(iter(tables)): path}
    if path.is_file():
        return {}
    places = {table: [path / f"{table}{suffix}" for suffix in (".parquet", ".csv")] for table in tables}
    if both := [table for table, found in places.items() if all(one.exists() for one in found)]:
        raise DataError(f"{path} has {both[0]}.parquet and {both[0]}.csv: which of them is meant?")
    return {table: next((one for one in found if one.exists()), found[0]) for table, found in places.items()}
