"""The cache on a real Redis: requests on a schedule while it is empty, filled, killed, back, frozen and back again."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from lab.errors import NotAvailableError
from lab.experiments.cold_start.measure.evaluation import Learnt, held_out
from lab.experiments.cold_start.measure.seen import Phase
from lab.experiments.cold_start.mechanism import STRATEGIES, FeatureCache, Strategy
from lab.experiments.cold_start.params import Params
from lab.experiments.cold_start.workload.arms import RECOMMENDED, Client
from lab.experiments.cold_start.workload.cohort import History
from lab.faults.process import crash, hang
from lab.load.openloop import drive, settle
from lab.load.schedule import poisson
from lab.services.redis import Redis

THREADS = 8  # of the service that asks: as many requests at a time
KNOWN = 5  # interactions of each user in the store
LATE_NS = 20_000_000
OUTAGES = ("killed", "frozen")
AFTER = {"killed": "after the kill", "frozen": "after the freeze"}


@dataclass(frozen=True)
class Users:
    """Who asks: attributes and stored history by user, and the features that are due."""

    attributes: dict[int, dict[str, object]]
    store: dict[int, History]
    strategy: Strategy

    def compute(self, user: int) -> np.ndarray:
        """The miss path: read the history, apply the strategy."""
        return self.strategy(self.attributes[user], self.store[user])

    def default(self, attributes: dict[str, object]) -> np.ndarray:
        """Without a store: what travels with the request."""
        return self.strategy(attributes, ())


def users(known: Learnt) -> Users:
    """A fold's cold users, whom the strategy was not learnt from."""
    shown = held_out(known).shown
    return Users(
        {user: known.data.attributes[user] for user in shown},
        {user: history[:KNOWN] for user, history in shown.items()},
        STRATEGIES[RECOMMENDED](known.population),
    )


def measure(
    params: Params, who: Users, server: Redis, clients: Sequence[Client], next_step: Callable[[str], None]
) -> list[Phase]:
    """All phases with the first client; with the others those in which Redis is gone."""
    found = []
    for client in clients:
        next_step(client.name)
        with _bench(params, who, server, client) as bench:
            if client is clients[0]:
                found += [bench.phase("empty"), *bench.filled()]
            for name in OUTAGES:
                try:
                    found.append(bench.phase(name, {"killed": crash, "frozen": hang}[name](server.node)))
                except NotAvailableError:
                    continue  # an attached Redis is not ours to kill: the criteria say that they saw nothing
                if client is clients[0]:
                    found.append(bench.phase(AFTER[name]))
    return found


@contextmanager
def _bench(params: Params, who: Users, server: Redis, client: Client) -> Iterator[_Bench]:
    connection = client.connect(server.url)
    size = len(who.default(next(iter(who.attributes.values()))))
    cache = FeatureCache(
        connection,
        lambda user, _: who.compute(user),  # type: ignore[arg-type]
        who.default,  # type: ignore[arg-type]
        size,
        version=uuid.uuid4().hex[:8],
        rest_s=client.rest_s,
    )
    try:
        yield _Bench(params, who, client, cache)
    finally:
        # It may be somebody else's server: what was put there goes.
        connection.delete(*map(cache.key, who.attributes))
        connection.close()


@dataclass(frozen=True)
class _Bench:
    """One client's cache under load."""

    params: Params
    who: Users
    client: Client
    cache: FeatureCache

    def filled(self) -> list[Phase]:
        for user, attributes in self.who.attributes.items():
            self.cache.get(user, attributes)
        return [self.phase("filled")]

    def phase(self, name: str, fault: AbstractContextManager[None] | None = None) -> Phase:
        """One window of requests, under a fault; what is still unanswered when the fault is healed is waited for."""
        params = self.params
        due = poisson(params.rate, params.seconds, params.seed)
        chosen = np.random.default_rng(params.seed).choice(list(self.who.attributes), len(due))
        asked: list[Future[tuple[int, str, bool]]] = []
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda _: time.sleep(0.002), range(THREADS)))  # threads are there before the start
            with fault or nullcontext():
                settle()
                start = time.monotonic_ns() + 20_000_000

                def send(first: int, end: int) -> int:
                    asked.extend(
                        pool.submit(self._ask, int(user), start + int(at))
                        for user, at in zip(chosen[first:end], due[first:end], strict=True)
                    )
                    return end - first

                punctual = drive(due, start, send)
                time.sleep(0.02)
            answers = [each.result() for each in asked]
        return Phase(
            self.client.name,
            name,
            np.array([waited / 1e6 for waited, _, _ in answers]),
            dict(Counter(source for _, source, _ in answers)),
            sum(not right for _, _, right in answers) + len(due) - len(answers),
            float((punctual.lateness_ns <= LATE_NS).mean()),
        )

    def _ask(self, user: int, intended_ns: int) -> tuple[int, str, bool]:
        """(time since it was due, where the answer is from, whether it is what is due)."""
        attributes = self.who.attributes[user]
        served = self.cache.get(user, attributes)
        waited = time.monotonic_ns() - intended_ns
        due = self.who.default(attributes) if served.source == "default" else self.who.compute(user)
        return waited, served.source, bool(np.array_equal(served.features, due))
