"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.infra_drift.measure.beside import DETECTOR, PLAIN, REFRESH_ONLY
from lab.experiments.infra_drift.present.findings import ALL, Findings, findings

ALTERNATIVES = (
    Alternative(
        "HCP Terraform health assessments, Spacelift, Scalr",
        "Plan by a timer, every few hours to once a week, and tell of drift: HCP and Scalr refresh-only, Spacelift by a run that "
        "may put back. Objects in no state stay unseen.",
        "HashiCorp, Spacelift and Scalr documentation, 2026; not run here",
    ),
    Alternative(
        "Crossplane, Config Connector, Kubernetes operators",
        "Reconcile all the time and put everything back, with no ticket between; deletion policies guard what holds data.",
        "their documentation, 2026; not run here",
    ),
    Alternative(
        "AWS Config, cloud audit logs, PostgreSQL's log (log_statement = ddl)",
        "Tell of a change when it is made, also of objects that no state knows, but not whether the configuration wants it. "
        "(PostgreSQL's event triggers do not fire for roles and databases.)",
        "AWS and PostgreSQL documentation, 2026; not run here",
    ),
    Alternative(
        "driftctl",
        "Listed what is in no state, for AWS, Azure and Google Cloud; no longer developed.",
        "its README: maintenance mode since 2023; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    every = found.params.every_s
    return Summary(
        answer=(
            f"Looking every {every:g} s, a change is told after {found.value('detection_mean_s'):.1f} s on average (T/2 + R - r: "
            f"{found.value('predicted_mean_s'):.1f} s), after {found.value('detection_max_s'):.1f} s at most. "
            f"{found.count('restored')} of {len(found.detections)} changes were put back, {found.value('restored_s'):.1f} s "
            f"after they were made (median); {found.count('tickets')} got a ticket. `tofu plan` alone counts "
            f"{found.seen(PLAIN)} of {ALL} kinds."
        ),
        conditions=(
            f"{found.count('managed')} objects, a look takes {found.value('run_s'):.1f} s; detection grows with both T and that",
            "small providers of our own, kept running, on one machine; a cloud answers more slowly and limits requests",
            "the policy puts back what an update or a new object mends, and asks for the rest",
        ),
        headline=Metric(
            "detection_mean_s",
            found.value("detection_mean_s"),
            "s",
            f"from a change by hand to the report, looking every {every:g} s",
            better="lower",
        ),
        figure="detection",
        decisions=(_how_often(found), _command(found), _heal(found), _everything(found), _lock(found)),
        alternatives=ALTERNATIVES,
    )


def _how_often(found: Findings) -> Decision:
    every, lag = found.params.every_s, found.lag
    return Decision(
        "How often should drift detection run?",
        f"Often enough that T + R is bearable: here {every:g} + {found.value('run_s'):.1f} s at most, {every / 2:g} + {lag:.1f} "
        f"on average. By the same formula it is {7.5 + lag / 60:.1f} minutes at T = 15 minutes: while R is "
        "seconds, T is what counts.",
        "arithmetic",
        ("detected_in_time", "mean_predicted", "detection_mean_s"),
        "T + R and T/2 + R - r, with R and r of this run, which held the mean against its own detections",
        figure="detection",
    )


def _command(found: Findings) -> Decision:
    return Decision(
        "Which command finds drift?",
        f"Not the status of `{PLAIN}`: it counts {found.seen(PLAIN)} of {ALL} kinds, `{REFRESH_ONLY}` "
        f"{found.seen(REFRESH_ONLY)}. The same plan's JSON (`resource_drift`) with an inventory of what is in "
        f"no state tells of {found.seen(DETECTOR)}, until somebody saves a refresh.",
        "measured",
        ("seen_1", "seen_2", "seen_4"),
        figure="commands",
    )


def _heal(found: Findings) -> Decision:
    return Decision(
        "What may heal by itself?",
        f"What an update or a new object mends: {found.count('restored')} of {len(found.detections)} changes, "
        f"{found.value('remediation_rate'):.0%} as declared afterwards. Apply the plan that was checked, for these addresses "
        "alone; ask for the rest, and for what on-call staff may have to change: put back, a fix of tonight is an outage.",
        "measured",
        ("remediation_succeeds", "nothing_destroyed", "remediation_rate"),
        figure="outcomes",
    )


def _everything(found: Findings) -> Decision:
    lost, accepted = found.count("destroyed"), found.count("accepted")
    what = "database" if all(item.startswith("database") for item in found.lost) else "object"
    return Decision(
        "Why not apply everything by a timer?",
        f"It destroyed {lost} {what}{'s' * (lost != 1)} of this run to put an attribute back, and took {accepted} "
        f"change{'s' * (accepted != 1)} that the configuration does not set into the state, where no later look tells of "
        f"{'it' if accepted == 1 else 'them'}. With "
        "`prevent_destroy` on what holds data such an apply fails as a whole.",
        "measured",
        ("destroyed", "accepted"),
        figure="outcomes",
    )


def _lock(found: Findings) -> Decision:
    alone, unlocked = found.treatment, found.controls["no lock"]
    beside, without = (int(one.observed["one_apply_at_a_time"].value) for one in (alone, unlocked))
    refused = f"the second apply was told so after {1000 * found.value('lock_refused_s'):.0f} ms"
    return Decision(
        "Does the state's lock keep two applies apart?",
        f"{'Yes' if not beside else 'Not here'}, by the `pg` backend: {refused} and {beside} came to work beside the first; with "
        f"`-lock=false` {without} did. The `s3` backend has no lock unless it is told to, and none keeps hands out.",
        "measured",
        ("one_apply_at_a_time", "lock_refused_s"),
    )
