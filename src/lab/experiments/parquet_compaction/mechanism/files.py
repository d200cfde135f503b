"""Objects under one root, in an S3 store or in a local folder, with the one operation that a commit needs.

That operation is `create`: write if nothing has that name, else say so, atomically. S3 has it as a
conditional PUT (If-None-Match: *), a POSIX file system as a hard link.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lab.errors import LabError
from lab.services.s3 import S3

IN_FLIGHT = 8
_PATTERN = "*?["  # a query engine lists what matches
_RESPELLED = "\\%#"  # clients and stores decode, cut off or turn these


@dataclass(frozen=True)
class Entry:
    """One object in a listing. path: below the root."""

    path: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class Files:
    """All objects below `uri`."""

    uri: str
    _store: Any

    def entries(self, prefix: str) -> list[Entry]:
        """Objects below `prefix`, in the order of their names."""
        found = [item for page in self._store.list(prefix) for item in page]
        return sorted(
            (Entry(item["path"], item["size"], item["last_modified"]) for item in found),
            key=lambda entry: entry.path,
        )

    def read(self, path: str) -> bytes:
        """One whole object. FileNotFoundError if there is none."""
        return bytes(self._store.get(path).bytes())

    def read_all(self, paths: Iterable[str]) -> list[bytes]:
        """Several whole objects, `IN_FLIGHT` requests at a time."""
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            return list(pool.map(self.read, paths))

    def write(self, path: str, content: bytes) -> None:
        """Write an object whole; a reader sees all of it or none."""
        self._store.put(path, content)

    def create(self, path: str, content: bytes) -> bool:
        """Write an object if there is none of that name; False if there is one."""
        from obstore.exceptions import AlreadyExistsError

        try:
            self._store.put(path, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def delete(self, paths: Iterable[str]) -> None:
        """Delete objects; those that are not there are none the worse."""
        for path in paths:
            try:
                self._store.delete(path)
            except FileNotFoundError:
                continue

    def url(self, path: str) -> str:
        """How a query engine addresses one object."""
        return f"{self.uri}/{path}" if self.uri.startswith("s3://") else str(local(self.uri) / path)


def open_files(uri: str, s3: S3 | None = None) -> Files:
    """The objects below `s3://bucket/prefix`, `file:///folder` or a folder's path.

    LabError for an address that a query engine would take for a pattern, or a store spells in another way.
    s3: endpoint and keys; by default those of S3_ENDPOINT_URL, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION.
    """
    from obstore.store import LocalStore, S3Store

    uri = uri.rstrip("/")
    if odd := set(uri) & set(_PATTERN + (_RESPELLED if uri.startswith("s3://") else "")):
        raise LabError(f"{uri}: an address with {min(odd)} can't be read back. Choose one without.")
    if not uri.startswith("s3://"):
        return Files(uri, LocalStore(local(uri), mkdir=True))
    address, store = urlsplit(uri), s3 or from_environment()
    return Files(
        uri,
        S3Store(
            address.netloc,
            prefix=address.path.strip("/") or None,
            endpoint=store.endpoint,
            access_key_id=store.access_key,
            secret_access_key=store.secret_key,
            region=store.region,
            client_options={"allow_http": True},
            virtual_hosted_style_request=False,
        ),
    )


def local(uri: str) -> Path:
    """The folder that `file:///folder` or a plain path names."""
    # An engine reads ~ as the home folder, whoever wrote it.
    return Path(url2pathname(uri.removeprefix("file://")) if uri.startswith("file://") else uri).expanduser()


def from_environment() -> S3:
    """Endpoint and keys from the environment. KeyError names the variable that is missing."""
    keys = os.environ["S3_ACCESS_KEY_ID"], os.environ["S3_SECRET_ACCESS_KEY"]
    return S3(os.environ["S3_ENDPOINT_URL"], *keys, os.environ.get("S3_REGION", "us-east-1"))
