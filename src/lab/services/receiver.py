"""A receiver of webhooks in a process of its own: each delivery with the time at which it came in, by its own clock."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab.services import http
from lab.services.node import Node
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session


@dataclass(frozen=True)
class Delivery:
    """at: s since 1970, when it came in. path: of the request. body: parsed from JSON, or text that is none."""

    at: float
    path: str
    body: Any


@dataclass(frozen=True)
class Receiver:
    """A receiver that answers each POST with 200. url: without a slash at its end."""

    url: str
    node: Node
    _file: Path

    def deliveries(self) -> list[Delivery]:
        """All that came in so far, in the order of their arrival."""
        lines = self._file.read_text().splitlines(keepends=True) if self._file.exists() else []
        return [Delivery(**json.loads(line)) for line in lines if line.endswith("\n")]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver for the block, on a free loopback port."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    file = session().folder / f"receiver-{port}.jsonl"
    process = Process(
        name="webhook receiver",
        command=[sys.executable, "-m", "lab.services.receiver", str(port), str(file)],
        ready=lambda: http.call("GET", url),
        log=file.with_suffix(".log"),
        ports=[port],
    )
    with running(process):
        yield Receiver(url, process, file)


def serve(port: int, file: Path) -> None:
    """The child's side."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            at = time.time()
            text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
            line = json.dumps({"at": at, "path": self.path, "body": _parsed(text)})
            with lock, file.open("a") as sink:
                sink.write(line + "\n")
            self._answer()

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Its log is for faults."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
