"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Result, Summary
from lab.experiments.observability.judge.laws import SAMPLED_S, delay_s
from lab.experiments.observability.measure.live import FASTER, GROUP_S, SCRAPE_S
from lab.experiments.observability.present.findings import Findings, findings, within
from lab.experiments.observability.workload.arms import BURN, PATIENT, STATIC
from lab.experiments.observability.workload.streams import BACKGROUND

DEFAULTS_S = (15.0, 15.0, 30.0)  # the kit's scrape and evaluation; Alertmanager's group_wait
GROUP_INTERVAL_S = 300.0
_DAYS = "days with generated noise, blips and anomalies; the rules are evaluated by Prometheus itself"
ALTERNATIVES = (
    Alternative(
        "Three windows",
        "A ticket at the budget's own pace over three days and six hours, beside the two pages; for slow leaks.",
        "The Site Reliability Workbook, 2018, chapter 5; not run here",
    ),
    Alternative(
        "Comparison with last week",
        "`offset 1w` or a forecast finds a fall in what arrives, which no share of bad rows shows.",
        "Prometheus' documentation of `offset`; not run here",
    ),
    Alternative(
        "up == 0, absent(), Watchdog",
        "Tell that a source, or the path of alerts itself, is silent: no share of rows burns where nothing is counted.",
        "kube-prometheus' Watchdog; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    rare = found.table("arms")["anomalies"].min()
    return Summary(
        answer=(
            f"On generated days burn-rate alerts have {_worth(found, BURN)}. A static threshold tuned to that recall elsewhere "
            f"has {_worth(found, STATIC)}; with a `for` of 15 minutes {_worth(found, PATIENT)}. On the live path, with windows "
            f"{FASTER:g} times shorter, the runbook ended {_ended(found)} of {len(found.attended)} faults, and their alerts were "
            f"resolved within {within(found.attended['resolved_s'])} s."
        ),
        conditions=(
            f"generated days with {found.params.blips:g} harmless blips per pipeline and day, which static thresholds alert on",
            "anomalies spend 2 to 40 % of a month's error budget; recall counts those from 5 % on",
            f"precision falls with rarer anomalies: {found.of('precision', BURN, 'rare'):.2f} and "
            f"{found.of('precision', STATIC, 'rare'):.2f} at {rare:.1f} per pipeline and week",
        ),
        headline=treatment.metric("precision_burn_rate"),
        figure="signal",
        decisions=(_rule(found), _patience(found), _sooner(found), _runbook(found), _defaults(found)),
        alternatives=ALTERNATIVES,
    )


def _worth(found: Findings, arm: str) -> str:
    precision, recall, delay = (found.of(what, arm) for what in ("precision", "recall", "delay_min"))
    return f"precision {precision:.2f} at recall {recall:.2f} after {delay:.0f} min"


def _ended(found: Findings) -> int:
    return len(found.attended) - int(found.treatment.observed["alert_fires_and_runbook_resolves"].value)


def _rule(found: Findings) -> Decision:
    return Decision(
        "Burn rates or a static threshold?",
        f"Burn rates, if the threshold is bare: {found.false(BURN):.2f} false alerts per pipeline and week, static "
        f"{found.false(STATIC):.2f}, at recall {found.of('recall', BURN):.2f} and {found.of('recall', STATIC):.2f}.",
        "simulated",
        ("precision", "false_burn_rate_both", "false_static_both", "recall_static"),
        basis=_DAYS,
        figure="signal",
    )


def _patience(found: Findings) -> Decision:
    (precision, recall, delay), (own, ours, wait) = (
        [found.of(what, arm) for what in ("precision", "recall", "delay_min")] for arm in (PATIENT, BURN)
    )
    return Decision(
        "Is it enough to give a static threshold a `for` of 15 minutes?",
        f"It mends most: precision {precision:.2f} (burn rates {own:.2f}), recall {recall:.2f} ({ours:.2f}), median "
        f"delay {delay:.0f} min ({wait:.0f}). But its limit is found on known anomalies only, a burn rate's from the objective.",
        "simulated",
        ("precision_patient", "recall_patient", "delay_min_patient", "precision", "recall"),
        basis=_DAYS,
        figure="base_rate",
    )


def _sooner(found: Findings) -> Decision:
    fast, slow = (delay_s(burn, BACKGROUND) / 60 for burn in (100, 8))
    steady, growing = (found.value(f"delay_min_burn_rate_{shape}") for shape in ("steady", "growing"))
    return Decision(
        "How soon does a burn-rate alert come?",
        f"On a steady anomaly after its window times its burn rate, less the background's, over the anomaly's, and "
        f"{SAMPLED_S / 60:g} min to sample and evaluation: {fast:.0f} min at 100 times the budget, {slow:.0f} at 8, median error "
        f"{found.treatment.observed['delay_predicted'].value:.0%}. The median is {steady:.0f} min on steady ones "
        f"and {growing:.0f} on growing ones, for which this does not hold.",
        "simulated",
        ("delay_predicted", "delay_min_burn_rate_steady", "delay_min_burn_rate_growing"),
        basis=_DAYS,
        figure="sizes",
    )


def _runbook(found: Findings) -> Decision:
    live, alone = found.attended, found.alone
    return Decision(
        "Can a machine run the runbook?",
        f"Where its commands may run twice: {_ended(found)} of {len(live)} faults ended, begun "
        f"{within(live['acknowledged_s'], 2)} s after the alert at most. Left alone, the same alert was "
        f"{'firing' if alone['firing'] else 'over'} after {alone['watched_s']:.0f} s.",
        "measured",
        ("alert_fires_and_runbook_resolves", "mean_acknowledged_s", "mean_resolved_s"),
        figure="live",
    )


def _defaults(found: Findings) -> Decision:
    return Decision(
        "What do the path's own intervals add?",
        f"Up to {sum(DEFAULTS_S):.0f} s to an alert, here {SCRAPE_S * 2 + GROUP_S:g} s. That it is resolved is told up to "
        f"{GROUP_INTERVAL_S:.0f} s late, by group_interval.",
        "arithmetic",
        ("mean_alert_s",),
        basis="scrape and evaluation every 15 s in the kit; Alertmanager's defaults, group_wait 30 s and group_interval 5 min",
        figure="live",
    )
