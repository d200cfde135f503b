"""An attack matrix against PostgreSQL's row-level security, on installations with something taken away from each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import metadata

import psycopg

from lab.evidence.result import Result
from lab.experiments.tenant_isolation.judge import Seen, metrics, observe, tables
from lab.experiments.tenant_isolation.measure import audited, faults, overhead, sequences
from lab.experiments.tenant_isolation.measure.attempts import Outcome, Trial
from lab.experiments.tenant_isolation.measure.place import Place, places, server
from lab.experiments.tenant_isolation.params import Params
from lab.experiments.tenant_isolation.workload.arms import CONTROLS, TREATMENT, Arm
from lab.experiments.tenant_isolation.workload.attacks import Attack, attacks
from lab.progress import steps
from lab.services.postgres import Postgres


def run(params: Params, arm: Arm = TREATMENT, rows: Sequence[Attack] | None = None) -> Result:
    """One installation, a reader's own too, under all attacks, or those of `rows`."""
    with server() as found, places(found, params, [arm]) as made:
        place = made[arm.name]
        seen = Seen(Trial(place).attempts(attacks() if rows is None else rows))
    return Result(params, observe(seen, arm.name), metrics(seen), tables(seen))


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The installation as it should be, with its audit, lint and times; and the controls under the same attacks."""
    rows = attacks()
    against = [row for row in rows if not row.gives and not row.open]
    with steps(6) as work, ExitStack() as stack:
        work.next("services")
        found = stack.enter_context(server())
        made = stack.enter_context(places(found, params, [TREATMENT, *CONTROLS]))
        place = made[TREATMENT.name]
        work.next("attacks")
        trial = Trial(place)
        outcomes = {TREATMENT.name: trial.attempts(rows)}
        audit = audited.audited(place, trial.history)
        work.next("controls")
        with ThreadPoolExecutor(2) as pool:  # nothing is timed here
            parts = pool.map(lambda arm: Trial(made[arm.name]).attempts(against), CONTROLS)
            outcomes |= dict(zip([arm.name for arm in CONTROLS], parts, strict=True))
        work.next("random sequences")
        random = sequences.sequences(place, params)
        work.next("lint")
        linted, explained = faults.linted(place), _explained(made)
        work.next("times")
        timed = stack.enter_context(overhead.timed(found))
        forms, planning = overhead.by_form(timed, params), overhead.by_partitions(timed, params)
        versions = _versions(found, place)
    everything = [one for part in outcomes.values() for one in part]
    seen = Seen(everything, audit, random, linted, explained, forms, planning)
    files = {"audit.html": audit.page}
    treatment = Result(params, observe(seen), metrics(seen), tables(seen), versions, files=files)
    return treatment, {arm.name: _control(params, arm, outcomes[arm.name]) for arm in CONTROLS}


def _control(params: Params, arm: Arm, outcomes: Sequence[Outcome]) -> Result:
    seen = Seen(outcomes)
    return Result(params, observe(seen, arm.name), metrics(seen), tables(seen))


def _explained(made: dict[str, Place]) -> dict[str, list[str]]:
    """Codes that the lint finds on each installation on which SQL is of interest."""
    return {
        name: sorted({finding.code for finding in faults.findings(place)})
        for name, place in made.items()
        if place.arm.sql and place.arm != TREATMENT
    }


def _versions(found: Postgres, place: Place) -> dict[str, str]:
    with psycopg.connect(found.dsn) as connection:
        row = connection.execute(
            "SELECT default_version FROM pg_available_extensions WHERE name = 'pgaudit'"
        ).fetchone()
    return {
        "PostgreSQL": found.version,
        "pgaudit": str(row[0]) if row else "unknown",
        "PgBouncer": place.pool.version,
        **{name: metadata.version(name) for name in ("fastapi", "pyjwt", "psycopg", "hypothesis")},
    }
