"""What encryption costs: each hop with and without it, in turns, beside this machine's own AES-GCM rate."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from lab.experiments.encrypted_pipeline.measure.flow import PLAINLY
from lab.experiments.encrypted_pipeline.measure.place import FOOTER, PII, Place
from lab.experiments.encrypted_pipeline.mechanism import encrypt_table, field_cipher, read_table
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import orders
from lab.load.interleave import interleaved

PLAIN, SECURE = "plain", "encrypted"
WRITE, READ, COPY = "Parquet write", "Parquet read", "PostgreSQL COPY"
SEAL, OPEN, LIMIT = "seal fields", "open fields", "AES-256-GCM alone"
_BLOCK, _FIELD = 1 << 20, 16
Job = tuple[int, Callable[[], object]]  # bytes that it handles, and what it does


def rates(place: Place, params: Params) -> pd.DataFrame:
    """hop, arm, round, bytes, seconds: past the wires, which would be measured too."""
    folder = place.folder / "rates"
    folder.mkdir()
    table = orders(params.timed_rows, "x" * 30, params.seed)
    jobs = _parquet(place, folder, table) | _copy(place, table) | _fields(place, table) | _limit()
    seen = []
    for number, cell in interleaved(list(jobs), params.rounds + 1, params.seed):
        size, work = jobs[cell]
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        if number:  # the first round warms up
            seen.append({"hop": cell[0], "arm": cell[1], "round": number, "bytes": size, "seconds": took})
    return pd.DataFrame(seen)


def _parquet(place: Place, folder: Path, table: pa.Table) -> dict[tuple[str, str], Job]:
    from lab.experiments.encrypted_pipeline.kit.kms import Keys, material

    lake, reader = place.kms("lake", wired=False), place.kms("reader", wired=False)
    plain, secure, kept = folder / "plain.parquet", folder / "secure.parquet", folder / "kept.parquet"
    keys = Keys(FOOTER, {"name": PII, "card": PII, "note": PII})
    pq.write_table(table, folder / "kept-plain.parquet", **PLAINLY)
    encrypt_table(table, kept, lake, keys, **PLAINLY)

    def write() -> None:
        for path in (secure, material(secure)):
            path.unlink(missing_ok=True)
        encrypt_table(table, secure, lake, keys, **PLAINLY)

    size = kept.stat().st_size
    return {
        (WRITE, PLAIN): (size, lambda: pq.write_table(table, plain, **PLAINLY)),
        (WRITE, SECURE): (size, write),
        (READ, PLAIN): (size, lambda: pq.ParquetFile(folder / "kept-plain.parquet").read()),
        (READ, SECURE): (size, lambda: read_table(kept, reader)),
    }


def _copy(place: Place, table: pa.Table) -> dict[tuple[str, str], Job]:
    """A table read by COPY, with TLS and without."""
    rows = list(zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True))
    with psycopg.connect(place.dsn(False, wired=False)) as connection:
        connection.execute("CREATE TABLE timed (id bigint, amount bigint, name text, card text, note text)")
        with connection.cursor().copy("COPY timed FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def read(tls: bool) -> int:
        with (
            psycopg.connect(place.dsn(tls, wired=False)) as connection,
            connection.cursor().copy("COPY timed TO STDOUT") as copy,
        ):
            return sum(len(block) for block in copy)

    size = read(False)
    return {(COPY, PLAIN): (size, lambda: read(False)), (COPY, SECURE): (size, lambda: read(True))}


def _fields(place: Place, table: pa.Table) -> dict[tuple[str, str], Job]:
    """Values of sixteen bytes, such as a card's number."""
    from lab.experiments.encrypted_pipeline.kit.kms import Field

    values = [
        each.encode() for each in table.column("card").slice(0, max(1000, table.num_rows // 10)).to_pylist()
    ]
    places = [Field("orders", "card", str(number)) for number in range(len(values))]
    cipher = field_cipher(place.kms("source"), PII)
    sealed = [cipher.seal(*each) for each in zip(values, places, strict=True)]
    size = len(values) * _FIELD
    return {
        (SEAL, SECURE): (size, lambda: [cipher.seal(*each) for each in zip(values, places, strict=True)]),
        (OPEN, SECURE): (size, lambda: [cipher.open(*each) for each in zip(sealed, places, strict=True)]),
    }


def _limit() -> dict[tuple[str, str], Job]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, block, count = AESGCM(os.urandom(32)), os.urandom(_BLOCK), 64

    def encrypt() -> None:
        for _ in range(count):
            key.encrypt(os.urandom(12), block, None)

    return {(LIMIT, SECURE): (count * _BLOCK, encrypt)}
