"""Audits of the company's database: with faults drawn at random, with each variant, without any."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from random import Random

from lab.experiments.governance.measure.bench import Bench, catalogue
from lab.experiments.governance.measure.seen import CLEAN, DRAWN, UNSEEN, VARIANTS, Round
from lab.experiments.governance.mechanism import CHECKS, QUERIES, Catalogue, Finding, audit
from lab.experiments.governance.params import Params
from lab.experiments.governance.workload import harmless
from lab.experiments.governance.workload.fault import Draw, Fault
from lab.experiments.governance.workload.faults import CLASSES, draw_faults, every_variant

# (dsn, catalogue, since=) -> findings: `audit`, or one that a reader wrote.
Audit = Callable[..., Sequence[Finding]]
ALL, STORED, WITHOUT = "all checks", "grants as they are stored", "without "
MOST = 8  # faults in a round of every variant


def drawn(bench: Bench, params: Params, mechanism: Audit = audit) -> list[Round]:
    """Faults and harmless changes drawn at random together."""
    random = Random(f"{params.seed} drawn")
    made = []
    for _ in range(params.rounds):
        faults = draw_faults(bench.company, random, params.faults)
        made.append(_round(bench, params, DRAWN, _with_harmless(bench, random, faults), {ALL: mechanism}))
    return made


def _with_harmless(bench: Bench, random: Random, faults: Sequence[Fault]) -> list[Fault]:
    """One harmless change more, if it meets none of the faults."""
    (change,) = harmless.draw_harmless(bench.company, random, 1)
    meets = any(
        _objects(bench, change) & _objects(bench, fault) or (change.sessions and fault.sessions)
        for fault in faults
    )
    return [*faults] if meets else [*faults, change]


def _objects(bench: Bench, fault: Fault) -> set[str]:
    """What a fault is about: its last word, and the table that it is in."""
    word = fault.subject.rpartition(" ")[2]
    return {word, *(table for table in bench.company.tables if word.startswith(f"{table}."))}


def clean(bench: Bench, params: Params, mechanism: Audit = audit) -> list[Round]:
    """Harmless changes only, up to three together."""
    random = Random(f"{params.seed} clean")
    return [
        _round(
            bench, params, CLEAN, harmless.draw_harmless(bench.company, random, number % 4), {ALL: mechanism}
        )
        for number in range(params.clean)
    ]


def variants(bench: Bench, params: Params, arms: Mapping[str, Audit]) -> list[Round]:
    """Each variant of each class once, audited by every arm."""
    random = Random(f"{params.seed} variants")
    return [
        _round(bench, params, VARIANTS, faults, arms) for faults in every_variant(bench.company, random, MOST)
    ]


def unseen(bench: Bench, params: Params, mechanism: Audit = audit) -> list[Round]:
    """What the audit is known not to see, one at a time."""
    random = Random(f"{params.seed} unseen")
    return [
        _round(bench, params, UNSEEN, [variant(Draw(bench.company, random, set()))], {ALL: mechanism})
        for variant in harmless.UNSEEN
    ]


def arms(mechanism: Audit = audit) -> dict[str, Audit]:
    """The audit, the audit without each of its checks, and one that takes grants as they are stored."""
    stored = QUERIES["grants"].replace("coalesce(o.acl, acldefault(o.code, o.owner))", "o.acl")
    without = {
        f"{WITHOUT}{name}": partial(audit, checks=[other for other in CHECKS if other != name])
        for name in CLASSES
    }
    return {ALL: mechanism, **without, STORED: partial(audit, queries={**QUERIES, "grants": stored})}


def _round(
    bench: Bench, params: Params, kind: str, changes: Sequence[Fault], arms: Mapping[str, Audit]
) -> Round:
    books = bench.company.books.copy()
    for change in changes:
        change.edit(books)
    with bench.changed(changes) as since:
        found, seconds = {}, []
        for name, mechanism in arms.items():
            begin = time.perf_counter()
            found[name] = _audited(bench, params, mechanism, catalogue(books), since)
            seconds.append(time.perf_counter() - begin)
    return Round(kind, changes, found, seconds[0])


def _audited(
    bench: Bench, params: Params, mechanism: Audit, known: Catalogue, since: datetime
) -> Sequence[Finding]:
    return mechanism(bench.auditor, known, since=since, rows=params.rows)
