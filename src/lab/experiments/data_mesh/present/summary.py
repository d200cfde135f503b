"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.data_mesh.judge import STATED, slug
from lab.experiments.data_mesh.present.findings import Findings, findings
from lab.experiments.data_mesh.workload.arms import EXPECTATIONS, OWN, SHAPE, WHOLE

ALTERNATIVES = (
    Alternative(
        "Pact and its broker",
        "The same idea for messages and HTTP: pacts, provider verification, can-i-deploy, pending pacts. It knows no tables.",
        "Pact documentation, 2025; not run here",
    ),
    Alternative(
        "dbt model contracts and versions",
        "The publisher states names and types; a breaking change is found by comparing with the last state, for everybody alike.",
        "dbt documentation, 1.11; contracts are on in the publisher's project here, comparison of states was not run",
    ),
    Alternative(
        "dbt Mesh",
        "References between projects (dbt's platform), groups and access (Core too): who may read what, not what is needed.",
        "dbt documentation, 2025; not run here",
    ),
    Alternative(
        "ODCS data contracts",
        "One document by the publisher for all; consumers' needs are not told apart.",
        "Open Data Contract Standard 3; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    seen, stated, blocked = found.found(), found.found(EXPECTATIONS, *STATED), found.blocked()
    return Summary(
        answer=(
            f"Yes, where consumers state what they need: {seen} breaks (a change, for one consumer) are found before the merge, "
            f"{stated} of those by names, types and values, and {blocked} harmless cases are blocked. The publisher's own tests "
            f"find {found.found(OWN)}. "
            "What is missed keeps every stated rule and alters the meaning."
        ),
        conditions=(
            f"{len(found.of()) // 2} changes, two consumers whose expectations state what their results rest on, and no more",
            "a break is what makes a consumer's own dbt project fail or its table differ from the oracle's",
            "dbt 1.11, PostgreSQL; the publisher's pipeline builds on the real private table, not on a sample",
        ),
        headline=Metric(
            "breaks_found_share",
            100 * seen.count / seen.of,
            "%",
            "of breaks are found before the merge",
            better="higher",
        ),
        figure="matrix",
        decisions=(_state(found), _own(found), _merge(found), _removal(found), _slips(found)),
        alternatives=ALTERNATIVES,
    )


def _state(found: Findings) -> Decision:
    return Decision(
        "What should a consumer's expectation state?",
        "The fields that it reads and the rules that its result rests on: fields and types alone find "
        f"{found.found(SHAPE)} breaks, with values {found.found()}. No more: expecting the whole schema blocks "
        f"{found.blocked(WHOLE)} harmless cases (a change, for one consumer).",
        "measured",
        (
            *(slug("found_all", arm.name) for arm in (SHAPE, EXPECTATIONS)),
            *(slug("blocked", arm.name) for arm in (WHOLE, EXPECTATIONS)),
        ),
        figure="arms",
    )


def _own(found: Findings) -> Decision:
    return Decision(
        "Are the publisher's own contract and tests enough?",
        f"No: they find {found.found(OWN)} breaks. A contract changes along with its model, nothing tests what only a consumer "
        f"needs, and a failure tells nobody whom it harms: {found.blocked(OWN)} harmless cases are stopped as well.",
        "measured",
        (slug("found_all", OWN.name), slug("blocked", OWN.name)),
        figure="arms",
    )


def _merge(found: Findings) -> Decision:
    pushes, build = (found.treatment.metric(name).value for name in ("push_s", "build_s"))
    verify = found.treatment.metric("verify_ms").value
    refused = int((~found.merges["accepted"]).sum())
    return Decision(
        "Where is a breaking change stopped, and at what cost?",
        f"At the main branch: its hook asks for the commit's recorded verifications, {pushes:.2f} s a push, and refused "
        f"{refused} of {len(found.merges)}; {found.let_through} that break a consumer by their meaning it took. "
        f"Verifying a consumer's needs takes {verify:.0f} ms beside {build:.1f} s of dbt.",
        "measured",
        ("merges_right", "push_s", "verify_ms", "build_s"),
        figure="matrix",
    )


def _removal(found: Findings) -> Decision:
    asked = found.history[found.history["action"] == "remove?"]
    return Decision(
        "When may a deprecated field go?",
        f"When no deployed version has stated it and its time is over: of {len(asked)} askings over the weeks "
        f"{int(asked['allowed'].sum())} got leave, as the consumers' own results say. A roll-back past it is refused too.",
        "measured",
        ("removal_right", "decisions_right"),
        figure="history",
    )


def _slips(found: Findings) -> Decision:
    return Decision(
        "What still slips through?",
        f"{found.found().of - found.found().count} breaks by changes of meaning, such as {', '.join(found.missed[:3]) or 'none'}."
        " State a rule that such a change would break, or compare with figures of your own.",
        "measured",
        (slug("found_all", EXPECTATIONS.name), slug("found_stated", EXPECTATIONS.name)),
        figure="matrix",
    )
