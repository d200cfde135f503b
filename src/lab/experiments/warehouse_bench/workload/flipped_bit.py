"""The control: one bit of one value turned over in a data file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.duck import connect
from lab.experiments.warehouse_bench.mechanism.dataset import Files

COLUMN = "l_extendedprice"


@dataclass(frozen=True)
class Flip:
    """The bit that was turned: in which file, at which byte, and how many prices differ by it from the file's twin."""

    path: Path
    offset: int
    prices: int

    def __str__(self) -> str:
        return f"{self.prices} value of {COLUMN} differs in {'/'.join(self.path.parts[-2:])} by a bit of byte {self.offset:,}"


def rewritten(files: Files, folder: Path) -> Path:
    """The tables again in `folder`, all values as they were. Returns the one file that is new, the first of lineitem.

    It is written without compression and dictionary, where a price is eight bytes in the file.
    """
    for table in files.columns:
        shutil.copytree(files.folder / table, folder / table)
    original = files.parts("lineitem")[0]
    written = folder / "lineitem" / original.name
    with connect() as connection:
        connection.execute(
            f"COPY (FROM '{original}') TO '{written}' "
            "(FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v1, DICTIONARY_SIZE_LIMIT 1)"
        )
    return written


def flipped(files: Files, folder: Path) -> Flip:
    """As `rewritten`, with one price wrong: no reader notices.

    The last bit of the last price of the first row group is turned, which makes it a cent more or less.
    """
    damaged = rewritten(files, folder)
    offset = _last_value(damaged)
    turn_bit(damaged, offset)
    return Flip(damaged, offset, values_that_differ(files.parts("lineitem")[0], damaged))


def _last_value(path: Path) -> int:
    """Offset of the last price in the first row group."""
    import pyarrow.parquet as parquet

    group = parquet.ParquetFile(path).metadata.row_group(0)
    (chunk,) = [group.column(i) for i in range(group.num_columns) if group.column(i).path_in_schema == COLUMN]
    if set(chunk.encodings) - {"PLAIN", "RLE"} or chunk.compression != "UNCOMPRESSED":
        raise ValueError(f"{COLUMN} is stored as {chunk.encodings}, {chunk.compression}, not plainly")
    return chunk.data_page_offset + chunk.total_compressed_size - 8


def turn_bit(path: Path, offset: int) -> None:
    """Turn over the lowest bit of the byte at `offset`."""
    with path.open("r+b") as file:
        file.seek(offset)
        (value,) = file.read(1)
        file.seek(offset)
        file.write(bytes([value ^ 1]))


def values_that_differ(original: Path, damaged: Path) -> int:
    """Prices that differ between the two files, row by row."""
    with connect() as connection:
        rows = connection.execute(
            f"SELECT count(*) FROM (SELECT {COLUMN} a, file_row_number r FROM read_parquet('{original}', "
            f"file_row_number = true)) JOIN (SELECT {COLUMN} b, file_row_number r FROM read_parquet("
            f"'{damaged}', file_row_number = true)) USING (r) WHERE a <> b"
        ).fetchone()
    return int(rows[0]) if rows else 0
