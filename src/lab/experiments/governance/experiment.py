"""A playbook, and an audit that is held to what it promises: in databases with seeded faults and without."""

from __future__ import annotations

from dataclasses import replace

from lab.evidence.result import Result
from lab.experiments.governance.judge.metrics import metrics, tables
from lab.experiments.governance.judge.observations import fewest_missed, observe
from lab.experiments.governance.measure import documents, growth, labels, onboarding, rounds
from lab.experiments.governance.measure.bench import bench
from lab.experiments.governance.measure.rounds import ALL, STORED, Audit
from lab.experiments.governance.measure.seen import VARIANTS, Seen
from lab.experiments.governance.mechanism import audit
from lab.experiments.governance.params import Params
from lab.experiments.governance.workload.company import company
from lab.progress import steps

INCIDENT = "Incident"  # the section that the control leaves out


def run(params: Params, mechanism: Audit = audit) -> Result:
    """An audit, a reader's own too, on databases with faults and without.

    mechanism: (dsn, catalogue, since=, rows=) -> findings, each with check and subject.
    """
    with bench(company(params.tables, params.seed)) as made:
        seen = Seen(
            [
                *rounds.clean(made, params, mechanism),
                *rounds.variants(made, params, {ALL: mechanism}),
                *rounds.drawn(made, params, mechanism),
            ]
        )
        return _result(params, seen, made.version)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Documents, audit, classifier and onboarding; the same with a check, a section or the values left out."""
    with steps(8) as work:
        work.next("documents")
        text = documents.playbook()
        seen = Seen(
            coverage=documents.covered(text),
            sections=documents.titles(text),
            checklist=documents.answered(text),
            gaps=documents.gaps(text),
        )
        work.next("classifier")
        seen = replace(seen, labels=labels.labels(params, labels.ways(params)), named=labels.names(params))
        work.next("database")
        with bench(company(params.tables, params.seed)) as made:
            work.next("clean")
            audited = rounds.clean(made, params)
            work.next("every variant")
            audited += rounds.variants(made, params, rounds.arms())
            work.next("faults drawn")
            audited += [*rounds.drawn(made, params), *rounds.unseen(made, params)]
            work.next("onboarding")
            onboarded, kept = onboarding.onboarded(made, params)
            work.next("growth")
            seen = replace(
                seen, rounds=audited, onboarded=onboarded, kept=kept, times=growth.times(made, params)
            )
    return _result(params, seen, made.version), _controls(params, seen, text)


def _controls(params: Params, seen: Seen, text: str) -> dict[str, Result]:
    variants = [each for each in seen.rounds if each.kind == VARIANTS]
    by_name = labels.labels(params, {(labels.NAMES, params.threshold): labels.by_name})
    return {
        "one check removed": Result(params, {"faults_found": fewest_missed(variants)}),
        "grants as they are stored": _result(params, Seen(variants), arm=STORED),
        "names only": _result(params, Seen(labels=by_name)),
        "no section on incidents": _result(
            params, Seen(coverage=documents.covered(documents.without(INCIDENT, text)))
        ),
    }


def _result(params: Params, seen: Seen, version: str = "", arm: str = ALL) -> Result:
    versions = {"PostgreSQL": version} if version else {}
    return Result(params, observe(params, seen, arm), metrics(seen, arm), tables(seen, arm), versions)
