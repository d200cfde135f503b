"""Updates and lookups together: four stream jobs, checks of what lookups give, and two loads."""

from __future__ import annotations

import json
import pickle
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from confluent_kafka.admin import AdminClient, NewTopic
from numpy.typing import NDArray

from lab.errors import ServiceError
from lab.experiments.feature_store.kit.features.online import Online
from lab.experiments.feature_store.kit.features.reconcile import Sample
from lab.experiments.feature_store.kit.features.registry import View
from lab.experiments.feature_store.kit.features.stream import ingest
from lab.experiments.feature_store.measure.offline import VIEW, Past
from lab.experiments.feature_store.measure.seen import BATCH, SINGLE, Live, Served
from lab.experiments.feature_store.measure.workers import Checker, Job, check, stream
from lab.experiments.feature_store.params import BATCH as BATCH_SIZE
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.popularity import names, shares
from lab.experiments.feature_store.workload.traffic import Generator, generate
from lab.load.gate import Gate
from lab.load.http import Answers, Request, load
from lab.load.schedule import poisson
from lab.services.kafka import kafka
from lab.services.redis import Redis, client, redis
from lab.services.webapp import WebApp, web_app
from lab.services.workers import Worker, spawn

PARTITIONS = 2
OK = 200
PUNCTUAL_S = 0.05


@dataclass(frozen=True)
class Bench:
    """Servers, stream jobs and the application, at work. spaces: of the keys of each arm; holds: s of each."""

    params: Params
    past: Past
    bootstrap: str
    topic: str
    redis: Redis
    app: WebApp
    folder: Path
    jobs: Sequence[Job]
    workers: Sequence[Worker]
    versions: dict[str, str]

    @property
    def view(self) -> View:
        return self.past.offline.registry.view(VIEW)

    def store(self) -> Online:
        """The treatment's online store."""
        return Online(self.redis.url, self.jobs[0].space)

    def load(self) -> None:
        """Bring the offline store up to date with the log."""
        ingest(self.bootstrap, self.topic, self.past.offline, VIEW)

    def end(self, jobs: Sequence[Job]) -> None:
        """Have these stream jobs leave what they saw."""
        for job in jobs:
            (self.folder / f"{job.name}.stop").touch()
        for job, worker in zip(self.jobs, self.workers, strict=True):
            if job in jobs:
                worker.join(30)


def now() -> datetime:
    """As the stores count: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def bench(params: Params, past: Past, folder: Path) -> Iterator[Bench]:
    """All at work for the block; keys and topic are taken away at its end, the servers may be somebody else's."""
    name = f"features-{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        broker, store = stack.enter_context(kafka(brokers=1)), stack.enter_context(redis())
        _create(broker.bootstrap, name)
        stack.callback(_leave, broker.bootstrap, store.url, name)
        holds = (0.0, *params.delays)
        jobs = [
            Job(f"job-{place}", broker.bootstrap, name, store.url, f"{name}-{place}", hold, folder)
            for place, hold in enumerate(holds)
        ]
        workers = [spawn(stream, job) for job in jobs]
        for worker in workers:
            stack.callback(worker.kill)
        _await_up(jobs, workers)
        rows = past.offline.latest(VIEW, now())
        for job in jobs:
            filled = Online(store.url, job.space)
            filled.refill(past.offline.registry.view(VIEW), rows)
            filled.ready(past.offline.registry.view(VIEW))
        told = {"REDIS_URL": store.url, "FEATURES_SPACE": jobs[0].space}
        app = stack.enter_context(
            web_app("lab.experiments.feature_store.kit.features.app:app", None, "/health", told)
        )
        versions = {"Apache Kafka": broker.version, "Redis": store.version, "uvicorn": app.version}
        yield Bench(params, past, broker.bootstrap, name, store, app, folder, jobs, workers, versions)


def _create(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    config = {"message.timestamp.type": "LogAppendTime"}
    for future in admin.create_topics([NewTopic(topic, PARTITIONS, config=config)]).values():
        future.result(timeout=30)


def _leave(bootstrap: str, url: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    for future in admin.delete_topics([name]).values():
        future.result(timeout=30)
    with client.Redis.from_url(url, socket_timeout=5) as connection:
        for key in connection.scan_iter(f"{name}-*", count=1_000):
            connection.unlink(key)


def _await_up(jobs: Sequence[Job], workers: Sequence[Worker]) -> None:
    deadline = time.monotonic() + 60
    while not all((job.folder / f"{job.name}.up").exists() for job in jobs):
        for worker in workers:
            worker.check()
        if time.monotonic() > deadline:
            raise ServiceError("the stream jobs did not reach the topic's end in 60 s")
        time.sleep(0.02)


@dataclass(frozen=True)
class Running:
    """Updates that are being sent. start_ns: monotonic."""

    generator: Worker
    checker: Worker
    start_ns: int


@contextmanager
def traffic(bench: Bench) -> Iterator[Running]:
    """Updates for the block, until their plan is through, and checks for their own time."""
    params, folder = bench.params, bench.folder
    spaces = [job.space for job in bench.jobs]
    generator = spawn(generate, Generator(bench.bootstrap, bench.topic, params, folder))
    checker = spawn(check, Checker(params, bench.app.url, bench.redis.url, spaces, folder))
    try:
        gate = Gate(folder)
        gate.await_all(["generator", "checker"])
        yield Running(generator, checker, gate.open())
        generator.join(params.seconds + params.after + 60)
    finally:
        for worker in (generator, checker):
            worker.kill()


def lookups(bench: Bench, running: Running) -> tuple[list[Served], list[tuple[int, int, Sample]]]:
    """Both loads while updates and checks run; what each gave."""
    params, url = bench.params, bench.app.url
    seconds = params.seconds - 0.5  # within the time of the checks, whose clock runs already
    with (
        load(
            url, _singles(params), poisson(params.lookups, seconds, params.seed + 1), connections=256
        ) as one,
        load(
            url, _batches(params), poisson(params.batches, seconds, params.seed + 2), connections=64
        ) as many,
    ):
        served = [_served(SINGLE, one.answers()), _served(BATCH, many.answers())]
    running.checker.join(params.seconds + 60)
    return served, pickle.loads((bench.folder / "checks.pickle").read_bytes())


def _singles(params: Params) -> list[Request]:
    return [Request(f"/features/{VIEW}/{entity}") for entity in _drawn(params, 2_000)]


def _batches(params: Params) -> list[Request]:
    drawn = _drawn(params, 50 * BATCH_SIZE)
    parts = [drawn[first : first + BATCH_SIZE] for first in range(0, len(drawn), BATCH_SIZE)]
    head = (("Content-Type", "application/json"),)
    return [
        Request(f"/features/{VIEW}", "POST", json.dumps({"entities": part}).encode(), head) for part in parts
    ]


def _drawn(params: Params, size: int) -> list[str]:
    random = np.random.default_rng([params.seed, 4])
    return [str(name) for name in random.choice(names(params), size, p=shares(params))]


def _served(kind: str, answers: Answers) -> Served:
    total = len(answers.outcomes)
    answered = answers.statuses.get(OK, 0) / total
    return Served(kind, answers.latency([OK]), answers.punctual(PUNCTUAL_S), answered, total)


def live(bench: Bench, served: Sequence[Served], checks: pd.DataFrame, until: datetime) -> Live:
    """All of that, with the delays that the stream jobs saw up to then; they have ended."""
    jobs, until_us = bench.jobs, int(np.datetime64(until, "us").astype(np.int64))
    kept = {job.name: np.load(bench.folder / f"{job.name}.npz") for job in jobs}
    lateness = np.load(bench.folder / "lateness-ns.npy")
    return Live(
        checks,
        {name: _delays_s(each, until_us) for name, each in kept.items()},
        {name: int((~each["written"].astype(bool)).sum()) for name, each in kept.items()},
        served,
        float(np.mean(lateness <= PUNCTUAL_S * 1e9)),
        checks["instant"].nunique()
        / round(bench.params.checks * (bench.params.seconds - bench.params.settled)),
    )


def _delays_s(kept: Mapping[str, NDArray[Any]], until_us: int) -> list[float]:
    """Of updates that were written and known before `until_us`: what a crash delays later is none of the stream job's."""
    chosen = kept["written"].astype(bool) & (kept["known_us"] < until_us)
    return ((kept["applied_us"] - kept["known_us"])[chosen] / 1e6).tolist()
