"""Master keys by name and version. They never leave this process but sealed under the root key."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import KmsError, Refused

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_WRAPPED = re.compile(r"kms:v([1-9]\d{0,8}):([A-Za-z0-9+/=]+)")
_NONCE, _LONGEST = 12, 1 << 16
_SEALED = b"kms sealed keys 1"


@dataclass
class Master:
    """One master key. versions: from 1 on; oldest: the first version that still unwraps."""

    versions: list[bytes] = field(default_factory=list)
    oldest: int = 1

    @property
    def latest(self) -> int:
        return len(self.versions)


class KeyStore:
    """Master keys in `folder`/keys.sealed. root: 32 bytes; whoever has it and the file has every key."""

    def __init__(self, folder: Path, root: bytes) -> None:
        if len(root) != 32:
            raise KmsError(f"the root key has {len(root)} bytes, not 32")
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._root, self._lock = folder / "keys.sealed", AESGCM(root), threading.Lock()
        self._keys = self._read() if self._file.exists() else {}

    def create(self, name: str) -> int:
        """A new key of version 1; the version that there is if there is one."""
        if not _NAME.fullmatch(name):
            raise Refused(
                f"a key's name has 1 to 64 letters, digits, dots, dashes or underscores, not {name!r}"
            )
        with self._lock:
            if name not in self._keys:
                self._keep(name, Master([os.urandom(32)]))
            return self._keys[name].latest

    def wrap(self, name: str, plaintext: bytes) -> str:
        """`plaintext` (a key of at most 64 KiB) under the latest version."""
        if not plaintext or len(plaintext) > _LONGEST:
            raise Refused(f"a key to wrap has 1 to {_LONGEST} bytes, not {len(plaintext)}")
        version = self._master(name).latest
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._version(name, version)).encrypt(nonce, plaintext, _bound(name, version))
        return f"kms:v{version}:{base64.b64encode(nonce + sealed).decode()}"

    def unwrap(self, name: str, wrapped: str) -> bytes:
        """What was wrapped under `name`. Refused if it was altered, is another key's, or its version is revoked."""
        if not (found := _WRAPPED.fullmatch(wrapped)):
            raise Refused("this is no wrapped key of this service")
        version = int(found[1])
        try:
            data = base64.b64decode(found[2], validate=True)
            key = AESGCM(self._version(name, version))
            return key.decrypt(data[:_NONCE], data[_NONCE:], _bound(name, version))
        except (InvalidTag, ValueError, binascii.Error):
            raise Refused(f"this was not wrapped under version {version} of {name}") from None

    def rewrap(self, name: str, wrapped: str) -> str:
        """The same under the latest version; the data key is seen by nobody."""
        return self.wrap(name, self.unwrap(name, wrapped))

    def rotate(self, name: str) -> int:
        """A new version, under which is wrapped from now on; older ones go on unwrapping."""
        with self._lock:
            master = self._master(name)
            self._keep(name, Master([*master.versions, os.urandom(32)], master.oldest))
            return self._keys[name].latest

    def revoke(self, name: str, below: int) -> int:
        """Versions below `below` unwrap no more, and are forgotten. The latest can't be revoked."""
        with self._lock:
            master = self._master(name)
            if not 1 <= below <= master.latest:
                raise Refused(f"{name} has versions 1 to {master.latest}; {below} is none of them")
            oldest = max(master.oldest, below)
            left = [each if number >= oldest else b"" for number, each in enumerate(master.versions, 1)]
            self._keep(name, Master(left, oldest))
            return oldest

    def latest(self, name: str) -> int:
        return self._master(name).latest

    def _master(self, name: str) -> Master:
        if name not in self._keys:
            raise Refused(f"there is no key {name!r}")
        return self._keys[name]

    def _version(self, name: str, version: int) -> bytes:
        master = self._master(name)
        if version > master.latest:
            raise Refused(f"{name} has no version {version}")
        if version < master.oldest or not master.versions[version - 1]:
            raise Refused(f"version {version} of {name} is revoked")
        return master.versions[version - 1]

    def _read(self) -> dict[str, Master]:
        data = self._file.read_bytes()
        try:
            said = json.loads(self._root.decrypt(data[:_NONCE], data[_NONCE:], _SEALED))
        except (InvalidTag, ValueError):
            raise KmsError(f"{self._file} was sealed under another root key, or is damaged") from None
        return {
            name: Master([base64.b64decode(each) for each in known["versions"]], known["oldest"])
            for name, known in said.items()
        }

    def _keep(self, name: str, master: Master) -> None:
        """On the disk first: what was wrapped under a version that no disk has would be lost at the next start."""
        fresh = self._keys | {name: master}
        self._write(fresh)
        self._keys = fresh

    def _write(self, keys: dict[str, Master]) -> None:
        known = {
            name: {
                "versions": [base64.b64encode(each).decode() for each in master.versions],
                "oldest": master.oldest,
            }
            for name, master in keys.items()
        }
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._root.encrypt(nonce, json.dumps(known).encode(), _SEALED)
        replace(self._file, sealed)
        settle(self._file.parent)


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Old content or new content, whenever this is interrupted; who may read it by `mode`, whatever the umask."""
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        fresh.chmod(mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def settle(folder: Path) -> None:
    """After this the names in `folder` outlive a loss of power too."""
    if os.name == "posix":  # elsewhere a folder can't be opened
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _bound(name: str, version: int) -> bytes:
    """What a wrapped key is bound to: it unwraps under this name and version only."""
    return f"{name}:{version}".encode()
