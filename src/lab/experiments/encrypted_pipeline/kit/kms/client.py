"""The port to a key service, met by the small one and by Vault's transit engine."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from .errors import KmsError, Refused

_PATIENCE_S = 10


class Kms(Protocol):
    """What encryption needs of a key service. Refused where it will not, KmsError where it does not answer."""

    def wrap(self, name: str, plaintext: bytes) -> str: ...
    def unwrap(self, name: str, wrapped: str) -> bytes: ...
    def rewrap(self, name: str, wrapped: str) -> str: ...
    def create(self, name: str) -> int: ...
    def rotate(self, name: str) -> int: ...
    def revoke(self, name: str, below: int) -> int: ...
    def latest(self, name: str) -> int: ...


def connect() -> Kms:
    """Vault by VAULT_ADDR, VAULT_TOKEN (VAULT_CACERT), else the small one: KMS_URL, KMS_CERTIFICATE, KMS_KEY, KMS_AUTHORITY."""
    if address := os.environ.get("VAULT_ADDR"):
        return VaultTransit(address, _told("VAULT_TOKEN"), authority=os.environ.get("VAULT_CACERT"))
    names = ("KMS_URL", "KMS_CERTIFICATE", "KMS_KEY", "KMS_AUTHORITY")
    return KmsClient(*map(_told, names))


def _told(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise KmsError(f"set {name}; for Vault set VAULT_ADDR and VAULT_TOKEN")


class KmsClient:
    """The small key service at `url`, over mutual TLS. One connection a thread, kept."""

    def __init__(self, url: str, certificate: str | Path, key: str | Path, authority: str | Path) -> None:
        context = ssl.create_default_context(cafile=str(authority))
        context.load_cert_chain(str(certificate), str(key))
        self._http = _Http(url, context)

    def create(self, name: str) -> int:
        return self._ask("create", name)["version"]

    def wrap(self, name: str, plaintext: bytes) -> str:
        return self._ask("wrap", name, plaintext=base64.b64encode(plaintext).decode())["wrapped"]

    def unwrap(self, name: str, wrapped: str) -> bytes:
        return base64.b64decode(self._ask("unwrap", name, wrapped=wrapped)["plaintext"])

    def rewrap(self, name: str, wrapped: str) -> str:
        return self._ask("rewrap", name, wrapped=wrapped)["wrapped"]

    def rotate(self, name: str) -> int:
        return self._ask("rotate", name)["version"]

    def revoke(self, name: str, below: int) -> int:
        return self._ask("revoke", name, below=below)["oldest"]

    def latest(self, name: str) -> int:
        return self._ask("latest", name)["version"]

    def _ask(self, operation: str, name: str, **body: object) -> dict[str, Any]:
        return self._http.call("POST", f"/{operation}/{quote(name, safe='')}", body, {})


class VaultTransit:
    """The same by Vault's transit engine, mounted at `mount` (Vault 1.x, HTTP API "Transit secrets engine")."""

    def __init__(
        self, address: str, token: str, mount: str = "transit", authority: str | Path | None = None
    ) -> None:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
        self._http, self._mount = _Http(address, context), mount.strip("/")
        self._headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}

    def create(self, name: str) -> int:
        self._ask("POST", f"keys/{quote(name, safe='')}", {"type": "aes256-gcm96"})
        return self.latest(name)

    def wrap(self, name: str, plaintext: bytes) -> str:
        return self._post("encrypt", name, plaintext=base64.b64encode(plaintext).decode())["ciphertext"]

    def unwrap(self, name: str, wrapped: str) -> bytes:
        return base64.b64decode(self._post("decrypt", name, ciphertext=wrapped)["plaintext"])

    def rewrap(self, name: str, wrapped: str) -> str:
        return self._post("rewrap", name, ciphertext=wrapped)["ciphertext"]

    def rotate(self, name: str) -> int:
        self._ask("POST", f"keys/{quote(name, safe='')}/rotate", {})
        return self.latest(name)

    def revoke(self, name: str, below: int) -> int:
        self._ask("POST", f"keys/{quote(name, safe='')}/config", {"min_decryption_version": below})
        return below

    def latest(self, name: str) -> int:
        return int(self._ask("GET", f"keys/{quote(name, safe='')}", None)["data"]["latest_version"])

    def _post(self, operation: str, name: str, **body: object) -> dict[str, Any]:
        return self._ask("POST", f"{operation}/{quote(name, safe='')}", body)["data"]

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> dict[str, Any]:
        return self._http.call(method, f"/v1/{self._mount}/{path}", body, self._headers)


class _Http:
    """JSON over HTTP with a connection for each thread. Refused for a 4xx; KmsError for all else that goes wrong."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        self._url, self._context, self._own = urlsplit(url), context, threading.local()
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise KmsError(f"{url!r} is no address of a key service")

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        try:
            status, said = self._answer(method, path, content, headers)
            found = json.loads(said) if said else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._forget()
            raise KmsError(f"the key service does not answer: {error}") from None
        if status >= 500 or not isinstance(found, dict):
            # Vault says so, too, of a ciphertext that fails authentication in some versions: its words are passed on.
            reason = f": {_reason(found)}" if isinstance(found, dict) else ""
            raise KmsError(f"the key service answers with status {status}{reason}")
        if status >= 400:
            raise Refused(_reason(found))
        return found

    def _answer(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        for attempt in (1, 2):
            kept = getattr(self._own, "connection", None)
            connection = kept or self._connected()
            try:
                connection.request(method, path, content, {"Content-Type": "application/json", **headers})
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
                self._forget()
                if kept is None or attempt == 2:  # only an idle connection may have been closed unasked
                    raise
        raise AssertionError

    def _connected(self) -> http.client.HTTPConnection:
        host, port = str(self._url.hostname), self._url.port
        made: http.client.HTTPConnection
        if self._url.scheme == "https":
            made = http.client.HTTPSConnection(host, port, timeout=_PATIENCE_S, context=self._context)
        else:
            made = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
        made.connect()
        # Head and body go out apart; the second would wait for the server's delayed acknowledgement.
        made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._own.connection = made
        return made

    def _forget(self) -> None:
        if (kept := getattr(self._own, "connection", None)) is not None:
            kept.close()
            self._own.connection = None


def _reason(said: Mapping[str, Any]) -> str:
    errors = said.get("errors") or [said.get("error", "no reason given")]
    return "; ".join(map(str, errors))
