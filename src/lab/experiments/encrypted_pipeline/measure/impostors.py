"""A server that is not who it says: does a client send it anything after the handshake?"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pandas as pd
import psycopg
from confluent_kafka.admin import AdminClient

from lab.experiments.encrypted_pipeline.measure.place import BUCKET, Place, client, kafka_tls
from lab.services.objectstore import file_system
from lab.services.s3 import S3
from lab.services.tls import Identity

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # what a PostgreSQL client says before it asks for TLS
_PATIENCE_S = 1.0
_TRIES = 20  # a client that a busy machine keeps from coming in time comes again
SERVERS = ("PostgreSQL", "Kafka", "object store", "key service")
STRANGER, ELSEWHERE = "another authority's certificate", "certificate for another host"


class Impostor:
    """A TLS server with `identity` that answers nothing. visits: handshakes that a client began. heard: bytes that came by
    the encrypted connection; both are whole once it is closed."""

    def __init__(self, identity: Identity) -> None:
        self.heard = self.visits = 0
        self._taking: list[threading.Thread] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(identity.certificate, identity.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for each in self._taking:  # a client that says something and goes is heard after it has gone
            each.join(_TRIES * _PATIENCE_S)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                taking = threading.Thread(target=self._take, args=(plain,), daemon=True)
                self._taking.append(taking)
                taking.start()

    def _take(self, plain: socket.socket) -> None:
        plain.settimeout(_PATIENCE_S)
        with suppress(OSError), plain:
            if plain.recv(8, socket.MSG_PEEK) == _SSL_REQUEST:
                plain.recv(8)
                plain.sendall(b"S")
            self.visits += bool(plain.recv(1, socket.MSG_PEEK))
            with self._context.wrap_socket(plain, server_side=True) as secure:
                self.heard += len(secure.recv(1 << 12))


@contextmanager
def impostor(identity: Identity) -> Iterator[Impostor]:
    made = Impostor(identity)
    try:
        yield made
    finally:
        made.close()


def impostors(place: Place, verified: bool = True) -> pd.DataFrame:
    """server, shows, visits, heard (bytes), why: of each client before each impostor. verified: as the pipeline's clients do."""
    shown = {
        STRANGER: place.stranger.issue("impostor"),
        ELSEWHERE: place.authority.issue("elsewhere", ["elsewhere.example"]),
    }
    seen = []
    for shows, identity in shown.items():
        for server in SERVERS:
            with impostor(identity) as other:
                for _ in range(_TRIES):
                    why = _tried(partial(_visit, place, server, other.port, verified))
                    if other.visits:
                        break
            told = {"visits": other.visits, "heard": other.heard, "why": why}
            seen.append({"server": server, "shows": shows} | told)
    return pd.DataFrame(seen)


def _tried(visit: Callable[[], object]) -> str:
    try:
        visit()
        return ""
    except Exception as error:  # each library has errors of its own; what counts is what was heard
        return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__


def _visit(place: Place, server: str, port: int, verified: bool) -> None:
    identity = place.identities["lake"]
    if server == "PostgreSQL":
        mode = "verify-full" if verified else "require"
        # A root certificate that is named is checked even by sslmode=require: the unverified client has none.
        trust = f"sslrootcert={identity.authority}" if verified else "sslrootcert=/nonexistent"
        text = f"host=127.0.0.1 port={port} user=lab dbname=postgres sslmode={mode} {trust} connect_timeout=2"
        psycopg.connect(text).close()
    elif server == "Kafka":
        settings: dict[str, Any] = kafka_tls(identity) | {
            "bootstrap.servers": f"127.0.0.1:{port}",
            "log_level": "0",
        }
        off = {} if verified else {"enable.ssl.certificate.verification": "false"}
        AdminClient(settings | off).list_topics(timeout=_PATIENCE_S)
    elif server == "object store" and verified:
        from pyarrow import fs

        store = S3(f"https://127.0.0.1:{port}", "lab", "secret", authority=str(identity.authority))
        once = fs.AwsStandardS3RetryStrategy(max_attempts=1)
        file_system(store, retry_strategy=once, request_timeout=_PATIENCE_S).get_file_info(BUCKET)
    else:
        _https(place, port, identity, verified)


def _https(place: Place, port: int, identity: Identity, verified: bool) -> None:
    from lab.experiments.encrypted_pipeline.kit.kms import KmsClient

    if verified:
        client(KmsClient, f"https://127.0.0.1:{port}", identity).latest("pii")
        return
    # Arrow can't be told not to verify; a Python client often is.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(b"GET / HTTP/1.1\r\n\r\n")
        secure.recv(1)
