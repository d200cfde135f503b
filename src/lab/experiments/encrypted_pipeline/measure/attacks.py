"""Wrong keys and altered files, read by a process that has had the right ones before: what it was given must not help it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lab.experiments.encrypted_pipeline.measure.flow import PLAINLY
from lab.experiments.encrypted_pipeline.measure.place import FOOTER, PII, Place
from lab.experiments.encrypted_pipeline.measure.reader import Reader
from lab.experiments.encrypted_pipeline.mechanism import encrypt_table
from lab.experiments.encrypted_pipeline.oracle import digest
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import Case, File, cases, orders
from lab.services.tls import Identity

ROWS = 400
NAME = "data.parquet"
COLUMN = "amount"  # of fixed width: its chunks are equally long, so that they can be exchanged
REPLACED = "whole file replaced by an older one"
SEEN = ("kind", "outcome", "why")


def tampered(place: Place, params: Params, encrypted: bool = True) -> pd.DataFrame:
    """kind, outcome (refused, identical, different, crashed), why, drawn: of every change, and what nothing here can notice."""
    random = np.random.default_rng([params.seed, 7])
    folder = place.folder / ("tampered" if encrypted else "tampered-plain")
    folder.mkdir()
    tables = [orders(ROWS, "x" * 30, params.seed, first) for first in (0, ROWS)]
    own, other = (
        _written(place, folder / str(number), table, encrypted) for number, table in enumerate(tables)
    )
    right = digest(tables[0].to_pylist())
    kms = _asking(place, "reader") if encrypted else None
    changes = list(cases(own, other, params.flips, random))
    changes += [Case(REPLACED, other.data, other.material)] if encrypted else []
    with closing(Reader()) as reader:
        seen = [
            {"kind": case.kind, "drawn": case.drawn}
            | _outcome(reader, _laid(folder / "case", case.data, case.material), kms, right)
            for case in changes
        ]
    return pd.DataFrame(seen, columns=(*SEEN, "drawn"))


def wrong_keys(place: Place, params: Params) -> pd.DataFrame:
    """The same of every way to ask with another key, or without a right."""
    folder = place.folder / "wrong-keys"
    folder.mkdir()
    tables = [orders(ROWS, "x" * 30, params.seed, first) for first in (0, ROWS)]
    own, other = (_written(place, folder / str(number), table, True) for number, table in enumerate(tables))
    right, seen = digest(tables[0].to_pylist()), []
    with closing(Reader()) as reader:
        for kind, material, kms in chain(_asked(place, own, other), _revoked(place, own)):
            path = _laid(folder / "case", own.data, material)
            seen.append({"kind": kind} | _outcome(reader, path, kms, right))
    return pd.DataFrame(seen, columns=SEEN)


def _asked(place: Place, own: File, other: File) -> Iterator[tuple[str, bytes | None, list[str]]]:
    reader = _asking(place, "reader")
    yield "the right key", own.material, reader
    yield "another master key", _named(own, PII, FOOTER), reader
    yield "a key that there is not", _named(own, PII, "gone"), reader
    yield "another file's data keys", other.material, reader
    yield "no wrapped keys", None, reader
    yield "no right to unwrap", own.material, _asking(place, "source")
    stranger = place.stranger.issue("reader")
    mixed = Identity(stranger.certificate, stranger.key, place.authority.file)
    yield "certificate of another authority", own.material, _client(place, mixed)


def _revoked(place: Place, own: File) -> Iterator[tuple[str, bytes | None, list[str]]]:
    """Last, since it ends the version for everybody: whoever asks next must have been re-wrapped."""
    operator = place.kms("operator")
    operator.revoke(PII, operator.rotate(PII))
    yield "a revoked key", own.material, _asking(place, "reader")


def _named(file: File, before: str, after: str) -> bytes:
    """The key material with another master key's name in it."""
    known = json.loads(file.material or b"")
    changed = {}
    for name, text in known.items():
        inner = json.loads(text)
        inner["masterKeyID"] = after if inner["masterKeyID"] == before else inner["masterKeyID"]
        changed[name] = json.dumps(inner)
    return json.dumps(changed).encode()


def _written(place: Place, folder: Path, table: pa.Table, encrypted: bool) -> File:
    folder.mkdir()
    path, options = folder / NAME, PLAINLY | {"row_group_size": ROWS // 2}
    plain = folder / "plain.parquet"
    pq.write_table(table, plain, **options)
    if not encrypted:
        return File(plain.read_bytes(), None, _chunks(pq.ParquetFile(plain).metadata))
    from lab.experiments.encrypted_pipeline.kit.kms import Keys, material

    secret = {name: PII for name in table.column_names if name not in ("id",)}
    encrypt_table(table, path, place.kms("lake"), Keys(FOOTER, secret), **options)
    return File(path.read_bytes(), material(path).read_bytes(), _chunks(_metadata(place, path)))


def _metadata(place: Place, path: Path) -> Any:
    """Of an encrypted file, as one with the key sees it: the attacker is thought to know the layout."""
    import pyarrow.parquet.encryption as pe

    from lab.experiments.encrypted_pipeline.kit.kms.parquet import _factory

    decryption = _factory(place.kms("reader")).file_decryption_properties(
        pe.KmsConnectionConfig(), parquet_file_path=str(path), filesystem=pa.fs.LocalFileSystem()
    )
    return pq.read_metadata(path, decryption_properties=decryption)


def _chunks(metadata: Any) -> tuple[tuple[int, int], ...]:
    """(start, end) of COLUMN in each row group."""
    found = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        (chunk,) = (
            each for each in map(group.column, range(group.num_columns)) if each.path_in_schema == COLUMN
        )
        found.append((chunk.data_page_offset, chunk.data_page_offset + chunk.total_compressed_size))
    return tuple(found)


def _laid(folder: Path, data: bytes, material: bytes | None) -> Path:
    """A file with key material beside it, in the place of the last one."""
    from lab.experiments.encrypted_pipeline.kit.kms import material as beside

    folder.mkdir(exist_ok=True)
    path = folder / NAME
    path.write_bytes(data)
    beside(path).unlink(missing_ok=True)
    if material is not None:
        beside(path).write_bytes(material)
    return path


def _asking(place: Place, who: str) -> list[str]:
    return _client(place, place.identities[who])


def _client(place: Place, identity: Identity) -> list[str]:
    return [place.kms_url, *map(str, (identity.certificate, identity.key, identity.authority))]


def _outcome(reader: Reader, path: Path, kms: list[str] | None, right: str) -> dict[str, str]:
    said = reader.read(path, kms)
    if "rows" in said:
        return {"outcome": "identical" if said["rows"] == right else "different", "why": ""}
    ((outcome, why),) = said.items()
    return {"outcome": outcome, "why": why.replace(str(path.parent), "…")[:160]}
