"""Redis killed while updates run, filled again from the offline store; then everything at rest."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pandas as pd
import pyarrow.parquet as pq

from lab.errors import NotAvailableError
from lab.experiments.feature_store.kit.features.online import Online
from lab.experiments.feature_store.kit.features.registry import View
from lab.experiments.feature_store.kit.features.stream import replay
from lab.experiments.feature_store.measure.checks import Truth
from lab.experiments.feature_store.measure.live import Bench, now
from lab.experiments.feature_store.measure.offline import VIEW
from lab.experiments.feature_store.measure.seen import Log, Outage, Rest
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.naive import last_write_wins
from lab.experiments.feature_store.workload.popularity import UNKNOWN, ageing, names
from lab.experiments.feature_store.workload.traffic import plan
from lab.services.redis import client

_EVERY_S, _SETTLE_S = 0.01, 5.0


def outage(bench: Bench) -> Outage | None:
    """SIGKILL, start, load what the log has, refill, ready. None where Redis' process is out of reach."""
    with _probing(bench) as probes:
        time.sleep(0.2)
        killed = time.monotonic()
        try:
            bench.redis.node.kill()
        except NotAvailableError:
            return None
        time.sleep(0.3)  # so that the stream job and the application both meet a dead server
        bench.redis.node.start()
        started = time.monotonic()
        empty = _memory(bench)
        # Up to the log's end: what a stream job wrote before the kill, and will not write again, is in it.
        bench.load()
        loaded = time.monotonic()
        store = bench.store()
        entities = store.refill(bench.view, bench.past.offline.latest(VIEW, now()))
        store.ready(bench.view)
        back = time.monotonic()
        used = _memory(bench)
        time.sleep(0.5)
    table = pd.DataFrame(probes, columns=["moment", "status", "empty"])
    table["seconds"] = table.pop("moment") - killed
    return Outage(
        table,
        back - killed,
        started - killed,
        loaded - started,
        back - loaded,
        entities,
        (used - empty) / entities,
    )


def _memory(bench: Bench) -> int:
    with client.Redis.from_url(bench.redis.url, socket_timeout=5) as connection:
        return int(connection.info("memory")["used_memory"])


@contextmanager
def _probing(bench: Bench) -> Iterator[list[tuple[float, int, bool]]]:
    """Lookups of entities that have features, one after the other, while the block runs: moment, status, said nothing."""
    found: list[tuple[float, int, bool]] = []
    done = threading.Event()
    thread = threading.Thread(target=_probe, args=(bench.params, bench.app.url, done, found))
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def _probe(params: Params, url: str, done: threading.Event, found: list[tuple[float, int, bool]]) -> None:
    place, drawn, known = urlsplit(url), random.Random(params.seed), names(params)
    while not done.is_set():
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
        try:
            connection.request("GET", f"/features/{VIEW}/{drawn.choice(known)}")
            answer = connection.getresponse()
            body = json.load(answer)
            said = answer.status == 200 and body["features"] == [None]
            found.append((time.monotonic(), answer.status, said))
        except (OSError, http.client.HTTPException):
            found.append((time.monotonic(), 0, False))
        finally:
            connection.close()
        time.sleep(_EVERY_S)


def rest(bench: Bench) -> tuple[Rest, Rest]:
    """Treatment and control when all updates are through; the treatment after one more replay of the whole log."""
    bench.load()
    truth, begun = Truth(bench), time.perf_counter()
    applied = replay(bench.bootstrap, bench.topic, bench.store(), bench.view)
    rate = applied / (time.perf_counter() - begun)
    deadline = time.monotonic() + _SETTLE_S
    while (treated := _rest(bench, truth, bench.store(), bench.view)).differing:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    naive, view = last_write_wins(bench.redis.url, f"{bench.jobs[0].space}-naive", bench.view)
    naive.refill(view, bench.past.offline.latest(VIEW, bench.past.end))
    replay(bench.bootstrap, bench.topic, naive, view)
    naive.ready(view)
    return replace(treated, applied_per_s=rate), _rest(bench, truth, naive, view)


def _rest(bench: Bench, truth: Truth, store: Online, view: View) -> Rest:
    asked = [*names(bench.params), *ageing(), UNKNOWN]
    answer = store.read(view, asked)
    pairs = zip(asked, answer.found, strict=True)
    wrong = [entity for entity, given in pairs if truth.differs(entity, answer.at, given)]
    old = set(ageing())
    return Rest(len(asked), wrong, sum(entity in old for entity in wrong))


def log(bench: Bench) -> Log:
    """How often each update that was sent is offline."""
    _, sent = plan(bench.params)
    expected = Counter(message.id for message in sent)
    found: Counter[str] = Counter()
    for path in (bench.past.offline.folder / VIEW).glob("p*.parquet"):
        found.update(pq.read_table(path, columns=["event_id"])["event_id"].to_pylist())
    wrong = sum(abs(expected[id] - found[id]) for id in expected | found)
    return Log(len(sent), wrong)
