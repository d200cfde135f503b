"""What is claimed, declared before any run. The limits are our thresholds."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

# Of the precision that was measured, as of the delay: where little is right, a fixed distance would hardly limit anything.
PRECISION_LIMIT = 0.25

CRITERIA = (
    Criterion(
        "alert_fires_and_runbook_resolves",
        "On each live anomaly its alert reaches the receiver, the commands of the runbook entry that it links end without "
        "error, the "
        "fault is gone, and the alert is resolved; anomalies where it is not so.",
        exactly(0),
        "invariant",
        "anomalies",
        acceptance=True,
    ),
    Criterion(
        "quiet_stays_quiet",
        "No alert on a live pipeline before its fault, once the windows hold samples, and none ever on the one without; alerts.",
        exactly(0),
        "invariant",
        "alerts",
    ),
    Criterion(
        "runbook_linked",
        "Every alert rule links a runbook entry that exists and has commands; rules that do not.",
        exactly(0),
        "invariant",
        "rules",
    ),
    Criterion(
        "rules_tested",
        "promtool's tests of the rules pass, and fail on each of four spoilt rules; promtool and amtool find no fault in "
        "rules, "
        "configurations and routes; checks that went otherwise.",
        exactly(0),
        "invariant",
        "checks",
    ),
    Criterion(
        "panels_answer",
        "Every panel of the dashboard shows something in this run's Prometheus; panels that are empty.",
        exactly(0),
        "invariant",
        "panels",
    ),
    Criterion(
        "firing_as_counted",
        "The rules fire, minute by minute, where the counts themselves say so (NumPy, without Prometheus); minutes that "
        "differ.",
        exactly(0),
        "invariant",
        "minutes",
    ),
    Criterion(
        "precision",
        "Of what is alerted on in the generated days, an anomaly counted once, at least four fifths was injected.",
        at_least(0.8),
        "ratio",
    ),
    Criterion(
        "recall",
        "Of anomalies that spend at least 5 % of a month's error budget, at least four fifths are alerted on.",
        at_least(0.8),
        "ratio",
    ),
    Criterion(
        "load_reached",
        "Live rows are written to the pipelines' logs within 100 ms of their time.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "delay_predicted",
        "Time to the alert is the window times the burn rate that it asks for, less the background's, over the anomaly's own, "
        "and the time to the next sample and its evaluation; median error of steady ones.",
        at_most(0.25),
        "absolute",
    ),
    Criterion(
        "precision_predicted",
        "Precision at another base rate follows from recall and false alarms at this one; relative error for the static "
        "threshold. Undecided where draws of as many anomalies and alerts disagree, or the precision at this rate would pass "
        "as well.",
        at_most(PRECISION_LIMIT),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "static_threshold",
        "One threshold on the last five minutes for each kind, set on another stream to the same recall.",
        breaks="precision",
    ),
    Control(
        "runbook_off",
        "The same live fault and alert on a pipeline whose alerts nobody acts on.",
        breaks="alert_fires_and_runbook_resolves",
    ),
)
