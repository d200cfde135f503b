"""The control: one price in a data file is a cent more than it was."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.duck import connect
from lab.experiments.warehouse_bench.mechanism.dataset import Files

COLUMN = "l_extendedprice"


@dataclass(frozen=True)
class Change:
    """A file of lineitem that was written anew, and how many of its prices differ from the original's, row by row."""

    path: Path
    prices: int

    def __str__(self) -> str:
        return f"{self.prices} value of {COLUMN} differs in {'/'.join(self.path.parts[-2:])}"


def rewritten(files: Files, folder: Path, cents: int) -> Change:
    """The tables again in `folder`, where the first file of lineitem is written anew, its first price `cents` more."""
    for table in files.columns:
        shutil.copytree(files.folder / table, folder / table)
    original = files.parts("lineitem")[0]
    written = folder / "lineitem" / original.name
    price = f"{COLUMN} + if(file_row_number = 0, {cents}, 0)::DECIMAL(15, 2) / 100"
    with connect() as connection:
        connection.execute(
            f"COPY (SELECT * EXCLUDE (file_row_number) REPLACE (({price})::DECIMAL(15, 2) AS {COLUMN}) "
            f"FROM {_rows(original)}) TO '{written}' (FORMAT parquet)"
        )
        differing = connection.execute(
            f"SELECT count(*) FROM {_rows(original)} a JOIN {_rows(written)} b USING (file_row_number) "
            f"WHERE a.{COLUMN} <> b.{COLUMN}"
        ).fetchone()
    return Change(written, int(differing[0]) if differing else 0)


def _rows(path: Path) -> str:
    return f"read_parquet('{path}', file_row_number = true)"
