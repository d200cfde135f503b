"""A field's way out, week by week: what the broker answers, beside what the oracle says of the same history."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lab.experiments.data_mesh import oracle
from lab.experiments.data_mesh.measure.mesh import Mesh
from lab.experiments.data_mesh.measure.seen import Asked
from lab.experiments.data_mesh.mechanism import (
    FOLDER,
    Break,
    Broker,
    Decision,
    Expectation,
    can_i_deploy,
    can_i_remove,
    read,
    verify,
)
from lab.experiments.data_mesh.oracle import Event, Pair
from lab.experiments.data_mesh.workload.domains import DATASET, PUBLISHER
from lab.experiments.data_mesh.workload.lifecycle import (
    CONSUMING,
    FIELD,
    PUBLISHED,
    STAYS,
    STEPS,
    SUCCESSOR,
    Step,
    day,
)


@dataclass(frozen=True)
class Pairs:
    """Each published version with each consumer's: what verification finds, and whether the consumer's own result is right."""

    needs: Mapping[tuple[str, str], Expectation]
    breaks: Mapping[Pair, list[Break]]
    right: Mapping[Pair, bool]


def history(made: Mesh, broker: Path) -> list[Asked]:
    """All steps, on a new broker."""
    return _Weeks(Broker(broker), pairs(made)).all()


def pairs(made: Mesh) -> Pairs:
    """Really built, really run. Afterwards the last version is what is published."""
    projects = {consumer: _project(made, *consumer) for consumer in CONSUMING}
    needs = {consumer: read(path / "expectations" / "orders.yml") for consumer, path in projects.items()}
    breaks: dict[Pair, list[Break]] = {}
    right: dict[Pair, bool] = {}
    for version, what in PUBLISHED.items():
        published = made.publish(what, f"Version {version}")
        made.grant(list(needs.values()))
        with made.connect(PUBLISHER) as connection:
            publication = made.publication(connection, published.commit)
            for consumer, stated in needs.items():
                breaks[(PUBLISHER, version), consumer] = verify(publication, stated)
        for consumer, project in projects.items():
            right[(PUBLISHER, version), consumer] = made.consume(consumer[0], project).right
    return Pairs(needs, breaks, right)


def _project(made: Mesh, consumer: str, version: str) -> Path:
    """The consumer's project; its second version is the first with the successor's name."""
    if version == "1":
        return made.folder / consumer
    folder = made.folder / f"{consumer}-{version}"
    shutil.copytree(FOLDER / consumer, folder)
    for path in (*folder.rglob("*.sql"), *folder.rglob("*.yml")):
        path.write_text(path.read_text().replace(FIELD, SUCCESSOR))
    return folder


@dataclass
class _Weeks:
    broker: Broker
    pairs: Pairs
    events: list[Event] = field(default_factory=list)
    announced: bool = False

    def all(self) -> list[Asked]:
        for version in PUBLISHED:
            self.broker.add(PUBLISHER, version)
        found = [self.taken(step) for step in STEPS]
        return [asked for asked in found if asked is not None]

    def taken(self, step: Step) -> Asked | None:
        what = (step.participant, step.version)
        if step.action == "verify":
            self.verified(what)
        elif step.action == "announce":
            self.broker.deprecate(PUBLISHER, DATASET, FIELD, day(STAYS))
            self.announced = True
        elif step.action == "retire":
            self.broker.retire(*what, step.environment)
            self.events.append(Event("retired", step.environment, what))
        elif step.action == "remove?":
            decision = can_i_remove(PUBLISHER, DATASET, FIELD, day(step.week), self.broker)
            return self.asked(
                replace(step, participant=PUBLISHER, environment=""), decision, self.may_go(step.week)
            )
        else:
            return self.deployed(step, what)
        return None

    def verified(self, what: tuple[str, str]) -> None:
        """Of a publisher's version what is needed; of a consumer's version against what is deployed anywhere."""
        if what in self.pairs.needs:
            self.broker.add(*what, [self.pairs.needs[what]])
            places = ("production", "staging")
            others = {
                one for place in places for one in oracle.there(self.events, place) if one[0] == PUBLISHER
            }
            found = [(other, what) for other in sorted(others)]
        else:
            wanted = [each.digest for each in self.broker.needed(what[0])]
            found = [(what, other) for other, need in self.pairs.needs.items() if need.digest in wanted]
        for publisher, consumer in found:
            self.broker.record(*publisher, self.pairs.needs[consumer], self.pairs.breaks[publisher, consumer])
            self.events.append(Event("verified", "", publisher, consumer))

    def deployed(self, step: Step, what: tuple[str, str]) -> Asked:
        if step.participant != PUBLISHER:
            self.broker.add(*what, [self.pairs.needs[what]])
        due = oracle.deployable(self.events, self.pairs.right, what, step.environment)
        if step.action == "ask":
            return self.asked(step, can_i_deploy(*what, step.environment, self.broker), due)
        beside = step.action == "beside"
        decision = self.broker.deploy(*what, step.environment, beside=beside)
        if decision:
            self.events.append(Event("deployed" if beside else "replaced", step.environment, what))
        return self.asked(step, decision, due)

    def may_go(self, week: int) -> bool:
        """Whether nothing that is deployed goes wrong without the field, and its time is over."""
        gone = (PUBLISHER, list(PUBLISHED)[-1])
        running = {one for place in ("production", "staging") for one in oracle.there(self.events, place)}
        harmed = [one for one in running if not self.pairs.right.get((gone, one), True)]
        return self.announced and week >= STAYS and not harmed

    def asked(self, step: Step, decision: Decision, due: bool) -> Asked:
        place = (step.participant, step.version, step.environment)
        return Asked(step.week, step.action, *place, decision.allowed, due, decision.reasons)
