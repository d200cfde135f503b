"""A relay that keeps every byte that passes, in both directions: what somebody on the network has."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 16


class Wire:
    """Relays in threads of this process. folder: a file of bytes for each relay and direction."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        folder.mkdir()
        self.folder, self._stack = folder, stack

    def to(self, name: str, port: int) -> int:
        """The port of a new relay to `port`, here; it listens at once, and leads there when somebody comes."""
        listener = socket.create_server(("127.0.0.1", 0))
        self._stack.callback(listener.close)
        files = [
            self._stack.enter_context((self.folder / f"{name}.{way}").open("ab", buffering=0))
            for way in ("out", "in")
        ]
        threading.Thread(target=self._serve, args=(listener, port, files), daemon=True).start()
        return listener.getsockname()[1]

    def _serve(self, listener: socket.socket, port: int, files: Sequence[BinaryIO]) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed at the end
                return
            try:
                server = socket.create_connection(("127.0.0.1", port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for source, target, file in ((client, server, files[0]), (server, client, files[1])):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_pass, args=(source, target, file), daemon=True).start()


def _pass(source: socket.socket, target: socket.socket, file: BinaryIO) -> None:
    """Until either side ends."""
    try:
        while piece := source.recv(_PIECE):
            file.write(piece)
            target.sendall(piece)
    except (OSError, ValueError):  # ValueError: the file is closed, the run is over
        pass
    finally:
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def wire(folder: Path) -> Iterator[Wire]:
    """Relays for the block."""
    with ExitStack() as stack:
        yield Wire(folder, stack)
