"""An open-loop HTTP load: requests on a schedule that was fixed beforehand, from processes of their own.

A request's latency counts from the moment at which it was due, not from the one at which it could be sent: while a
server stalls, its users wait too (Tene 2013).
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import numpy as np
from hdrh.histogram import HdrHistogram

from lab.load.gate import Gate
from lab.load.histogram import histogram
from lab.load.httpclient import MOST_CONNECTIONS, Client, Outcomes, Request, work
from lab.load.openloop import share
from lab.load.schedule import SECOND, Nanoseconds
from lab.services.session import session
from lab.services.workers import Worker, spawn

__all__ = ["Answers", "Load", "Request", "load"]

_WIND_UP_S = 60


@dataclass(frozen=True)
class Answers:
    """What became of every request. outcomes: OUTCOME of `lab.load.httpclient`, in the order of due times.

    start_ns: monotonic, of the schedule. connections: how many were opened.
    """

    outcomes: Outcomes
    start_ns: int
    connections: int

    @property
    def statuses(self) -> dict[int, int]:
        """How many answers had each status."""
        answered = self.outcomes["status"][self.outcomes["status"] > 0]
        return dict(Counter(answered.tolist()))

    @property
    def errors(self) -> dict[str, int]:
        """How many requests had no answer, by kind.

        not sent: no connection was free before its time was out; no answer: not in time; refused; closed: by the
        server before its answer was whole (or just as an idle connection was used again); malformed: not HTTP;
        unreachable.
        """
        failed = self.outcomes["error"][self.outcomes["error"] != ""]
        return dict(Counter(failed.tolist()))

    def latency(self, statuses: Container[int] = range(200, 400)) -> HdrHistogram:
        """From due to the end of the answer, of answers with these statuses. What has no answer is not in it."""
        chosen = self.outcomes[[status in statuses for status in self.outcomes["status"].tolist()]]
        return histogram(chosen["done_ns"] - chosen["due_ns"])

    def punctual(self, within_s: float = 0.01) -> float:
        """Achieved by offered load: the share of requests that were sent at most `within_s` after they were due."""
        late_ns = self.outcomes["sent_ns"] - self.outcomes["due_ns"]
        return float(np.mean((self.outcomes["sent_ns"] > 0) & (late_ns <= within_s * SECOND)))


@dataclass(frozen=True)
class Load:
    """A load that is being sent. start_ns: monotonic, of its schedule."""

    start_ns: int
    _clients: Sequence[Client]
    _workers: Sequence[Worker]
    _end_s: float

    def answers(self) -> Answers:
        """Wait until the last request has its answer or is given up. WorkerError if a client failed."""
        for worker in self._workers:
            worker.join(max(0.0, self._end_s - time.monotonic()) + _WIND_UP_S)
        parts = [np.load(client.folder / f"{client.name}.npy") for client in self._clients]
        opened = [int((client.folder / f"{client.name}.connections").read_text()) for client in self._clients]
        together = np.concatenate(parts)
        order = np.argsort(together["due_ns"], kind="stable")
        return Answers(together[order], self.start_ns, sum(opened))


@contextmanager
def load(
    url: str,
    requests: Sequence[Request],
    due_ns: Nanoseconds,
    clients: int = 1,
    connections: int = 64,
    timeout_s: float = 10,
) -> Iterator[Load]:
    """Begin to send to `url` (http://host:port); request i is due at `due_ns[i]` and is `requests[i % len(requests)]`.

    clients: processes that share the requests. connections: most at a time, of all clients together. timeout_s: a
    request without an answer is given up so long after it was due. What is still being sent when the block ends is
    broken off. ValueError for what can't be sent.
    """
    whole = _whole(url, requests, due_ns, connections, timeout_s)
    made = [_part(whole, number, clients) for number in range(clients)]
    workers = [spawn(work, client) for client in made]
    try:
        start_ns = _start(Gate(whole.folder), made, workers)
        yield Load(start_ns, made, workers, (start_ns + int(due_ns[-1])) / SECOND + timeout_s)
    finally:
        for worker in workers:
            worker.kill()


def _whole(
    url: str, requests: Sequence[Request], due_ns: Nanoseconds, connections: int, timeout_s: float
) -> Client:
    """The whole load as that of one client, with a folder for what clients leave. ValueError if it can't be sent."""
    place = urlsplit(url)
    if place.scheme != "http" or not place.hostname or place.path.strip("/"):
        raise ValueError(f"{url}: give the server as http://host:port; paths belong to the requests")
    if not (len(requests) and len(due_ns)):
        raise ValueError("a load needs at least one request and one due time")
    folder = session().folder / f"http-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    return Client("all", place.hostname, place.port or 80, requests, due_ns, connections, timeout_s, folder)


def _part(whole: Client, number: int, clients: int) -> Client:
    """What client `number` of so many sends: every so-many-th request. ValueError for too many connections, or none."""
    connections = whole.connections // clients
    if not 1 <= connections <= MOST_CONNECTIONS:
        raise ValueError(f"a client has 1 to {MOST_CONNECTIONS} connections, not {connections}")
    own = share(len(whole.due_ns), number, clients)
    requests = [whole.requests[index % len(whole.requests)] for index in range(len(whole.due_ns))[own]]
    return replace(
        whole, name=f"client-{number}", requests=requests, due_ns=whole.due_ns[own], connections=connections
    )


def _start(gate: Gate, clients: Sequence[Client], workers: Sequence[Worker]) -> int:
    """Open the gate once all clients are there. WorkerError if one of them failed before."""
    try:
        gate.await_all([client.name for client in clients])
    except TimeoutError:
        for worker in workers:
            worker.check()
        raise
    return gate.open()
