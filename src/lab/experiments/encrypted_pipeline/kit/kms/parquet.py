"""Parquet files of which nothing is readable without the key service, and their rotation while others read."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from pyarrow import fs

from .client import Kms
from .errors import DecryptionError, KmsError
from .keys import replace, settle

DEFAULT_CACHE_S = 600  # pyarrow's own, for KEKs of double wrapping
# In pyarrow's text of column keys these part names from one another.
_PARTING = set(",:;")
_PLAIN = b"PAR1"  # the last bytes of a file whose footer is not encrypted
_MATERIAL = "_KEY_MATERIAL_FOR_"  # as pyarrow and Spark name it


@dataclass(frozen=True)
class Keys:
    """Names of master keys. footer: of footer and schema, and of all columns that `columns` (name -> master key) leaves out."""

    footer: str
    columns: Mapping[str, str] = field(default_factory=dict)


def material(path: str | Path) -> Path:
    """The file beside `path` that holds its wrapped data keys."""
    path = Path(path)
    return path.with_name(f"{_MATERIAL}{path.name}.json")


def encrypt_table(table: pa.Table, path: str | Path, kms: Kms, keys: Keys | str, **options: Any) -> None:
    """Write `table` to the new file `path`: footer and every column by AES-256-GCM, data keys wrapped beside it.

    keys: one master key for everything, or Keys. options: of pyarrow.parquet.write_table. A file that is there is left
    alone (FileExistsError). ValueError for a column that there is not, or a name that pyarrow's settings can't hold.
    """
    path, keys = Path(path), Keys(keys) if isinstance(keys, str) else keys
    if there := [str(each) for each in (path, material(path)) if each.exists()]:
        raise FileExistsError(
            f"{' and '.join(there)} exists; an encrypted file is written once. Wrapped keys alone are what a writer "
            "that was killed leaves (or one that still writes)"
        )
    configuration = pe.EncryptionConfiguration(
        footer_key=keys.footer,
        # Data keys wrapped in a file of their own can be wrapped anew without touching the data.
        internal_key_material=False,
        double_wrapping=False,
        data_key_length_bits=256,
        **_columns(table, keys),
    )
    properties = _factory(kms).file_encryption_properties(
        pe.KmsConnectionConfig(), configuration, parquet_file_path=str(path), filesystem=fs.LocalFileSystem()
    )
    # Readers look for *.parquet: it gets its name when it is whole, and its key material is there.
    fresh = path.with_name(f".{path.name}.new")
    try:
        pq.write_table(table, fresh, encryption_properties=properties, **options)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        material(path).unlink(missing_ok=True)
        raise


def read_table(path: str | Path, kms: Kms, columns: list[str] | None = None) -> pa.Table:
    """The rows of a file, or of all *.parquet in a folder, in order of name; the key service is asked anew at each call.

    DecryptionError if anything was altered, cut off, put in from elsewhere, or the key service refuses a key;
    ValueError for a column that there is not.
    """
    tables = [_read(file, kms, columns) for file in files(path)]
    if not tables:
        raise FileNotFoundError(f"there is no *.parquet in {path}")
    return pa.concat_tables(tables)


def rotate(path: str | Path, kms: Kms) -> int:
    """Wrap every data key of a file, or of a folder's files, under its master key's latest version; how many files.

    A folder: with all folders in it, and with files that are still being written. FileNotFoundError if it holds none.
    The data stay as they are, and readers may go on: a file's wrapped keys are replaced at once. Interrupted, it can be
    called again. Revoke the old version (`kms.revoke`) once the longest read and write under way have ended: until then
    both unwrap. What is not wrapped anew by then can never be read again.
    """
    found = _wrapped(Path(path))
    if not found:
        raise FileNotFoundError(f"there is no encrypted file in {path}")
    for file in found:
        fresh = {name: _rewrapped(text, file, kms) for name, text in _material(file).items()}
        beside = material(file)
        replace(beside, json.dumps(fresh).encode(), stat.S_IMODE(beside.stat().st_mode))
    for folder in {file.parent for file in found}:
        settle(folder)
    return len(found)


def _wrapped(path: Path) -> list[Path]:
    """Files whose keys are wrapped: by their name, and by their key material, which is there before the file is."""
    if not path.is_dir():
        return [path]
    keys = path.rglob(f"{_MATERIAL}*.json")
    named = (each.with_name(each.name.removeprefix(_MATERIAL).removesuffix(".json")) for each in keys)
    return sorted({*path.rglob("[!.]*.parquet"), *named})


def files(path: str | Path) -> Iterator[Path]:
    """`path` itself, or the Parquet files of the folder."""
    path = Path(path)
    yield from sorted(path.glob("[!.]*.parquet")) if path.is_dir() else (path,)


class _Asking(pe.KmsClient):
    """pyarrow's way to the key service. It asks for the same key again for each column chunk: one answer serves a call."""

    def __init__(self, kms: Kms) -> None:
        super().__init__()
        self._kms = kms
        self._known: dict[tuple[str, str], bytes] = {}

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return self._kms.wrap(master_key_identifier, key_bytes)

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        place = master_key_identifier, wrapped_key
        if place not in self._known:
            self._known[place] = self._kms.unwrap(master_key_identifier, wrapped_key)
        return self._known[place]


def _factory(kms: Kms) -> pe.CryptoFactory:
    return pe.CryptoFactory(lambda _: _Asking(kms))


def _read(file: Path, kms: Kms, columns: list[str] | None) -> pa.Table:
    if not file.exists():
        raise FileNotFoundError(f"there is no file {file}")
    if _end(file) == _PLAIN:  # what anybody may have written is not taken for what was encrypted
        raise DecryptionError(f"{file} is not encrypted, or its footer is not")
    try:
        properties = _factory(kms).file_decryption_properties(
            pe.KmsConnectionConfig(),
            pe.DecryptionConfiguration(cache_lifetime=timedelta(seconds=DEFAULT_CACHE_S)),
            parquet_file_path=str(file),
            filesystem=fs.LocalFileSystem(),
        )
        with pq.ParquetFile(file, decryption_properties=properties) as opened:
            found, names = opened.read(columns=columns), opened.schema_arrow.names
    except (DecryptionError, KmsError):
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise DecryptionError(f"{file} can't be decrypted: {str(error).splitlines()[0]}") from error
    # pyarrow's ParquetFile leaves out a column that there is not, without a word; "a.b" is a part of column a.
    if unknown := [each for each in columns or () if not {each, each.partition(".")[0]} & set(names)]:
        raise ValueError(f"{file} has no column {', '.join(unknown)}")
    return found


def _end(file: Path) -> bytes:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - len(_PLAIN)))
        return opened.read()


def _columns(table: pa.Table, keys: Keys) -> dict[str, Any]:
    """One data key for all, or one for each leaf column."""
    if unknown := sorted(set(keys.columns) - set(table.column_names)):
        raise ValueError(f"the table has no column {', '.join(unknown)}")
    if not keys.columns:
        return {"uniform_encryption": True}
    by_key: dict[str, list[str]] = {}
    for name, leaves in _leaves(table).items():
        by_key.setdefault(keys.columns.get(name, keys.footer), []).extend(leaves)
    for name in (*by_key, *(leaf for each in by_key.values() for leaf in each)):
        if set(name) & _PARTING or name != name.strip() or not name:
            raise ValueError(f"{name!r} can't be named in column keys; use one key for the whole file")
    return {"column_keys": by_key}


def _leaves(table: pa.Table) -> dict[str, list[str]]:
    """Paths of the Parquet columns that each column of the table becomes: a list or struct has several, or a longer one."""
    found = {}
    for name in table.column_names:
        sink = pa.BufferOutputStream()
        pq.write_table(table.select([name]).slice(0, 0), sink)
        schema = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
        found[name] = [schema.column(place).path for place in range(len(schema))]
    return found


def _material(file: Path) -> dict[str, str]:
    try:
        known = json.loads(material(file).read_text())
    except FileNotFoundError:
        raise DecryptionError(f"{file} has no {material(file).name} beside it") from None
    except ValueError:
        raise DecryptionError(f"{material(file)} is damaged") from None
    if not isinstance(known, dict):
        raise DecryptionError(f"{material(file)} is damaged")
    return known


def _rewrapped(text: str, file: Path, kms: Kms) -> str:
    """With double wrapping, pyarrow's and Spark's default, it is the key between master and data key that is wrapped."""
    try:
        known: dict[str, Any] = json.loads(text)
        part = "wrappedKEK" if known.get("doubleWrapping") else "wrappedDEK"
        name, wrapped = known["masterKeyID"], known[part]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DecryptionError(f"{material(file)} is damaged") from None
    return json.dumps(known | {part: kms.rewrap(name, wrapped)})
