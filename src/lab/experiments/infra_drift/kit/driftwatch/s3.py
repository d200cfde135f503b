"""Requests to an S3 store, signed (Signature Version 4) with nothing but Python, and policies in one form."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree


class StoreError(Exception):
    """The store refused. status: of HTTP."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the store answers {status}: {text[:300]}")
        self.status = status


@dataclass(frozen=True)
class Store:
    """A store that is addressed by path."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    session_token: str = field(default="", repr=False)

    @classmethod
    def of_environment(cls) -> Store:
        """By the variables of every S3 client; without an endpoint it is AWS. KeyError names a key that is missing."""
        told = os.environ
        region = told.get("AWS_REGION") or told.get("AWS_DEFAULT_REGION") or "us-east-1"
        endpoint = told.get("AWS_ENDPOINT_URL_S3") or told.get("AWS_ENDPOINT_URL")
        return cls(
            endpoint or f"https://s3.{region}.amazonaws.com",
            told["AWS_ACCESS_KEY_ID"],
            told["AWS_SECRET_ACCESS_KEY"],
            region,
            told.get("AWS_SESSION_TOKEN", ""),
        )

    def request(
        self, method: str, bucket: str = "", query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> bytes:
        """The answer's body; StoreError if it is none of success."""
        path = "/" + urllib.parse.quote(bucket)
        asked = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote)
        headers = self._signed(method, path, asked, hashlib.sha256(body).hexdigest())
        url = self.endpoint.rstrip("/") + path + (f"?{asked}" if asked else "")
        request = urllib.request.Request(url, body or None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise StoreError(error.code, error.read().decode(errors="replace")) from None

    def buckets(self) -> list[str]:
        tree = ElementTree.fromstring(self.request("GET"))
        return sorted(item.text or "" for item in tree.iterfind(".//{*}Bucket/{*}Name"))

    def _signed(self, method: str, path: str, query: str, digest: str) -> dict[str, str]:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {
            "host": urllib.parse.urlsplit(self.endpoint).netloc,
            "x-amz-content-sha256": digest,
            "x-amz-date": moment,
        }
        if self.session_token:
            headers["x-amz-security-token"] = self.session_token
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        names, scope = ";".join(headers), f"{moment[:8]}/{self.region}/s3/aws4_request"
        canonical_request = "\n".join((method, path, query, lines, names, digest))
        hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
        key = f"AWS4{self.secret_key}".encode()
        for part in (*scope.split("/"), "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashed))):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        who = f"Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return headers | {"Authorization": f"AWS4-HMAC-SHA256 {who}"}


def canonical(policy: Any) -> Any:
    """One form for policies that mean the same: order and single-element lists say nothing, {"AWS": "*"} is "*", and stores
    give back true and 7 as "true" and "7".
    """
    if isinstance(policy, dict):
        found = {name: canonical(value) for name, value in sorted(policy.items())}
        return "*" if found == {"AWS": "*"} else found
    if isinstance(policy, list):
        items = {json.dumps(item, sort_keys=True): item for item in map(canonical, policy)}
        ordered = [items[text] for text in sorted(items)]
        return ordered[0] if len(ordered) == 1 else ordered
    return policy if isinstance(policy, str) else json.dumps(policy)
