"""Faults put into an installation that has none, one at a time, and what the lint says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from lab.experiments.tenant_isolation.measure.place import Place, filled
from lab.experiments.tenant_isolation.mechanism import Finding, lint
from lab.experiments.tenant_isolation.workload.arms import FAULTS


@dataclass(frozen=True)
class Linted:
    """clean: findings before. missed: faults whose rule said nothing."""

    clean: Sequence[Finding]
    missed: tuple[str, ...]
    tried: int


def linted(place: Place) -> Linted:
    """Every fault of `FAULTS` in a transaction that is rolled back. Logins of other installations are not looked at."""
    with place.admin() as connection:
        others = _others(connection, place)
        clean = lint(connection, operators=others)
        missed = []
        for code, statements in FAULTS:
            with connection.transaction(force_rollback=True):
                connection.execute(filled(statements, place, new=f"{place.owner}_new"))
                found = {finding.code for finding in lint(connection, operators=others)}
            if code not in found:
                missed.append(f"{code}: {statements}")
    return Linted(clean, tuple(missed), len(FAULTS))


def findings(place: Place) -> list[Finding]:
    """What the lint says of an installation as it is."""
    with place.admin() as connection:
        return lint(connection, operators=_others(connection, place))


def _others(connection: psycopg.Connection, place: Place) -> list[str]:
    own = [*place.logins.values(), place.service, place.auditor]
    query = "SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND rolname <> ALL (%s)"
    return [name for (name,) in connection.execute(query, (own,)).fetchall()]
