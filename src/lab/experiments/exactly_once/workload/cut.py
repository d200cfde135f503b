"""A TCP link to PostgreSQL that can let a COMMIT pass and lose its answer: the client can't know what became of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 1 << 16
_COMMIT = b"QCOMMIT"  # a simple query, as psycopg and libpq send it


class Cut:
    """The link. Clients connect to `port`; `arm` has the next COMMIT's answer lost."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._armed, self.lost = threading.Event(), threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self) -> None:
        self.lost.clear()
        self._armed.set()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        losing = threading.Event()
        with client, suppress(OSError), socket.create_connection(self._server) as server:
            back = threading.Thread(target=self._answer, args=(server, client, losing), daemon=True)
            back.start()
            for message in _messages(client):
                if self._armed.is_set() and message[:1] + message[5:11] == _COMMIT:
                    self._armed.clear()
                    losing.set()
                server.sendall(message)
            _hang_up(server)
            back.join()

    def _answer(self, server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
        with suppress(OSError):
            while piece := server.recv(_PIECE):
                if losing.is_set() and b"COMMIT" in piece:
                    self.lost.set()  # answered, so it is done; nobody will be told
                    break
                client.sendall(piece)
        _hang_up(client)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _messages(client: socket.socket) -> Iterator[bytes]:
    """A client's messages, whole: the first without a type, then type, length, content."""
    with client.makefile("rb") as source:
        size = source.read(4)
        yield size + source.read(int.from_bytes(size, "big") - 4)
        while head := source.read(5):
            yield head + source.read(int.from_bytes(head[1:], "big") - 4)


@contextmanager
def cut(host: str, port: int) -> Iterator[Cut]:
    """The link for the block."""
    link = Cut(host, port)
    try:
        yield link
    finally:
        link.close()
