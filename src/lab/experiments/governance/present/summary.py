"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.governance.measure.seen import DRAWN, VARIANTS
from lab.experiments.governance.present.findings import Findings, findings, percent

ALTERNATIVES = (
    Alternative(
        "\\dp and \\df+ in psql",
        "Shows stored privileges: a function without an entry has EXECUTE for PUBLIC, and an empty field does not say so.",
        "PostgreSQL 15 documentation, 5.7; what it leaves out was run here as a control",
    ),
    Alternative(
        "CIS benchmark, pgdsat",
        "Checks a server's settings and roles against a published list; knows no owner, no end date, no retention.",
        "CIS PostgreSQL 15 Benchmark 1.1; not run here",
    ),
    Alternative(
        "Presidio, DLP services",
        "Patterns, check digits and language models, free text too; more is found, and more that is none.",
        "Microsoft Presidio documentation, 2025; not run here",
    ),
    Alternative(
        "OpenMetadata, DataHub, Collibra",
        "Owners, classification and access requests in a catalogue of its own, with a server to run.",
        "their documentation, 2025; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    faults, drawn = found.faults(DRAWN, VARIANTS), found.faults(DRAWN)
    recall = treatment.metric("recall")
    low = (recall.interval or (0.0, 1.0))[0]
    beginning = "Yes, of the classes that it was made for" if faults["found"].all() else "No"
    return Summary(
        answer=(
            f"{beginning}: it names {int(faults['found'].sum())} of {len(faults)} faults in eight "
            "classes (recall of those drawn at "
            f"random at least {percent(low, 1)}), and has {found.clean} findings in databases without one. It does not see "
            f"{found.value('unseen'):.0f} of {len(found.unseen)} faults that were built to escape it. The playbook covers "
            f"{percent(found.value('coverage'))} of {found.value('sections_in_scope'):.0f} sections of five frameworks."
        ),
        conditions=(
            "faults were drawn from variants that we wrote, though not by the code that looks for them",
            "a catalogue of owners, end dates and labels in YAML, against which the database is held",
            "pgaudit and connections are logged as JSON and the auditor may read the log",
        ),
        headline=Metric(
            "recall",
            100 * recall.value,
            "%",
            f"of {len(drawn)} faults drawn at random are found and named",
            better="higher",
        ),
        figure="found",
        decisions=(_defaults(found), _threshold(found), _blind(found), _onboarding(found), _covered(found)),
        alternatives=ALTERNATIVES,
    )


def _defaults(found: Findings) -> Decision:
    tried = found.controls["grants as they are stored"].tables["faults"]
    missed = tried[~tried["found"]]["variant"]
    return Decision(
        "Is it enough to list the grants that PostgreSQL stores?",
        f"No: such an audit misses {len(missed)} of {len(tried)} variants ({'; '.join(missed)}), as "
        "PUBLIC's default grants are not "
        "stored. Read coalesce(acl, acldefault(...)), and revoke EXECUTE, CONNECT and TEMPORARY; of functions to come by ALTER "
        "DEFAULT PRIVILEGES.",
        "measured",
        ("faults_found", "variants_found"),
        figure="found",
    )


def _threshold(found: Findings) -> Decision:
    used, tried = found.params.threshold, sorted({*found.params.thresholds, found.params.threshold})
    recall = {each: found.label("recall", each) for each in tried}
    alike = [percent(each) for each in tried if recall[each] == recall[used]]
    others = [f"{percent(each)} {percent(recall[each])}" for each in tried if recall[each] != recall[used]]
    least = min(found.label("precision", each) for each in tried)
    return Decision(
        "How many values must be valid before a column counts as personal data?",
        f"No more than are clean: of columns drawn with up to {percent(found.params.dirt)} dirt, a threshold of "
        f"{' or '.join(alike)} finds {percent(recall[used])}{', so this run prefers none of these' if len(alike) > 1 else ''}"
        f"{'; ' if others else ''}{', '.join(others)}. Precision never falls below {percent(least)}, as what chance explains is "
        f"left out; we take {percent(used)}.",
        "measured",
        tuple(f"{name}_at_{each:g}" for each in tried for name in ("recall", "precision")),
        figure="threshold",
    )


def _blind(found: Findings) -> Decision:
    return Decision(
        "What does a clean audit not prove?",
        f"That there is none of these, of which it missed {found.value('unseen'):.0f} of "
        f"{len(found.unseen)}: people in free text, a "
        "column with few identifiers, numbers without check digits, functions that read for others, a login used in turns.",
        "measured",
        ("unseen",),
    )


def _onboarding(found: Findings) -> Decision:
    return Decision(
        "How long does it take to onboard a dataset?",
        f"The command takes {found.value('onboarding_ms'):.0f} ms, scripted, with "
        f"{found.value('onboarding_sample_ms'):.0f} ms for the "
        "sample: people's time, which was not measured, is all there is to save. It refuses wrong "
        "files before it changes anything.",
        "measured",
        ("onboarding_ms", "onboarding_sample_ms", "onboarding_holds"),
        figure="onboarding",
    )


def _covered(found: Findings) -> Decision:
    checks, total = (
        found.value("answered_by_check"),
        sum(found.value(f"answered_by_{kind}") for kind in ("check", "field", "person")),
    )
    return Decision(
        "How much of an audit checklist can a script answer?",
        f"{checks + found.value('answered_by_field'):.0f} of {total:.0f} questions, {checks:.0f} by a check of the database; "
        f"{found.value('answered_by_person'):.0f} need a person. Coverage of a framework is by number and word: it says that a "
        "section exists, not that it is followed.",
        "measured",
        ("cases_covered", "completeness", "answered_by_check", "answered_by_field", "answered_by_person"),
        figure="coverage",
    )
