"""Requests to an S3 store, signed (Signature Version 4), with nothing but Python: enough for lifecycle rules and classes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from urllib.parse import quote, urlsplit


class StoreError(Exception):
    """The store refused: its status and what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the store answers {status}: {text[:300]}")
        self.status, self.text = status, text


@dataclass(frozen=True)
class Store:
    """A store that is addressed by path (ENDPOINT/BUCKET/KEY)."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"

    def request(
        self,
        method: str,
        bucket: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> tuple[bytes, Message]:
        """The answer's body and headers; StoreError if it is none of success."""
        path = "/" + quote(f"{bucket}/{key}" if key else bucket, safe="/-_.~")
        asked = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
            for name, value in sorted((query or {}).items())
        )
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if body:
            given.setdefault("content-type", "application/octet-stream")
            given["content-md5"] = base64.b64encode(
                hashlib.md5(body, usedforsecurity=False).digest()
            ).decode()
        signed = self._signed(method, path, asked, given, hashlib.sha256(body).hexdigest())
        url = self.endpoint.rstrip("/") + path + (f"?{asked}" if asked else "")
        request = urllib.request.Request(url, data=body or None, headers=signed, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                raise StoreError(error.code, error.read().decode(errors="replace")) from None

    def _signed(
        self, method: str, path: str, query: str, headers: Mapping[str, str], digest: str
    ) -> dict[str, str]:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        named = dict(headers) | {
            "host": urlsplit(self.endpoint).netloc,
            "x-amz-date": now,
            "x-amz-content-sha256": digest,
        }
        names = ";".join(sorted(named))
        lines = "".join(f"{name}:{' '.join(named[name].split())}\n" for name in sorted(named))
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        canonical = "\n".join((method, path, query, lines, names, digest))
        text = "\n".join(("AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        credential = f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return named | {"authorization": credential}
