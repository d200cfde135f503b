"""Every change: committed, built, verified, merged or not; and each consumer's own project run on it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from lab.experiments.data_mesh.measure.mesh import Mesh, Published, deploy
from lab.experiments.data_mesh.measure.seen import Checked, Merge
from lab.experiments.data_mesh.mechanism import Break, columns, expectation, verify
from lab.experiments.data_mesh.workload.arms import Arm, Context
from lab.experiments.data_mesh.workload.changes import Change
from lab.experiments.data_mesh.workload.domains import BASE, CONSUMERS, DATASET, PUBLISHER

Found = tuple[list[Checked], Merge]


def unchanged(made: Mesh, arms: Sequence[Arm]) -> tuple[list[Checked], Mapping[str, str]]:
    """All domains deployed as they were before any change: what is seen of that, and the schema that is published."""
    deploy(made)
    with made.connect() as connection:
        schema = columns(made.publication(connection, ""), DATASET)
    base = Published(made.clone.git("rev-parse", "HEAD").strip(), (), 0.0)
    return _checked(made, None, base, Context(schema), arms), schema


def tried(made: Mesh, change: Change, schema: Mapping[str, str], arms: Sequence[Arm]) -> Found:
    """A change from commit to merge. What is verified is recorded as of the commit; the hook asks for nothing else."""
    published = made.publish(change.version, change.name)
    made.broker.add(PUBLISHER, published.commit)
    checked = _checked(made, change, published, Context(schema, published.failing), arms)
    pushed = made.clone.push()
    return checked, Merge(
        change, published.commit, pushed.accepted, pushed.lines, published.seconds, pushed.seconds
    )


def unverified(made: Mesh) -> Merge:
    """A commit that changes nothing, and of which nothing is recorded but that it is there."""
    made.clone.git("reset", "--quiet", "--hard", "origin/main")
    commit = made.clone.commit(BASE.files(), "Not verified")
    made.broker.add(PUBLISHER, commit)
    pushed = made.clone.push()
    return Merge(None, commit, pushed.accepted, pushed.lines, 0.0, pushed.seconds)


def _checked(
    made: Mesh, change: Change | None, published: Published, context: Context, arms: Iterable[Arm]
) -> list[Checked]:
    found = []
    with made.connect(PUBLISHER) as connection:
        publication = made.publication(connection, published.commit)
        for consumer in CONSUMERS:
            stated = expectation(consumer)
            started = time.perf_counter()
            breaks: Sequence[Break] = verify(publication, stated)
            seconds = time.perf_counter() - started
            made.broker.record(PUBLISHER, published.commit, stated, breaks)
            noticed = {arm.name: tuple(arm.notice(publication, stated, context)) for arm in arms}
            found.append((consumer, noticed, seconds))
    return [
        Checked(change, consumer, made.consume(consumer), noticed, seconds)
        for consumer, noticed, seconds in found
    ]
