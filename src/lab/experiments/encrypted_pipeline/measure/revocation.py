"""How long a revoked key still opens a file for a reader that keeps what it was given."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from lab.experiments.encrypted_pipeline.measure.place import PII, Place
from lab.experiments.encrypted_pipeline.mechanism import read_table
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import orders

if TYPE_CHECKING:
    from lab.experiments.encrypted_pipeline.kit.kms import Kms

OURS, KEPT = "read_table: asks at each read", "pyarrow's double wrapping, one factory kept"
WATCHED, _EVERY_S = 4, 0.02  # times the cache's lifetime


def revocation(place: Place, params: Params) -> pd.DataFrame:
    """reader, cache_s, refused, seconds: from the revocation to the first refused read, or for how long none came."""
    from lab.experiments.encrypted_pipeline.kit.kms import DecryptionError, KmsError

    path, lake, reader = place.folder / "revoked.parquet", place.kms("lake"), place.kms("reader")
    where = {"parquet_file_path": str(path), "filesystem": pa.fs.LocalFileSystem()}
    default = pe.EncryptionConfiguration(footer_key=PII, uniform_encryption=True, internal_key_material=False)
    encrypting = _factory(lake).file_encryption_properties(pe.KmsConnectionConfig(), default, **where)
    pq.write_table(orders(100, "x" * 30, params.seed), path, encryption_properties=encrypting)
    factory = _factory(reader)
    caching = pe.DecryptionConfiguration(cache_lifetime=timedelta(seconds=params.cache_s))

    def kept() -> None:
        properties = factory.file_decryption_properties(pe.KmsConnectionConfig(), caching, **where)
        pq.ParquetFile(path, decryption_properties=properties).read()

    readers = {KEPT: kept, OURS: lambda: read_table(path, reader)}
    for read in readers.values():
        read()  # both have been given the keys
    operator = place.kms("operator")
    operator.revoke(PII, operator.rotate(PII))
    seen: dict[str, tuple[bool, float]] = {}
    began = time.perf_counter()
    caches = {KEPT: params.cache_s, OURS: 0}
    while len(seen) < len(readers) and time.perf_counter() - began < WATCHED * params.cache_s:
        for name in set(readers) - set(seen):
            try:
                readers[name]()
            except (DecryptionError, KmsError, OSError, pa.ArrowException):
                seen[name] = True, time.perf_counter() - began
        time.sleep(_EVERY_S)
    still = False, time.perf_counter() - began
    rows = [(name, cache, *seen.get(name, still)) for name, cache in caches.items()]
    return pd.DataFrame(rows, columns=["reader", "cache_s", "refused", "seconds"])


class _Asking(pe.KmsClient):
    """The plainest client: every question goes to the key service."""

    def __init__(self, kms: Kms) -> None:
        super().__init__()
        self._kms = kms

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return self._kms.wrap(master_key_identifier, key_bytes)

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return self._kms.unwrap(master_key_identifier, wrapped_key)


def _factory(kms: Kms) -> pe.CryptoFactory:
    return pe.CryptoFactory(lambda _: _Asking(kms))
