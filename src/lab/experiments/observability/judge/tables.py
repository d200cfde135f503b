"""Tables of a run: rules on the generated days, anomalies one by one, a picture of some days, the live pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd

from lab.evidence.statistics import poisson_rate
from lab.experiments.observability import oracle
from lab.experiments.observability.judge.laws import delay_s
from lab.experiments.observability.measure.seen import Days, Live, Seen
from lab.experiments.observability.mechanism import ALERTS, Alert, Confusion, evaluate
from lab.experiments.observability.params import BUDGET
from lab.experiments.observability.workload.arms import BURN, Arm, injections, moment, pages
from lab.experiments.observability.workload.faults import Case
from lab.experiments.observability.workload.streams import BACKGROUND, DAY, START_S
from lab.services.receiver import Delivery

WEEK = 7
SHOWN_DAYS, SHOWN_MIN = 7, 20


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    days = seen.days
    return {
        "arms": pd.DataFrame([_arm(days, arm, name) for name in days.streams for arm in days.arms]),
        "anomalies": anomalies(days),
        "signal": _signal(days),
        "live": live(seen.live),
        "deliveries": deliveries(seen.live.deliveries),
        "series": seen.live.series,
        "checks": seen.checks,
    }


def alerts(days: Days, arm: Arm, stream: str) -> list[Alert]:
    """Of one arm on one stream, of every kind that it has a rule for."""
    names = set(days.streams[stream].names)
    return [
        alert
        for kind in arm.expressions
        for alert in pages(
            [each for each in days.firing[arm.name, kind] if each["metric"]["pipeline"] in names],
            kind,
            arm.for_s,
        )
    ]


def confusion(days: Days, arm: Arm, stream: str) -> Confusion:
    known = [each for kind in arm.expressions for each in injections(days.streams[stream], kind)]
    return evaluate(alerts(days, arm, stream), known)


def _arm(days: Days, arm: Arm, stream: str) -> dict[str, object]:
    """anomalies, false: per pipeline and week; found: of all anomalies, due or not, the share alerted on."""
    own, known = confusion(days, arm, stream), len(days.streams[stream].anomalies)
    weeks = days.streams[stream].pipeline_days / WEEK
    return {
        "arm": arm.name,
        "stream": stream,
        "injected": known,
        "detected": len(own.detected),
        "false_alerts": len(own.false_alerts),
        "repeats": own.repeats,
        "precision": own.precision,
        "recall": own.recall,
        **dict(zip(("precision_low", "precision_high"), own.precision_interval, strict=True)),
        **dict(zip(("recall_low", "recall_high"), own.recall_interval, strict=True)),
        **dict(zip(("false_low", "false_high"), poisson_rate(len(own.false_alerts), weeks), strict=True)),
        "anomalies": known / weeks,
        "found": len(own.detected) / known if known else np.nan,
        "false": len(own.false_alerts) / weeks,
        "delay_s": float(pd.Series([delay for _, delay in own.detected], dtype=float).median()),
    }


def anomalies(days: Days) -> pd.DataFrame:
    """Each anomaly of the first stream under each arm: kind, shape, burn, spent, due, delay_s (nan: no alert), predicted_s."""
    name = next(iter(days.streams))
    known = days.streams[name].anomalies
    rows = []
    for arm in days.arms:
        delays = {(each.key, each.start): delay for each, delay in confusion(days, arm, name).detected}
        for one in known.to_dict("records"):
            key = ((one["kind"], one["pipeline"]), float(one["start"]))
            rows.append(
                {column: one[column] for column in ("kind", "shape", "burn", "spent", "due")}
                | {"arm": arm.name, "delay_s": delays.get(key, np.nan)}
                | {"predicted_s": delay_s(one["burn"], BACKGROUND, one["end"] - one["start"])}
            )
    return pd.DataFrame(rows)


def _signal(days: Days) -> pd.DataFrame:
    """Some days of the pipeline and kind on which the second arm is wrong most often, around an anomaly.

    Rows of three sorts: `what` = share (of bad rows in five minutes, the largest of SHOWN_MIN), anomaly, or an arm's name for its
    alerts; hours, until: since the first of these days.
    """
    name, naive = next(iter(days.streams)), days.arms[min(1, len(days.arms) - 1)]
    shown = days.streams[name]
    wrong = [alert.key for alert in confusion(days, naive, name).false_alerts]
    pairs = shown.anomalies[["kind", "pipeline"]].drop_duplicates().itertuples(index=False)
    kind, pipeline = max(((str(one[0]), str(one[1])) for one in pairs), key=wrong.count)
    own = shown.anomalies.query("kind == @kind and pipeline == @pipeline")
    minute = max(0, int((own["start"].iloc[len(own) // 2] - START_S) // 60 - SHOWN_DAYS * DAY // 2))
    share = oracle.ratio(shown.counts, kind, 5)[shown.names.index(pipeline), minute:][: SHOWN_DAYS * DAY]
    most = np.fmax.reduce(share[: len(share) // SHOWN_MIN * SHOWN_MIN].reshape(-1, SHOWN_MIN), axis=1)
    hours, end = np.arange(len(most)) * SHOWN_MIN / 60, len(most) * SHOWN_MIN / 60
    rows = [("share", hour, hour, value) for hour, value in zip(hours.tolist(), most.tolist(), strict=True)]
    spans = [("anomaly", float(one["start"]), float(one["end"])) for one in own.to_dict("records")]
    for arm in days.arms:
        mine = [each for each in alerts(days, arm, name) if each.key == (kind, pipeline)]
        spans += [(arm.name, *_seconds(each)) for each in mine]
    for what, first, last in spans:
        begins, ends = ((at - moment(minute)) / 3600 for at in (first, last))
        if ends > 0 and begins < end:
            rows.append((what, max(0.0, begins), min(end, ends), np.nan))
    table = pd.DataFrame(rows, columns=["what", "hours", "until", "value"])
    return table.assign(kind=kind, pipeline=pipeline, budget=BUDGET[kind])


def _seconds(alert: Alert) -> tuple[float, float]:
    """Begin and end of an alert that was made of a series: both are numbers there, or it never ended."""
    return float(cast(float, alert.start)), np.inf if alert.end is None else float(cast(float, alert.end))


def deliveries(told: Sequence[Delivery]) -> pd.DataFrame:
    """A row for each alert of each delivery: when it came in, by the receiver's clock, and what it said."""
    rows = [
        (one.at, alert["labels"]["alertname"], alert["labels"].get("pipeline", ""), alert["status"])
        for one in told
        for alert in one.body["alerts"]
    ]
    return pd.DataFrame(rows, columns=["at", "alert", "pipeline", "status"])


def live(seen: Live) -> pd.DataFrame:
    """By pipeline with a fault, s from the injection: its alert at the receiver, start and end of the runbook's commands, the
    alert resolved; nan where it did not happen. status: of the commands. firing: any alert, at the end. acknowledged_s: from
    alert to start.
    """
    told = deliveries(seen.deliveries)
    return pd.DataFrame([_case(seen, case, told) for case in seen.cases if case.kind])


def _case(seen: Live, case: Case, told: pd.DataFrame) -> dict[str, object]:
    since, name = seen.injected[case.pipeline], ALERTS[case.kind]
    own = told[(told["pipeline"] == case.pipeline) & (told["at"] >= since)]
    last = own.groupby("alert")["status"].last()
    first = (
        own[own["alert"] == name].groupby("status")["at"].agg(["min", "max"]).reindex(["firing", "resolved"])
    )
    # What the runner did before the fault it did for another alert, such as one while the windows filled.
    work = [
        line
        for line in seen.journal
        if (line["pipeline"], line["alert"]) == (case.pipeline, name) and line["at"] >= since
    ]
    events = {line["event"]: line for line in reversed(work)}  # the first of each
    start, done = (events.get(event, {"at": np.nan, "status": np.nan}) for event in ("acknowledged", "done"))
    return {
        "pipeline": case.pipeline,
        "fault": case.fault,
        "alert": name,
        "attended": case.attended,
        "alert_s": first["min"]["firing"] - since,
        "start_s": start["at"] - since,
        "acknowledged_s": float(
            np.clip(start["at"] - first["min"]["firing"], 0, None)
        ),  # both are told at once
        "done_s": done["at"] - since,
        "resolved_s": (first["max"]["resolved"] if last.get(name) == "resolved" else np.nan) - since,
        "status": done["status"],
        "gone": seen.gone[case.pipeline],
        "firing": bool((last == "firing").any()),
        "watched_s": seen.end - since,
    }


def burning(made: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, int]:
    """Steady anomalies that the law says are alerted on, and were; and how many there are of which only one of both holds."""
    own = made["anomalies"]
    steady = own[(own["arm"] == BURN) & (own["shape"] == "steady")]
    foretold, seen = np.isfinite(steady["predicted_s"]), steady["delay_s"].notna()
    return steady[foretold & seen], int((foretold != seen).sum())
