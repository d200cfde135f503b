"""The judgement of observability, on histories of which the outcome is known; the oracle; the generated days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.evidence.criteria import judge_all
from lab.experiments.observability import CRITERIA, oracle
from lab.experiments.observability.judge import laws
from lab.experiments.observability.judge.metrics import delays, false_alerts
from lab.experiments.observability.judge.observations import (
    counted,
    groundless,
    precision,
    precision_predicted,
    rules_tested,
    unresolved,
)
from lab.experiments.observability.judge.tables import deliveries, live
from lab.experiments.observability.kit import FOLDER
from lab.experiments.observability.measure.checks import unlinked
from lab.experiments.observability.measure.days import differing
from lab.experiments.observability.measure.seen import Days, Live
from lab.experiments.observability.mechanism import RULES, Alert, Confusion, Injection, inlined, scaled
from lab.experiments.observability.params import KINDS, Params
from lab.experiments.observability.present.findings import within
from lab.experiments.observability.present.summary import ALTERNATIVES
from lab.experiments.observability.workload.arms import moment
from lab.experiments.observability.workload.faults import CASES
from lab.experiments.observability.workload.streams import DAY, LASTS_MIN, SETTLED_MIN, SPENT, Stream, stream
from lab.services.receiver import Delivery

Told = tuple[float, str, str, str]  # at, pipeline, alert, status
GOOD: tuple[Told, ...] = (
    (105.0, "orders", "RowsRejected", "firing"),
    (110.0, "orders", "RowsRejected", "resolved"),
    (105.0, "payments", "RowsLate", "firing"),
    (110.0, "payments", "RowsLate", "resolved"),
    (105.0, "clicks", "RowsMissing", "firing"),
    (110.0, "clicks", "RowsMissing", "resolved"),
    (105.0, "returns", "RowsRejected", "firing"),
)


def seen(told: tuple[Told, ...] = GOOD, gone: Mapping[str, bool] | None = None, status: int = 0) -> Live:
    with_fault = [case for case in CASES if case.kind]
    names = {"rejected": "RowsRejected", "late": "RowsLate", "missing": "RowsMissing"}
    journal: list[dict[str, Any]] = [
        {"at": at, "event": event, "alert": names[case.kind], "pipeline": case.pipeline, "status": status}
        for case in with_fault
        if case.attended
        for at, event in ((105.1, "acknowledged"), (105.4, "done"))
    ]
    sent = [
        Delivery(at, "/alerts", {"alerts": [{"labels": {"pipeline": who, "alertname": what}, "status": how}]})
        for at, who, what, how in told
    ]
    return Live(
        CASES,
        dict.fromkeys((case.pipeline for case in with_fault), 100.0),
        sent,
        journal,
        {case.pipeline: case.attended for case in with_fault} | dict(gone or {}),
        pd.DataFrame(),
        [],
        [0.0],
        30,
        88.0,
        120.0,
        {},
    )


def test_a_good_history_is_resolved_where_the_runbook_is_run_and_not_where_it_is_off() -> None:
    table = live(seen())
    assert unresolved(table, attended=True).value == 0 and unresolved(table, attended=False).value == 1
    first = table.iloc[0]
    assert (first["alert_s"], first["resolved_s"]) == (5, 10)
    assert first["acknowledged_s"] == pytest.approx(0.1)


def without(*places: int) -> tuple[Told, ...]:
    return tuple(each for place, each in enumerate(GOOD) if place not in places)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(seen(without(0, 1)), id="no alert"),
        pytest.param(seen(without(1)), id="never resolved"),
        pytest.param(seen((*GOOD, (115.0, "orders", "RowsRejected", "firing"))), id="fires again"),
        pytest.param(
            seen((*GOOD, (115.0, "orders", "RowsLate", "firing"))), id="another alert fires at the end"
        ),
        pytest.param(seen(gone={"orders": False}), id="the fault is still there"),
        pytest.param(seen(((99.0, *GOOD[0][1:]), *GOOD[2:])), id="only before the fault"),
    ],
)
def test_an_anomaly_that_was_not_resolved_is_seen(bad: Live) -> None:
    assert unresolved(live(bad), attended=True).value == 1


def test_commands_that_fail_resolve_nothing_and_without_a_journal_nobody_acted() -> None:
    assert unresolved(live(seen(status=1)), attended=True).value == 3
    assert unresolved(live(replace(seen(), journal=[])), attended=True).value == 3


def test_what_the_runner_did_before_the_fault_resolves_nothing() -> None:
    """Of a real run: an alert while the windows filled, twenty seconds before the fault, had its commands run."""
    good = seen()
    early = [
        {**line, "at": 80.0 + place, "status": 0}
        for place, line in enumerate(good.journal)
        if line["pipeline"] == "clicks"
    ]
    failed = [{**line, "status": 1} if line["pipeline"] == "clicks" else line for line in good.journal]
    both = live(replace(good, journal=[*early, *good.journal])).set_index("pipeline")
    assert both["done_s"].between(0, 10).sum() == 3 and both["acknowledged_s"]["clicks"] == pytest.approx(0.1)
    assert unresolved(live(replace(good, journal=[*early, *failed])), attended=True).value == 1
    alone = [line for line in good.journal if line["pipeline"] != "clicks"]
    assert unresolved(live(replace(good, journal=[*early, *alone])), attended=True).value == 1


def test_a_control_whose_fault_is_over_by_itself_does_not_fail_for_want_of_a_runbook() -> None:
    over = seen((*GOOD, (110.0, "returns", "RowsRejected", "resolved")), gone={"returns": True})
    assert unresolved(live(over), attended=False).value == 0
    assert unresolved(live(seen(gone={"returns": True})), attended=False).value == 1  # its alert fires


def test_an_alert_while_the_windows_fill_is_told_and_does_not_count() -> None:
    early = seen(((80.0, "orders", "RowsLate", "firing"), (82.0, "orders", "RowsLate", "resolved"), *GOOD))
    found = groundless(early, deliveries(early.deliveries))
    assert found.value == 0 and "1 alert while the windows filled, not counted" in found.detail


@pytest.mark.parametrize(
    ("seconds", "digits", "said"),
    [
        ([3.8, 9.32], 1, "9.4"),
        ([1.1], 1, "1.1"),
        ([0.0015, 0.0], 2, "0.01"),
        ([1178.2, float("nan")], 0, "1,179"),
    ],
)
def test_the_longest_is_rounded_up(seconds: list[float], digits: int, said: str) -> None:
    assert within(pd.Series(seconds), digits) == said


def test_one_is_told_in_the_singular() -> None:
    assert [counted(n, "anomaly", "anomalies") for n in (0, 1, 2)] == [
        "0 anomalies",
        "1 anomaly",
        "2 anomalies",
    ]


def test_a_name_of_what_the_field_does_has_no_marks_which_its_column_shows_as_they_are() -> None:
    assert not any("`" in item.name for item in ALTERNATIVES)


def test_an_alert_in_the_quiet_is_seen() -> None:
    assert groundless(seen(), deliveries(seen().deliveries)).value == 0
    for wrong in ((95.0, "orders", "RowsLate", "firing"), (110.0, "refunds", "RowsLate", "firing")):
        bad = seen((*GOOD, wrong))
        assert groundless(bad, deliveries(bad.deliveries)).value == 1


def confused(found: int, false: int) -> Confusion:
    return Confusion(
        tuple((Injection("a", 0, 1), 1.0) for _ in range(found)), (), (Alert("a", 9),) * false, 0
    )


@pytest.mark.parametrize(
    ("found", "false", "outcome"),
    [(100, 2, "pass"), (100, 100, "fail"), (9, 1, "inconclusive"), (0, 0, "inconclusive")],
)
def test_precision_is_told_only_by_a_whole_interval(found: int, false: int, outcome: str) -> None:
    judged = {
        item.criterion.name: item.outcome
        for item in judge_all(CRITERIA, {"precision": precision(confused(found, false))})
    }
    assert judged["precision"] == outcome


def test_a_spoilt_rule_that_passes_its_tests_is_seen() -> None:
    table = pd.DataFrame(
        {"check": ["a", "b"], "passed": [True, True], "due": [True, False], "said": ["", ""]}
    )
    assert rules_tested(table).value == 1


def test_every_alert_links_an_entry_with_commands_and_one_that_does_not_is_named() -> None:
    rules, runbook = RULES.read_text(), (FOLDER / "runbook.md").read_text()
    assert unlinked(rules, runbook) == []
    assert unlinked(rules, runbook.replace("## RowsLate", "## Rows late")) == ["RowsLate"]
    assert unlinked(rules, runbook.replace("```bash\nkill", "```\nkill")) == ["RowsMissing"]


def test_precision_at_another_base_rate_follows_from_the_confusion() -> None:
    assert laws.precision_at(10, 0.8, 2) == pytest.approx(0.8)
    assert precision_predicted(static((100, 80, 20), (25, 20, 30))).value == pytest.approx(0.25)


def static(*streams: tuple[int, int, int]) -> pd.DataFrame:
    """Rows of the busier and the rarer stream over ten weeks: injected, detected, false alerts."""
    return pd.DataFrame(
        [
            {
                "arm": "static",
                "stream": name,
                "injected": injected,
                "detected": detected,
                "false_alerts": false,
                "anomalies": injected / 10,
                "found": detected / injected if injected else float("nan"),
                "false": false / 10,
                "precision": detected / (detected + false) if detected + false else float("nan"),
                "precision_low": 0.0,
                "precision_high": 1.0,
            }
            for name, (injected, detected, false) in zip(("test", "rare"), streams, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        pytest.param((8400, 7800, 7000), (2100, 1950, 7000), "pass", id="as foretold, of many alerts"),
        pytest.param((8400, 7800, 7000), (2100, 1950, 14000), "fail", id="half of it, though only 0.1 apart"),
        pytest.param((84, 78, 70), (21, 19, 70), "inconclusive", id="as foretold, of few alerts"),
        pytest.param((84, 78, 70), (24, 20, 103), "inconclusive", id="half as much again, of few alerts"),
        pytest.param((8400, 7800, 7000), (8400, 7800, 7000), "inconclusive", id="the same base rate"),
        pytest.param((8400, 7800, 7000), (8400, 7800, 14000), "fail", id="the same base rate, and wrong"),
        pytest.param((84, 78, 70), (0, 0, 70), "inconclusive", id="no anomaly"),
        pytest.param((84, 78, 0), (21, 19, 0), "inconclusive", id="no false alert"),
    ],
)
def test_precision_is_foretold_by_a_share_of_what_was_measured(
    here: tuple[int, int, int], there: tuple[int, int, int], outcome: str
) -> None:
    found = {"precision_predicted": precision_predicted(static(here, there))}
    judged = {item.criterion.name: item.outcome for item in judge_all(CRITERIA, found)}
    assert judged["precision_predicted"] == outcome


def test_the_delay_is_the_workbooks_and_a_slow_or_short_anomaly_has_none() -> None:
    assert laws.delay_s(15, 0) == pytest.approx(3_516) and laws.delay_s(100, 0) == pytest.approx(578.4)
    assert laws.delay_s(8, 0) == pytest.approx(6 * 3_600 * 6 / 8 + 60)
    assert laws.delay_s(5.9, 0) == laws.delay_s(100, 0, 500) == laws.delay_s(0, 0) == float("inf")


def flat(minutes: int, **minute: int) -> dict[str, np.ndarray]:
    return {name: np.full((1, minutes), each) for name, each in minute.items()}


def test_the_oracle_fires_where_both_windows_burn_and_not_where_one_does() -> None:
    counts = flat(600, arrived=1_000, written=1_000, rejected=0, in_time=1_000)
    counts["rejected"][0, 400:] = 20  # 2 % of rows, 20 times the budget
    counts["written"][0, 400:] = 980
    fires = oracle.burning(counts, "rejected")[0]
    assert not fires[:440].any() and fires[445:].all()
    assert not oracle.burning(counts, "late").any() and not oracle.burning(counts, "missing").any()


def test_false_alerts_at_scale_are_those_of_both_streams() -> None:
    weeks = Stream(("a",), flat(70 * DAY, arrived=1), pd.DataFrame())
    days = Days({"test": weeks, "rare": weeks}, (), {}, 0, 0, 1, 1)
    (found,) = false_alerts(days, static((84, 78, 70), (24, 20, 103)))
    assert found.value == pytest.approx(173 / 20) and found.interval
    assert found.interval == pytest.approx((7.41, 10.04), abs=0.01)  # Garwood


def test_the_delay_of_steady_anomalies_is_told_apart_from_that_of_growing_ones() -> None:
    rows = [("steady", 600.0), ("steady", 1200.0), ("growing", 6000.0), ("growing", float("nan"))]
    table = pd.DataFrame(rows, columns=["shape", "delay_s"]).assign(arm="burn rate")
    assert [metric.value for metric in delays(table)] == [15, 100]


def test_a_minute_that_differs_is_counted() -> None:
    counts = flat(600, arrived=1_000, written=500, rejected=500, in_time=1_000)
    days = Stream(("a",), counts, pd.DataFrame())
    minutes = range(SETTLED_MIN, 600)
    told = [{"metric": {"pipeline": "a"}, "values": [[moment(minute), "1"] for minute in minutes]}]
    assert differing(days, "rejected", told) == 0
    assert differing(days, "rejected", []) == len(minutes)
    assert differing(days, "late", told) == len(minutes)


def test_a_share_that_is_its_limit_but_for_rounding_is_no_difference() -> None:
    counts = flat(600, arrived=10_000, written=9_856, rejected=144, in_time=10_000)
    days = Stream(("a",), counts, pd.DataFrame())
    told = [{"metric": {"pipeline": "a"}, "values": [[moment(500), "1"]]}]
    assert oracle.tied(counts, "rejected")[0, 500] and differing(days, "rejected", told) == 0


def test_generated_days_are_as_described_and_the_same_for_a_seed() -> None:
    days, again = (stream(Params(pipelines=3, days=6), "test") for _ in range(2))
    table = days.anomalies
    assert {"rejected", "late", "missing"} == set(KINDS) and len(table) > 10
    lasts = (table["end"] - table["start"]) / 60
    assert lasts.between(LASTS_MIN[0], LASTS_MIN[1]).all() and (table["spent"] <= SPENT[1] * 1.01).all()
    for _, own in table.groupby("pipeline"):
        ordered = own.sort_values("start")
        assert (ordered["start"].to_numpy()[1:] - ordered["end"].to_numpy()[:-1] >= 6 * 3_600).all()
    assert all((days.counts[name] == again.counts[name]).all() for name in days.counts)
    assert (days.counts["written"] + days.counts["rejected"] <= days.counts["arrived"]).all()
    assert len(stream(Params(pipelines=3, days=6), "rare").anomalies) < len(table)


def test_recorded_names_are_replaced_and_windows_shortened() -> None:
    assert inlined("pipeline:late:ratio_rate5m > 1").startswith("(1 - sum by (pipeline)")
    assert "pipeline:" not in inlined("a:b and pipeline:late:ratio_rate30m and pipeline:late:ratio_rate5m")
    assert scaled("rate(a[1h]) rate(b[5m])", 150) == "rate(a[24000ms]) rate(b[2000ms])"
    short = scaled(RULES.read_text(), 150)
    alerts = short[short.index("- alert") :]
    assert "ratio_rate6h" not in alerts and alerts.count("ratio_rate1h") == 3 and "or 0 * sum" in short
