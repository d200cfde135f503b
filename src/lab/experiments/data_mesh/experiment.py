"""Three domains on one server: every change of the publisher's, a field's way out, and verification for many consumers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from lab.evidence.result import Result
from lab.experiments.data_mesh import judge
from lab.experiments.data_mesh.measure import census, timing
from lab.experiments.data_mesh.measure.history import history
from lab.experiments.data_mesh.measure.mesh import Mesh, attempts, mesh, roles
from lab.experiments.data_mesh.measure.seen import Seen
from lab.experiments.data_mesh.params import Params
from lab.experiments.data_mesh.workload.arms import ARMS, EXPECTATIONS, OWN, WHOLE, Arm
from lab.experiments.data_mesh.workload.changes import Change, changes, stratified
from lab.experiments.data_mesh.workload.domains import BASE
from lab.progress import steps
from lab.services import dbt as service
from lab.services import git
from lab.services.dbt import dbt
from lab.services.postgres import postgres
from lab.services.session import session


def run(params: Params, arm: Arm = EXPECTATIONS) -> Result:
    """One arm, a reader's own too, on every change."""
    with (
        tempfile.TemporaryDirectory(dir=session().folder) as name,
        _meshes(Path(name), params, 1) as (made, versions),
    ):
        unchanged, schema = census.unchanged(made[0], (arm,))
        found = [census.tried(made[0], change, schema, (arm,)) for change in chosen(params)]
        checked = [*unchanged, *(one for each, _ in found for one in each)]
    return judge.result(params, Seen(checked), arm.name, versions)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """All arms on the same changes, and what is measured beside them; two of the arms are the controls."""
    with steps(3) as work, tempfile.TemporaryDirectory(dir=session().folder) as name:
        work.next("services")
        with _meshes(Path(name), params, 2) as (made, versions):
            work.next("changes")
            seen = _lanes(made, chosen(params), Path(name))
            merges = [*seen.merges, census.unverified(made[0])]
            work.next("times")
            seen = replace(seen, merges=merges, timed=timing.by_consumers(made[0], params, Path(name)))
    treatment = judge.result(params, seen, EXPECTATIONS.name, versions)
    return treatment, {
        arm.name: judge.result(params, Seen(seen.checked), arm.name, {}) for arm in (OWN, WHOLE)
    }


def chosen(params: Params) -> list[Change]:
    """The changes of a run."""
    return stratified(changes(BASE), params.changes, params.seed)


@contextmanager
def _meshes(folder: Path, params: Params, count: int) -> Iterator[tuple[list[Mesh], dict[str, str]]]:
    """So many meshes on one server, each with a warm dbt, and versions of what is used."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        known = stack.enter_context(roles(server.dsn))
        # Started together, as each takes seconds to import.
        warm = [stack.enter_context(dbt()) for _ in range(count)]
        made = []
        for number, each in enumerate(warm):
            own = folder / str(number)
            own.mkdir()
            made.append(stack.enter_context(mesh(server.dsn, known, each, own, params.orders)))
        names = ("dbt-core", "dbt-postgres")
        versions = {"PostgreSQL": server.version, "git": git.version()}
        yield made, versions | {name: service.version(name) for name in names}


def _lanes(made: Sequence[Mesh], tried: Sequence[Change], folder: Path) -> Seen:
    """Side by side: attempts on the first mesh, the history on the last, and the changes on whichever is free."""
    left: SimpleQueue[tuple[int, Change]] = SimpleQueue()
    for place in enumerate(tried):
        left.put(place)
    found: dict[int, census.Found] = {}

    def lane(own: Mesh) -> Seen:
        before, schema = census.unchanged(own, ARMS)
        tried = attempts(own) if own is made[0] else []
        asked = history(own, folder / "history.db") if own is made[-1] else []
        while True:
            try:
                place, change = left.get_nowait()
            except Empty:
                return Seen(before, (), tried, asked)
            found[place] = census.tried(own, change, schema, ARMS)

    with ThreadPoolExecutor(len(made)) as pool:
        running = [pool.submit(lane, own) for own in made]
        try:
            for each in as_completed(running):
                each.result()
        except BaseException:  # Ctrl-C too: the pool would wait for the other lane's end
            for own in made:
                own.warm.kill()
            raise
    first, last = running[0].result(), running[-1].result()
    in_order = [found[place] for place in sorted(found)]
    checked = [*first.checked, *(one for each, _ in in_order for one in each)]
    return Seen(checked, [merge for _, merge in in_order], first.attempts, last.asked)
