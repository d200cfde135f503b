"""The key service: `python -m kms FOLDER --port 8200 --certificate C --key K --authority A --grants grants.json`.

KMS_ROOT_KEY: 32 bytes in base64, which seal the master keys in FOLDER. Clients show a certificate of the authority; its
common name is who they are. grants.json: {"writer": ["wrap"], "reader": ["unwrap"], "operator": ["create", "rotate", ...]}.
Every request, refused ones too, is a line of FOLDER/audit.jsonl: when, who, what, which key, how it ended; no key, no plaintext.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .errors import KmsError, Refused
from .keys import KeyStore

OPERATIONS = ("create", "wrap", "unwrap", "rewrap", "rotate", "revoke", "latest")
_LONGEST, _PATIENCE_S = 1 << 20, 30


class Service:
    """What a request does, and its line in the audit log."""

    def __init__(self, store: KeyStore, grants: Mapping[str, Sequence[str]], audit: Path) -> None:
        self._store, self._grants, self._lock = store, grants, threading.Lock()
        self._audit = audit.open("a", buffering=1)

    def call(self, who: str, operation: str, name: str, body: Mapping[str, Any]) -> dict[str, object]:
        """The answer to one request. Refused if it may not be, or can't be."""
        outcome = "error"
        try:
            if operation not in self._grants.get(who, ()):
                raise Refused(f"{who} may not {operation}")
            said = self._answer(operation, name, body)
            outcome = "done"
            return said
        except Refused as error:
            outcome = f"refused: {error}"
            raise
        finally:
            line = {"time": time.time(), "who": who, "operation": operation, "key": name, "outcome": outcome}
            with self._lock:
                self._audit.write(json.dumps(line) + "\n")

    def _answer(self, operation: str, name: str, body: Mapping[str, Any]) -> dict[str, object]:
        store = self._store
        if operation == "wrap":
            return {"wrapped": store.wrap(name, base64.b64decode(_text(body, "plaintext"), validate=True))}
        if operation == "unwrap":
            return {"plaintext": base64.b64encode(store.unwrap(name, _text(body, "wrapped"))).decode()}
        if operation == "rewrap":
            return {"wrapped": store.rewrap(name, _text(body, "wrapped"))}
        if operation == "revoke":
            return {"oldest": store.revoke(name, _number(body, "below"))}
        if operation in ("create", "rotate", "latest"):
            return {"version": getattr(store, operation)(name)}
        raise Refused(f"there is no operation {operation!r}")


def _text(body: Mapping[str, Any], name: str) -> str:
    if not isinstance(body.get(name), str):
        raise Refused(f"{name!r} must be a text")
    return body[name]


def _number(body: Mapping[str, Any], name: str) -> int:
    if type(body.get(name)) is not int:
        raise Refused(f"{name!r} must be a whole number")
    return body[name]


class Handler(BaseHTTPRequestHandler):
    """POST /OPERATION/NAME with a JSON object; 403 if refused."""

    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE_S
    disable_nagle_algorithm = True  # an answer in two packets would wait for the client's delayed ack
    service: Service

    def setup(self) -> None:
        super().setup()
        self.connection.do_handshake()  # here, so that a slow client holds up nobody else

    def do_POST(self) -> None:
        try:
            _, operation, name = self.path.split("/")
            length = int(self.headers.get("Content-Length", ""))
            if not 0 <= length <= _LONGEST:
                raise ValueError
            body = json.loads(self.rfile.read(length))
            if not isinstance(body, dict):
                raise ValueError
        except ValueError:
            self.close_connection = True
            self._say(400, {"error": "POST /OPERATION/NAME with a JSON object"})
            return
        try:
            self._say(200, self.service.call(self._who(), operation, name, body))
        except Refused as error:
            self._say(403, {"error": str(error)})
        except ValueError:
            self._say(400, {"error": "plaintext must be base64"})

    def _who(self) -> str:
        shown = self.connection.getpeercert()
        return next(value for part in shown["subject"] for name, value in part if name == "commonName")

    def _say(self, status: int, body: Mapping[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """The audit log says more, and no request's text."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up or failed its handshake is no mistake of ours."""


def main() -> None:
    """Serve until killed."""
    asked = argparse.ArgumentParser(prog="kms", description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--port", type=int, default=8200)
    for name in ("certificate", "key", "authority", "grants"):
        asked.add_argument(f"--{name}", type=Path, required=True)
    given = asked.parse_args()
    try:
        root = base64.b64decode(os.environ.pop("KMS_ROOT_KEY", ""), validate=True)
        grants = json.loads(given.grants.read_text())
        if unknown := {each for granted in grants.values() for each in granted} - set(OPERATIONS):
            raise KmsError(f"{given.grants} grants what there is not: {', '.join(sorted(unknown))}")
        Handler.service = Service(KeyStore(given.folder, root), grants, given.folder / "audit.jsonl")
    except (KmsError, ValueError, OSError) as error:
        raise SystemExit(f"kms: {error}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(given.certificate, given.key)
    context.load_verify_locations(given.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(("127.0.0.1", given.port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
