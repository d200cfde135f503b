"""A link to an object store with a stated round trip, which counts what crosses it.

Why not Toxiproxy: it delays bytes, and can't tell a GET from a LIST, nor count them, nor charge a new
connection its handshake. (Its latency itself is honest: one delay per answer, however large.)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from lab.services import http, relay
from lab.services.node import Node
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.s3 import S3
from lab.services.session import session


@dataclass(frozen=True)
class Traffic:
    """What crossed the link. requests: by operation (GET of objects, LIST, HEAD, PUT, ...).

    bytes_in, bytes_out: of bodies, towards the store and towards its clients. connections: newly made.
    """

    requests: dict[str, int] = field(default_factory=dict)
    bytes_in: int = 0
    bytes_out: int = 0
    connections: int = 0

    @property
    def total(self) -> int:
        """Requests of all kinds."""
        return sum(self.requests.values())

    def count(self, operation: str) -> int:
        return self.requests.get(operation, 0)

    def since(self, before: Traffic) -> Traffic:
        """What was added after `before`."""
        added = {name: number - before.count(name) for name, number in self.requests.items()}
        return Traffic(
            {name: number for name, number in added.items() if number},
            self.bytes_in - before.bytes_in,
            self.bytes_out - before.bytes_out,
            self.connections - before.connections,
        )


@dataclass(frozen=True)
class Read:
    """One GET of an object. path: /bucket/key. first, last: bytes asked for; last is None for "to the end"."""

    path: str
    first: int
    last: int | None


@dataclass(frozen=True)
class CountingProxy:
    """A link that answers. s3: the same store with the same keys, through the link."""

    s3: S3
    node: Node
    _control: str

    def traffic(self) -> Traffic:
        """All that has crossed since the start."""
        said = http.call("GET", self._control)
        return Traffic(said["requests"], said["bytes_in"], said["bytes_out"], said["connections"])

    def set(self, rtt_s: float) -> None:
        """Round trip of every request, and of the handshake of each new connection, s."""
        http.call("PUT", self._control, {"rtt_s": rtt_s})

    @contextmanager
    def delay(self, rtt_s: float) -> Iterator[None]:
        """A round trip of `rtt_s` within the block, none after it."""
        self.set(rtt_s)
        try:
            yield
        finally:
            self.set(0)

    @contextmanager
    def record(self) -> Iterator[None]:
        """Keep within the block which bytes of which objects are asked for."""
        http.call("PUT", self._control, {"record": True})
        try:
            yield
        finally:
            http.call("PUT", self._control, {"record": False})

    def reads(self) -> list[Read]:
        """The recorded GETs since this was last asked."""
        said = http.call("GET", self._control + "reads")
        return [Read(unquote(path), *_range(text)) for path, text in said]


def _range(header: str) -> tuple[int, int | None]:
    """First and last byte of a Range header; the whole object if there is none. ValueError for "the last n"."""
    if not header:
        return 0, None
    first, _, last = header.removeprefix("bytes=").partition("-")
    return int(first), int(last) if last else None


@contextmanager
def counting_proxy(store: S3) -> Iterator[CountingProxy]:
    """A counted link to `store` for the block; without delay until it is `set`. The store must speak plain HTTP."""
    address = urlsplit(store.endpoint)
    if address.scheme != "http":
        raise ValueError(
            f"{store.endpoint}: what is encrypted can't be counted; give the store's http:// address"
        )
    port, control_port = free_ports(2)
    control = f"http://127.0.0.1:{control_port}/"
    process = Process(
        name="counting proxy",
        command=[
            *(sys.executable, "-m", relay.__name__, str(port), str(control_port)),
            *(str(address.hostname), str(address.port or 80)),
        ],
        ready=lambda: http.call("GET", control),
        log=session().folder / f"countingproxy-{port}.log",
        ports=[port, control_port],
    )
    with running(process):
        yield CountingProxy(replace(store, endpoint=f"http://127.0.0.1:{port}"), process, control)
