"""The control: one bit of one value turned over in a data file."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.duck import connect
from lab.experiments.warehouse_bench.data import Files

COLUMN = "l_extendedprice"


def flipped(files: Files, folder: Path) -> Path:
    """The tables again in `folder`, with one price of lineitem wrong. Returns the damaged file, its first.

    Written without compression and dictionary, where a price is eight bytes in the file: the last bit of the
    last price of the first row group is turned, which makes it a cent more or less. No reader notices.
    """
    for table in files.columns:
        shutil.copytree(files.folder / table, folder / table)
    original = files.parts("lineitem")[0]
    damaged = folder / "lineitem" / original.name
    with connect() as connection:
        connection.execute(
            f"COPY (FROM '{original}') TO '{damaged}' "
            "(FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v1, DICTIONARY_SIZE_LIMIT 1)"
        )
    turn_bit(damaged, _last_value(damaged))
    return damaged


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
