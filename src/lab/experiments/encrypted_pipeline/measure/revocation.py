"""How long a key that is revoked still opens a file for a reader that keeps what it was given."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from lab.experiments.encrypted_pipeline.measure.place import PII, Place
from lab.experiments.encrypted_pipeline.mechanism import read_table
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import orders

OURS, SINGLE, DOUBLE = "read_table", "pyarrow, single wrapping", "pyarrow, double wrapping"
_EVERY_S = 0.02


def revocation(place: Place, params: Params) -> pd.DataFrame:
    """reader, cache_s, seconds: from the revocation to the first refused read; NaN if none came in five caches' time."""
    folder = place.folder / "revocation"
    folder.mkdir()
    table, lifetime = orders(100, "x" * 30, params.seed), timedelta(seconds=params.cache_s)
    lake = place.kms("lake")
    readers: dict[str, Callable[[], object]] = {}
    for name, double in ((SINGLE, False), (DOUBLE, True)):
        path, factory = folder / f"{double}.parquet", _factory(lake)
        _write(table, path, factory, double)
        readers[name] = _kept(path, _factory(place.kms("reader")), lifetime)
    readers[OURS] = lambda: read_table(folder / "False.parquet", place.kms("reader"))
    for read in readers.values():
        read()  # all have been given the keys
    operator = place.kms("operator")
    operator.revoke(PII, operator.rotate(PII))
    began = time.perf_counter()
    took = dict.fromkeys(readers, float("nan"))
    while (
        any(each != each for each in took.values()) and time.perf_counter() - began < 5 * params.cache_s + 2
    ):
        for name in [name for name, each in took.items() if each != each]:
            try:
                readers[name]()
            except Exception:  # refused, in whatever words pyarrow has for it
                took[name] = time.perf_counter() - began
        time.sleep(_EVERY_S)
    kept = {OURS: 0.0, SINGLE: params.cache_s, DOUBLE: params.cache_s}
    return pd.DataFrame(
        [{"reader": name, "cache_s": kept[name], "seconds": each} for name, each in took.items()]
    )


def _write(table: pa.Table, path: Path, factory: pe.CryptoFactory, double: bool) -> None:
    configuration = pe.EncryptionConfiguration(
        footer_key=PII, uniform_encryption=True, internal_key_material=False, double_wrapping=double
    )
    properties = factory.file_encryption_properties(
        pe.KmsConnectionConfig(),
        configuration,
        parquet_file_path=str(path),
        filesystem=pa.fs.LocalFileSystem(),
    )
    pq.write_table(table, path, encryption_properties=properties)


def _kept(path: Path, factory: pe.CryptoFactory, lifetime: timedelta) -> Callable[[], object]:
    """A reader that goes on with one factory, as a long-running service does."""

    def read() -> object:
        properties = factory.file_decryption_properties(
            pe.KmsConnectionConfig(),
            pe.DecryptionConfiguration(cache_lifetime=lifetime),
            parquet_file_path=str(path),
            filesystem=pa.fs.LocalFileSystem(),
        )
        return pq.ParquetFile(path, decryption_properties=properties).read()

    return read


def _factory(kms: object) -> pe.CryptoFactory:
    return pe.CryptoFactory(lambda _: _Asking(kms))


class _Asking(pe.KmsClient):
    """The plainest client: every question goes to the key service."""

    def __init__(self, kms) -> None:
        super().__init__()
        self._kms = kms

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return self._kms.wrap(master_key_identifier, key_bytes)

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return self._kms.unwrap(master_key_identifier, wrapped_key)
