"""An HTTP relay in a process of its own: counts requests and bytes, adds a round trip to each request.

Run as `python -m lab.services.relay PORT CONTROL_PORT UPSTREAM_HOST UPSTREAM_PORT`; `lab.services.countingproxy`
starts it and asks it. One client connection has one upstream connection, so that what waits on one does
not hold up another.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

_PIECE = 1 << 16
_LIMIT = 1 << 20
_NO_BODY = (204, 304)


@dataclass
class Link:
    """What the link does. rtt_s: added once to each request, and once to each new connection (its handshake).

    record: keep the range of each GET of an object.
    """

    rtt_s: float = 0.0
    record: bool = False


@dataclass
class Counts:
    """Requests by operation, and bytes of bodies: received from clients, sent to clients."""

    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    bytes_in: int = 0
    bytes_out: int = 0
    connections: int = 0


@dataclass(frozen=True)
class Head:
    """First line and headers of a message. raw: as received, with the empty line."""

    raw: bytes
    first: list[str]
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        """Bytes of the body; None if it comes in chunks."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return None
        return int(self.headers.get("content-length", 0))


def parse(raw: bytes) -> Head:
    """A message's head. ValueError if it is none."""
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2:
        raise ValueError(f"not HTTP: {first!r}")
    pairs = (line.split(":", 1) for line in lines)
    return Head(raw, parts, {name.strip().lower(): value.strip() for name, value in pairs})


def operation(method: str, target: str) -> str:
    """The S3 operation that a request is: GET of an object apart from LIST, the rest by method."""
    address = urlsplit(target)
    query = parse_qs(address.query, keep_blank_values=True)
    if method != "GET":
        return method
    has_key = address.path.strip("/").count("/") >= 1
    return "GET" if has_key and "list-type" not in query else "LIST"


class Relay:
    """The relay's state: what its link does, and what it has counted."""

    def __init__(self, host: str, port: int) -> None:
        self.upstream = (host, port)
        self.link = Link()
        self.counts = Counts()
        self.reads: list[tuple[str, str]] = []  # path and Range header of each recorded GET

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One client connection, until either side ends it."""
        self.counts.connections += 1
        writers = [back]
        try:
            await asyncio.sleep(self.link.rtt_s)
            store, to_store = await asyncio.open_connection(*self.upstream, limit=_LIMIT)
            writers.append(to_store)
            while await self._exchange(client, back, store, to_store):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # a client that hangs up is no mistake of ours
        finally:
            for writer in writers:
                writer.close()

    async def _exchange(
        self,
        client: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        store: asyncio.StreamReader,
        to_store: asyncio.StreamWriter,
    ) -> bool:
        """One request and its answer; False if the connection ends with it."""
        request = parse(await client.readuntil(b"\r\n\r\n"))
        method = request.first[0]
        kind = operation(method, request.first[1])
        self.counts.requests[kind] += 1
        if self.link.record and kind == "GET":
            self.reads.append((urlsplit(request.first[1]).path, request.headers.get("range", "")))
        await asyncio.sleep(self.link.rtt_s)
        to_store.write(request.raw)
        sending = asyncio.ensure_future(self._send_body(request, client, to_store))
        try:
            answer = await self._answer(store, back)
            has_body = method != "HEAD" and int(answer.first[1]) not in _NO_BODY
            if has_body:
                async for piece in _body(answer, store):
                    self.counts.bytes_out += len(piece)
                    back.write(piece)
                    await back.drain()
            await back.drain()
            await sending
        finally:
            sending.cancel()
        return "close" not in (answer.headers.get("connection", ""), request.headers.get("connection", ""))

    async def _send_body(
        self, request: Head, client: asyncio.StreamReader, to_store: asyncio.StreamWriter
    ) -> None:
        async for piece in _body(request, client):
            self.counts.bytes_in += len(piece)
            to_store.write(piece)
            await to_store.drain()

    async def _answer(self, store: asyncio.StreamReader, back: asyncio.StreamWriter) -> Head:
        """The answer's head, passed on; a "100 Continue" before it is passed on too."""
        while True:
            head = parse(await store.readuntil(b"\r\n\r\n"))
            back.write(head.raw)
            await back.drain()
            if head.first[1] != "100":
                return head


async def _body(head: Head, source: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A message's body as it comes, in pieces; chunks with their framing."""
    left = head.length
    while left is None:
        size = await source.readuntil(b"\r\n")
        rest = await source.readexactly(int(size.split(b";")[0], 16) + 2)
        yield size + rest
        if rest == b"\r\n":
            return
    while left:
        piece = await source.read(min(left, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece


async def _control(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request to the relay itself.

    GET / answers its counts, PUT / changes its link, GET /reads answers what was recorded and forgets it.
    """
    request = parse(await reader.readuntil(b"\r\n\r\n"))
    if request.first[0] == "PUT":
        relay.link = replace(relay.link, **json.loads(await reader.readexactly(request.length or 0)))
    said: object = vars(relay.counts) | vars(relay.link)
    if request.first[1] == "/reads":
        said, relay.reads = relay.reads, []
    text = json.dumps(said).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
    await writer.drain()
    writer.close()


async def main(port: int, control_port: int, host: str, upstream_port: int) -> None:
    """Relay until killed; the control port opens last, so that whoever it answers can use the relay."""
    relay = Relay(host, upstream_port)
    await asyncio.start_server(relay.serve, "127.0.0.1", port, limit=_LIMIT)
    server = await asyncio.start_server(lambda *ends: _control(relay, *ends), "127.0.0.1", control_port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
