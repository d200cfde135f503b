"""A small key service, its clients (and Vault's), field encryption, encrypted Parquet. Needs cryptography and pyarrow."""

from .client import Kms, KmsClient, VaultTransit, connect
from .errors import DecryptionError, KmsError, Refused
from .fields import Field, FieldCipher
from .parquet import Keys, encrypt_table, material, read_table, rotate

__all__ = [
    "DecryptionError",
    "Field",
    "FieldCipher",
    "Keys",
    "Kms",
    "KmsClient",
    "KmsError",
    "Refused",
    "VaultTransit",
    "connect",
    "encrypt_table",
    "material",
    "read_table",
    "rotate",
]
