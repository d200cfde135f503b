"""Field encryption at the client: values are sealed under a data key, which is kept wrapped by the key service."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .client import Kms
from .errors import DecryptionError, Refused

# With random nonces of 96 bits a key seals at most 2^32 values (NIST SP 800-38D, 8.3).
MOST = 1 << 32
_FORMAT, _ID, _NONCE, _TAG = b"\x01", 8, 12, 16
OVERHEAD = len(_FORMAT) + _ID + _NONCE + _TAG  # bytes that a sealed value is longer


@dataclass(frozen=True)
class Field:
    """Where a value belongs: what is sealed for one place opens in no other. table, column, row: as the caller names them."""

    table: str
    column: str
    row: str

    def bound(self) -> bytes:
        """Unambiguous whatever the names hold."""
        parts = (self.table.encode(), self.column.encode(), self.row.encode())
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class FieldCipher:
    """Seals and opens values under the master key `name`.

    wrapped: data keys that there are already, by id, as `wrapped` holds them afterwards; store it beside the data, it
    is useless without the key service. most: values that a data key seals before a new one is made.
    """

    def __init__(
        self, kms: Kms, name: str, wrapped: Mapping[str, str] | None = None, most: int = MOST
    ) -> None:
        if not 1 <= most <= MOST:
            raise ValueError(f"a data key seals 1 to {MOST} values, not {most}")
        self.wrapped = dict(wrapped or {})
        self._kms, self._name, self._most = kms, name, most
        self._opened: dict[str, AESGCM] = {}
        self._current, self._left, self._lock = "", 0, threading.Lock()

    def seal(self, value: bytes | None, place: Field) -> bytes | None:
        """`value` for `place`, OVERHEAD bytes longer. None stays None: that a value is missing is not hidden."""
        if value is None:
            return None
        with self._lock:  # counted by two threads at once, the limit would be passed unseen
            if not self._left:
                self._renew()
            self._left -= 1
            current = self._current
        nonce = os.urandom(_NONCE)
        sealed = self._opened[current].encrypt(nonce, value, place.bound())
        return _FORMAT + bytes.fromhex(current) + nonce + sealed

    def open(self, sealed: bytes | None, place: Field) -> bytes | None:
        """What was sealed for `place`. DecryptionError if it was altered, or sealed for another place or key."""
        if sealed is None:
            return None
        if len(sealed) < OVERHEAD or sealed[:1] != _FORMAT:
            raise DecryptionError("this is no sealed value")
        start = 1 + _ID
        key = self._key(sealed[1:start].hex())
        try:
            nonce = sealed[start : start + _NONCE]
            return key.decrypt(nonce, sealed[start + _NONCE :], place.bound())
        except InvalidTag:
            raise DecryptionError(
                f"the value of {place.column} in row {place.row} was altered, or belongs elsewhere"
            ) from None

    def rewrap(self) -> dict[str, str]:
        """All data keys under the master key's latest version: what is to be stored now. No value is touched."""
        self.wrapped = {name: self._kms.rewrap(self._name, each) for name, each in self.wrapped.items()}
        return dict(self.wrapped)

    def _renew(self) -> None:
        key, name = os.urandom(32), os.urandom(_ID).hex()
        self.wrapped[name] = self._kms.wrap(self._name, key)
        self._opened[name] = AESGCM(key)
        self._current, self._left = name, self._most

    def _key(self, name: str) -> AESGCM:
        if name not in self._opened:
            if name not in self.wrapped:
                raise DecryptionError(f"there is no wrapped data key {name}")
            try:
                self._opened[name] = AESGCM(self._kms.unwrap(self._name, self.wrapped[name]))
            except Refused as error:
                raise DecryptionError(f"data key {name}: {error}") from None
        return self._opened[name]
