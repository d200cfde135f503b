"""Three domains on one server: every change of the publisher's, a field's way out, and verification for many consumers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from lab.evidence.result import Result
from lab.experiments.data_mesh import judge
from lab.experiments.data_mesh.measure import census, timing
from lab.experiments.data_mesh.measure.history import history
from lab.experiments.data_mesh.measure.mesh import Mesh, attempts, mesh, roles
from lab.experiments.data_mesh.measure.seen import Asked, Seen
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
            unchanged, schema = census.unchanged(made[0], ARMS)
            census.unchanged(made[1], ())
            tried = attempts(made[0])
            asked, found = _lanes(made, chosen(params), schema, Path(name))
            merges = [*(merge for _, merge in found), census.unverified(made[0])]
            work.next("times")
            timed = timing.by_consumers(made[0], params, Path(name))
    checked = [*unchanged, *(one for each, _ in found for one in each)]
    seen = Seen(checked, merges, tried, asked, timed)
    treatment = judge.result(params, seen, EXPECTATIONS.name, versions)
    return treatment, {arm.name: judge.result(params, Seen(checked), arm.name, {}) for arm in (OWN, WHOLE)}


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


def _lanes(
    made: Sequence[Mesh], tried: Sequence[Change], schema: Mapping[str, str], folder: Path
) -> tuple[list[Asked], list[census.Found]]:
    """The history on one mesh, and the changes on whichever is free; these in the order of `tried`."""
    left: SimpleQueue[tuple[int, Change]] = SimpleQueue()
    for place in enumerate(tried):
        left.put(place)
    asked: list[Asked] = []
    found: dict[int, census.Found] = {}

    def lane(own: Mesh, first: bool) -> None:
        if first:
            asked.extend(history(own, folder / "history.db"))
        while True:
            try:
                place, change = left.get_nowait()
            except Empty:
                break
            found[place] = census.tried(own, change, schema, ARMS)

    with ThreadPoolExecutor(len(made)) as pool:
        running = [pool.submit(lane, own, own is made[-1]) for own in made]
        try:
            for each in as_completed(running):
                each.result()
        except BaseException:  # Ctrl-C too: the pool would wait for the other lane's end
            for own in made:
                own.warm.kill()
            raise
    return asked, [found[place] for place in range(len(tried))]
