"""A server that is not who it says: does a client send it anything after the handshake?"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pandas as pd
import psycopg
from confluent_kafka.admin import AdminClient

from lab.experiments.encrypted_pipeline.measure.place import Place, client, kafka_tls
from lab.services.tls import Identity

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # what a PostgreSQL client says before it asks for TLS
_PATIENCE_S = 1.5
SERVERS = ("PostgreSQL", "Kafka", "key service")
STRANGER, ELSEWHERE = "another authority's certificate", "certificate for another host"


class Impostor:
    """A TLS server with `identity` that answers nothing. heard: bytes that came by the encrypted connection."""

    def __init__(self, identity: Identity) -> None:
        self.heard = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(identity.certificate, identity.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                threading.Thread(target=self._take, args=(plain,), daemon=True).start()

    def _take(self, plain: socket.socket) -> None:
        plain.settimeout(_PATIENCE_S)
        with suppress(OSError), plain:
            if plain.recv(8, socket.MSG_PEEK) == _SSL_REQUEST:
                plain.recv(8)
                plain.sendall(b"S")
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
    """server, shows, heard (bytes), why: of each client before each impostor. verified: as the pipeline's clients do."""
    shown = {
        STRANGER: place.stranger.issue("impostor"),
        ELSEWHERE: place.authority.issue("elsewhere", ["elsewhere.example"]),
    }
    seen = []
    for shows, identity in shown.items():
        for server in SERVERS:
            with impostor(identity) as other:
                why = _tried(lambda server=server, other=other: _visit(place, server, other.port, verified))
                seen.append({"server": server, "shows": shows, "heard": other.heard, "why": why})
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
        settings = kafka_tls(identity) | {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": "0"}
        off = {} if verified else {"enable.ssl.certificate.verification": "false"}
        AdminClient(settings | off).list_topics(timeout=_PATIENCE_S)
    else:
        _key_service(place, port, identity, verified)


def _key_service(place: Place, port: int, identity: Identity, verified: bool) -> None:
    from lab.experiments.encrypted_pipeline.kit.kms import KmsClient

    if verified:
        client(KmsClient, f"https://127.0.0.1:{port}", identity).latest("pii")
        return
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(b"POST /unwrap/pii HTTP/1.1\r\n\r\n")
        secure.recv(1)
