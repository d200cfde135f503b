"""One client process of an HTTP load (`lab.load.http`): sends its share on schedule over connections that it keeps.

A request that is due takes a connection that is free, the one used last first; else it opens one; else it waits for
one. It never waits for the answer to another request as such.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import h11
import numpy as np
from numpy.typing import NDArray

from lab.load.gate import Gate
from lab.load.openloop import settle
from lab.load.schedule import SECOND, Nanoseconds

# Times are monotonic; 0 where it was not sent, not answered; status 0 without an answer, else error is "".
OUTCOME = np.dtype(
    [("due_ns", "i8"), ("sent_ns", "i8"), ("done_ns", "i8"), ("status", "i2"), ("error", "U12")]
)
Outcomes = NDArray[np.void]

# Most connections of one process: select() knows no file numbers above 1023.
MOST_CONNECTIONS = 900


@dataclass(frozen=True)
class Request:
    """What is asked. target: path and query. A body goes with its length; other headers are given here."""

    target: str = "/"
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Client:
    """A client process. due_ns: of its own requests, after the start; timeout_s: counts from there.

    It leaves NAME.npy (OUTCOME, one for each request) and NAME.connections (how many it opened) in `folder`.
    """

    name: str
    host: str
    port: int
    requests: Sequence[Request]
    due_ns: Nanoseconds
    connections: int
    timeout_s: float
    folder: Path


def work(client: Client) -> None:
    """Send every request of `client` once its gate opens, and leave what became of them."""
    # epoll counts in milliseconds and would send up to one too late; select() does not.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.get_loop()
        settle()
        start_ns = Gate(client.folder).arrive(client.name)
        gc.disable()
        outcomes, opened = runner.run(_send_all(client, start_ns))
    (client.folder / f"{client.name}.connections").write_text(str(opened))
    np.save(client.folder / f"{client.name}.npy", outcomes)


async def _send_all(client: Client, start_ns: int) -> tuple[Outcomes, int]:
    """What became of each request, and how many connections that took."""
    pool = _Pool(client)
    outcomes = np.zeros(len(client.due_ns), OUTCOME)
    outcomes["due_ns"] = start_ns + client.due_ns
    async with asyncio.TaskGroup() as tasks:
        for number, outcome in enumerate(outcomes):
            await asyncio.sleep(max(0.0, (int(outcome["due_ns"]) - time.monotonic_ns()) / SECOND))
            request = client.requests[number % len(client.requests)]
            tasks.create_task(_send(pool, request, outcome, client.timeout_s))
    pool.close()
    return outcomes, pool.opened


async def _send(pool: _Pool, request: Request, outcome: np.void, timeout_s: float) -> None:
    """One request; what became of it goes into `outcome`."""
    try:
        # The loop's clock is the monotonic one.
        async with (
            asyncio.timeout_at(int(outcome["due_ns"]) / SECOND + timeout_s),
            pool.connection() as connection,
        ):
            outcome["sent_ns"] = time.monotonic_ns()
            status = await connection.ask(request)
            outcome["done_ns"], outcome["status"] = time.monotonic_ns(), status
    except (OSError, h11.RemoteProtocolError) as error:
        outcome["error"] = _kind(error, bool(outcome["sent_ns"]))


def _kind(error: Exception, sent: bool) -> str:
    if isinstance(error, TimeoutError):
        return "no answer" if sent else "not sent"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError):
        return "closed"
    return "malformed" if isinstance(error, h11.RemoteProtocolError) else "unreachable"


class _Pool:
    """Connections of one client: at most so many, each used by one request at a time."""

    def __init__(self, client: Client) -> None:
        self._place = (client.host, client.port)
        self._room = asyncio.Semaphore(client.connections)
        self._free: list[_Connection] = []
        self.opened = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[_Connection]:
        """A connection for one request; kept for the next if both sides allow it."""
        async with self._room:
            connection = self._kept() or await self._open()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if connection.next():
                self._free.append(connection)

    def close(self) -> None:
        for connection in self._free:
            connection.close()

    def _kept(self) -> _Connection | None:
        while self._free:
            connection = self._free.pop()
            if not connection.ended():
                return connection
            connection.close()
        return None

    async def _open(self) -> _Connection:
        made = _Connection(*await asyncio.open_connection(*self._place), host="{}:{}".format(*self._place))
        self.opened += 1
        return made


class _Connection:
    """One connection; h11 speaks HTTP/1.1, this moves the bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host
        self._http = h11.Connection(h11.CLIENT)

    async def ask(self, request: Request) -> int:
        """Send `request`, read its whole answer; returns the status. ConnectionError if the server hangs up."""
        self._writer.write(self._written(request))
        await self._writer.drain()
        status, data = 0, b"before the first"
        try:
            while not isinstance(event := self._http.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Response):
                    status = event.status_code
                elif event is h11.NEED_DATA:
                    data = await self._reader.read(1 << 16)
                    self._http.receive_data(data)
        except h11.RemoteProtocolError:
            if not data:
                raise ConnectionResetError("closed before the end of the answer") from None
            raise
        return status

    def _written(self, request: Request) -> bytes:
        length = [("Content-Length", str(len(request.body)))] if request.body else []
        headers = [("Host", self._host), *length, *request.headers]
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        events = [head, *([h11.Data(data=request.body)] if request.body else []), h11.EndOfMessage()]
        return b"".join(self._http.send(event) or b"" for event in events)

    def next(self) -> bool:
        """True if another request may follow; else it is closed."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            return True
        self.close()
        return False

    def ended(self) -> bool:
        """True if the server has closed it meanwhile."""
        return self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        self._writer.close()
