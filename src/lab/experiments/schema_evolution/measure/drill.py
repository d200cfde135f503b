"""A bad deploy and its roll-back, timed from outside: by what producers and consumers have written, not by what they say.

The bad version renames a field without an alias. Two applications read the orders, written for the latest version and
for the one before. The plan is the kit's ROLLBACK.md; here a program follows it, so that no time for thinking is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from confluent_kafka import Consumer, Producer

from lab.errors import ServiceError
from lab.experiments.schema_evolution.measure.roles import PATIENCE_S, Application, Release
from lab.experiments.schema_evolution.measure.topic import make_topics, own
from lab.experiments.schema_evolution.mechanism.consumer import (
    Event,
    Place,
    consume,
    frame,
    repaired,
    unframe,
)
from lab.experiments.schema_evolution.oracle.binary import plan
from lab.experiments.schema_evolution.oracle.resolution import resolve, same
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.orders import BAD, EXPLAINED, history
from lab.experiments.schema_evolution.workload.producer import Deploy, Sent, produce
from lab.services.schemaregistry import Registry
from lab.services.session import session
from lab.services.workers import Worker, spawn

POLICIES = ("halt", "dead letter")
SETTLED_S = 0.5  # an order that was sent longer ago than this must have been read by a healthy consumer
ENOUGH = 20  # orders that each consumer has read before the bad deploy


def drill(params: Params, bootstrap: str, registry: Registry, policy: str, number: int) -> dict[str, Any]:
    """One drill: seconds from the bad deploy to each stage, and what became of every order."""
    with ExitStack() as stack:
        scene = _Scene(params, bootstrap, registry, own(f"{policy.replace(' ', '-')}-{number}"), stack)
        scene.start(policy)
        begin = time.monotonic()
        scene.deploy("bad")
        scene.until(lambda: all(one.stuck for one in scene.applications), "no consumer met a bad order")
        detected = min(one.stuck[0].at for one in scene.applications) - begin
        time.sleep(max(0.0, begin + params.bad_s - time.monotonic()))
        rolled = time.monotonic()
        scene.deploy("good")
        if policy == "halt":
            scene.restart_consumers()
        scene.until(scene.healthy, "consumers did not become healthy")
        healthy = time.monotonic() - begin
        scene.repair()
        scene.until(scene.complete, "repaired orders were not read")
        done = time.monotonic() - begin
        scene.releases[-1].stop()
        scene.until(scene.complete, "the last orders were not read")
        times = {"detected": detected, "rolled_back": rolled - begin, "healthy": healthy, "repaired": done}
        return {"policy": policy, "drill": number} | times | scene.account()


class _Scene:
    """Topic, releases and applications of one drill."""

    def __init__(
        self, params: Params, bootstrap: str, registry: Registry, name: str, stack: ExitStack
    ) -> None:
        self.params, self.bootstrap, self.registry, self.name, self.stack = (
            params,
            bootstrap,
            registry,
            name,
            stack,
        )
        self.schemas = {"good": history()[-1], "bad": BAD(history()[-1])}
        self.explained = EXPLAINED(history()[-1])
        self.topic = f"orders-{name}"
        self.releases: list[Release] = []
        self.applications: list[Application] = []

    def start(self, policy: str) -> None:
        groups = [f"{group}-{self.name}" for group in ("billing", "shipping")]
        more = [f"{group}-{kind}" for group in groups for kind in ("dead", "retry")]
        make_topics(self.bootstrap, self.topic, *more, partitions=2)
        self.registry.register(f"{self.topic}-value", self.schemas["good"])
        self.registry.set_level(
            "NONE", f"{self.topic}-value"
        )  # the gate is open, or there was nothing to roll back
        for group, schema in zip(groups, (history()[-1], history()[-2]), strict=True):
            dead = f"{group}-dead" if policy == "dead letter" else ""
            place = Place(self.bootstrap, self.registry.url, (self.topic, f"{group}-retry"), group, dead)
            out = session().folder / f"{group}.events"
            self.applications.append(
                Application(place, schema, out, self._spawn(consume, place, schema, out))
            )
        self.deploy("good")
        self.until(
            lambda: all(len(one.read) >= ENOUGH for one in self.applications), "consumers did not start"
        )

    def deploy(self, version: str) -> None:
        """Put a producer of that version in the place of the one that runs."""
        number = len(self.releases)
        deploy = Deploy(
            f"{version}{number}",
            self.bootstrap,
            self.registry.url,
            self.topic,
            self.schemas[version],
            self.params.rate,
            self.params.seed + number,
        )
        sent = session().folder / f"{self.name}-{number}.sent"
        if self.releases:
            self.releases[-1].stop()
        self.releases.append(Release(deploy, sent, self._spawn(produce, deploy, sent)))

    def restart_consumers(self) -> None:
        """Stop the halted consumers and start them with a place for what they can't read."""
        for one in self.applications:
            one.worker.terminate()
        for one in self.applications:
            one.worker.join(PATIENCE_S)
            place = one.place
            one.place = Place(
                place.bootstrap, place.registry, place.topics, place.group, f"{place.group}-dead"
            )
            one.worker = self._spawn(consume, one.place, one.schema, one.out)

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Look every few milliseconds; ServiceError if it never holds."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            for release in self.releases:
                release.look()
            for one in self.applications:
                one.look()
            if holds():
                return
            if time.monotonic() > deadline:
                raise ServiceError(f"drill {self.name}: {otherwise} within {PATIENCE_S} s")
            time.sleep(0.02)

    def healthy(self) -> bool:
        """Every consumer has read all good orders but the very latest, some of the last release among them."""
        now = time.monotonic()
        good = [
            one
            for release in self.releases
            if release.deploy.schema is self.schemas["good"]
            for one in release.sent
        ]
        wanted = {one.identity for one in good if one.at < now - SETTLED_S}
        last = {one.identity for one in self.releases[-1].sent}
        return all(wanted <= one.read and last & one.read for one in self.applications)

    def repair(self) -> None:
        """Write the dead letters of each application again, for this application alone."""
        number = self.registry.register(f"{self.topic}-value", self.schemas["good"])
        bad = self.registry.register(f"{self.topic}-value", self.schemas["bad"])
        producer = Producer({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for one in self.applications:
            for key, raw in self._letters(one):
                identity, payload = unframe(raw)
                if identity != bad:
                    raise ServiceError(f"a dead letter with schema {identity}, not {bad}")
                again = repaired(payload, self.schemas["bad"], self.explained, self.schemas["good"])
                producer.produce(f"{one.place.group}-retry", frame(number, again), key)
        if producer.flush(30):
            raise ServiceError("Kafka has not taken all repaired orders")

    def _letters(self, one: Application) -> list[tuple[bytes, bytes]]:
        settings = {
            "bootstrap.servers": self.bootstrap,
            "group.id": f"{one.place.group}-repair",
            "log_level": 0,
        }
        consumer = Consumer(settings | {"auto.offset.reset": "earliest", "enable.auto.commit": False})
        consumer.subscribe([one.place.dead])
        expected = sum(
            len(release.sent) for release in self.releases if release.deploy.schema is self.schemas["bad"]
        )
        found: dict[bytes, bytes] = {}
        deadline = time.monotonic() + PATIENCE_S
        while len(found) < expected and time.monotonic() < deadline:
            for message in consumer.consume(500, 0.05):
                if not message.error():
                    found[message.key() or b""] = message.value() or b""
        consumer.close()
        return list(found.items())

    def complete(self) -> bool:
        """Every consumer has read every order of every release."""
        now = time.monotonic()
        wanted = {
            one.identity for release in self.releases for one in release.sent if one.at < now - SETTLED_S
        }
        return all(wanted <= one.read for one in self.applications)

    def account(self) -> dict[str, Any]:
        """Orders that were lost, read twice or with a wrong value, and how late the latest good one was."""
        sent = {one.identity: (one, release) for release in self.releases for one in release.sent}
        lost = doubled = wrong = 0
        late = 0.0
        for application in self.applications:
            seen: dict[str, int] = {}
            for event in (event for event in application.events if event.kind == "order"):
                seen[event.identity] = seen.get(event.identity, 0) + 1
                one, release = sent[event.identity]
                wrong += not self._right(event, one, release, application.schema)
                if release.deploy.schema is self.schemas["good"]:
                    late = max(late, event.at - one.due)
            lost += len(sent.keys() - seen.keys())
            doubled += sum(count - 1 for count in seen.values())
        bad = sum(
            len(release.sent) for release in self.releases if release.deploy.schema is self.schemas["bad"]
        )
        return {
            "orders": len(sent),
            "bad_orders": bad,
            "lost": lost,
            "doubled": doubled,
            "wrong": wrong,
            "latest_s": late,
        }

    def _right(self, event: Event, one: Sent, release: Release, schema: Any) -> bool:
        """A bad order is right if it is what the same order would have been without the rename."""
        bad = release.deploy.schema is self.schemas["bad"]
        value = (
            {("client" if key == "buyer" else key): item for key, item in one.value.items()}
            if bad
            else one.value
        )
        return same(event.value, resolve(value, plan(self.schemas["good"]), plan(schema)).value)

    def _spawn(self, target: Callable[..., Any], *arguments: Any) -> Worker:
        worker = spawn(target, *arguments)
        self.stack.callback(worker.kill)
        return worker
