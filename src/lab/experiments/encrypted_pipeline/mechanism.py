"""What is under test; a reader takes it home as the kit's folder `kms`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

# cryptography comes with this experiment's set-up, so the kit is imported where it is used.
if TYPE_CHECKING:
    import pyarrow as pa

    from lab.experiments.encrypted_pipeline.kit.kms import FieldCipher, Keys, Kms


def encrypt_table(table: pa.Table, path: str | Path, kms: Kms, keys: Keys | str, **options: Any) -> None:
    """Write `table` to the new file `path`, nothing of it readable; see the kit's `parquet.encrypt_table`."""
    from lab.experiments.encrypted_pipeline.kit.kms import encrypt_table as encrypt

    encrypt(table, path, kms, keys, **options)


def read_table(path: str | Path, kms: Kms, columns: list[str] | None = None) -> pa.Table:
    """The rows of an encrypted file or folder, or DecryptionError; see the kit's `parquet.read_table`."""
    from lab.experiments.encrypted_pipeline.kit.kms import read_table as read

    return read(path, kms, columns)


def rotate(path: str | Path, kms: Kms) -> int:
    """Wrap every data key anew while readers go on; how many files; see the kit's `parquet.rotate`."""
    from lab.experiments.encrypted_pipeline.kit.kms import rotate as rewrap

    return rewrap(path, kms)


def field_cipher(kms: Kms, name: str, wrapped: Mapping[str, str] | None = None) -> FieldCipher:
    """Seals values under the master key `name`; see the kit's `fields.FieldCipher`."""
    from lab.experiments.encrypted_pipeline.kit.kms import FieldCipher

    return FieldCipher(kms, name, wrapped)


def key_service(url: str, certificate: str | Path, key: str | Path, authority: str | Path) -> Kms:
    """A client of the small key service, over mutual TLS; see the kit's `client.KmsClient`."""
    from lab.experiments.encrypted_pipeline.kit.kms import KmsClient

    return KmsClient(url, certificate, key, authority)
