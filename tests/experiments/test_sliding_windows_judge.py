"""An ideal stream, made of numbers: judged, told and drawn without a service; and one that is not ideal."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import sparkstream
import wholerun
from lab.evidence.criteria import judge_all
from lab.experiments import sliding_windows as package
from lab.experiments.sliding_windows.judge import latency
from lab.experiments.sliding_windows.judge.result import drops, results
from lab.experiments.sliding_windows.judge.verdicts import Judged
from lab.experiments.sliding_windows.measure.seen import Query, Seen
from lab.experiments.sliding_windows.params import Params
from lab.experiments.sliding_windows.workload.arms import treatment

PARAMS = Params(events=6_000, users=20, seconds=20, hours=2, slow_minutes=2, late_share=0.03)
OWN = [arm.name for arm in treatment(PARAMS)]
SHORT, MIDDLE = 0, 1


@cache
def ideal() -> Seen:
    return sparkstream.seen(PARAMS)


def outcomes(seen: Seen) -> dict[str, str]:
    treated, _ = results(PARAMS, seen, OWN, {})
    return {item.criterion.name: item.outcome for item in judge_all(package.CRITERIA, treated.observed)}


def changed(place: int, rows: pd.DataFrame) -> Seen:
    """The ideal stream, but for the rows of one query."""
    queries = list(ideal().queries)
    queries[place] = replace(queries[place], rows=rows)
    return replace(ideal(), queries=queries)


def row_in_time(place: int) -> tuple[Query, pd.Series]:
    """A query, and which of its rows belongs to a window without a late event."""
    query = ideal().queries[place]
    fine = Judged(query, ideal(), 120_000).in_time[["user", "start_ms"]].iloc[:1]
    return query, (query.rows[["user", "start_ms"]] == fine.iloc[0]).all(axis=1)


def test_an_ideal_stream_passes_and_both_controls_fail() -> None:
    whole = results(PARAMS, ideal(), OWN, {"Apache Spark": "4.1.1"})
    wholerun.invariants_hold_and_controls_fail(package, whole)
    assert set(outcomes(ideal()).values()) == {"pass"}


def test_the_record_says_how_strong_it_is() -> None:
    wholerun.says_how_strong_it_is(package, results(PARAMS, ideal(), OWN, {"Apache Spark": "4.1.1"}))


@pytest.mark.parametrize("column", ["count", "sum", "mean", "distinct"])
def test_each_measure_of_a_window_is_compared(column: str) -> None:
    query, own = row_in_time(MIDDLE)
    rows = query.rows.copy()
    rows.loc[own, column] = rows.loc[own, column] - 1
    assert outcomes(changed(MIDDLE, rows))["accurate"] == "fail"


def test_a_window_that_is_missing_is_wrong_and_its_events_are_dropped() -> None:
    query, own = row_in_time(MIDDLE)
    found = outcomes(changed(MIDDLE, query.rows[~own]))
    assert (found["accurate"], found["drops_predicted"]) == ("fail", "fail")


def test_a_window_that_nobody_has_events_for_is_wrong() -> None:
    query = ideal().queries[MIDDLE]
    made_up = query.rows.iloc[:1].assign(user="user-nobody")
    found = outcomes(changed(MIDDLE, pd.concat([query.rows, made_up], ignore_index=True)))
    assert (found["accurate"], found["counted_once"]) == ("fail", "fail")


def test_a_window_that_is_written_twice_is_told() -> None:
    query = ideal().queries[MIDDLE]
    again = pd.concat([query.rows, query.rows.iloc[:1]], ignore_index=True)
    assert outcomes(changed(MIDDLE, again))["emitted_once"] == "fail"


def test_a_window_that_lets_in_what_the_rule_drops_is_told() -> None:
    query = ideal().queries[MIDDLE]
    judged = Judged(query, ideal(), 120_000)
    short = judged.windows[(judged.windows["delay_ms"] >= 120_000) & ~judged.windows["equal"]]
    late = short.dropna(subset=["count_seen"]).iloc[0]
    rows = query.rows.copy()
    own = (rows["user"] == late["user"]) & (rows["start_ms"] == late["start_ms"])
    for name in ("count", "sum", "mean", "distinct"):
        rows.loc[own, name] = late[name]
    found = outcomes(changed(MIDDLE, rows))
    assert (found["late_as_predicted"], found["drops_predicted"]) == ("fail", "fail")


def test_a_watermark_that_is_another_is_told() -> None:
    queries = list(ideal().queries)
    progress = [dict(one) for one in queries[SHORT].progress]
    progress[3] = progress[3] | {"eventTime": {"watermark": "2026-01-01T00:00:00.000Z"}}
    queries[SHORT] = replace(queries[SHORT], progress=progress)
    assert outcomes(replace(ideal(), queries=queries))["watermark_predicted"] == "fail"


def test_state_that_is_not_what_users_held_time_and_slide_say_is_told() -> None:
    last = ideal().priced[-1]
    more = [json.loads(json.dumps(one)) for one in last.progress]
    more[-1]["stateOperators"][0]["numRowsTotal"] *= 1.2
    found = replace(ideal(), priced=[*ideal().priced[:-1], replace(last, progress=more)])
    assert (outcomes(ideal())["state_predicted"], outcomes(found)["state_predicted"]) == ("pass", "fail")


def test_what_one_query_refutes_is_no_doubt_because_of_another_that_can_not_tell() -> None:
    """A query whose rule drops none can't show that drops are predicted; a difference in another is one all the same."""
    judged = Judged(ideal().queries[MIDDLE], ideal(), 120_000)
    differs = SimpleNamespace(query=judged.query, dropped=7.0, predicted=5)
    none, some = (SimpleNamespace(query=judged.query, dropped=many, predicted=many) for many in (0, 5))
    found = {name: drops(pair) for name, pair in {"same": [none, some], "other": [none, differs]}.items()}  # type: ignore[arg-type]
    assert (found["same"].conclusive, found["other"].conclusive) == (False, True)


def test_a_watermark_that_is_another_is_told_where_a_batch_was_not_read_too() -> None:
    queries = list(ideal().queries)
    progress = [dict(one) for one in queries[SHORT].progress][:-3]
    queries[SHORT] = replace(queries[SHORT], progress=progress)
    assert outcomes(replace(ideal(), queries=queries))["watermark_predicted"] == "inconclusive"
    progress[3] = progress[3] | {"eventTime": {"watermark": "2026-01-01T00:00:00.000Z"}}
    assert outcomes(replace(ideal(), queries=queries))["watermark_predicted"] == "fail"


def test_what_is_told_of_late_events_is_of_one_query() -> None:
    found = results(PARAMS, ideal(), OWN, {"Apache Spark": "4.1.1"})
    late = next(one for one in package.summary(*found).decisions if "late events" in one.question)
    assert f"{found[0].metric('dropped.1_min').value:,.0f} events were lost" in late.answer
    assert {"dropped.1_min", "counter.1_min"} <= set(late.rests_on)


def test_what_was_not_run_names_what_is_held_and_a_rows_memory_is_without_ids() -> None:
    found = results(PARAMS, ideal(), OWN, {"Apache Spark": "4.1.1"})
    model = package.model(*found)
    assert [name for name in model.projection if "2.03 min held" in name]
    assert model.calculator
    held = next(one for one in model.calculator.inputs if one.name == "held")
    assert held.checked == (62.0, 62.0)
    last = found[0].tables["prices"].iloc[-1]
    row = next(one for one in model.constants if one.name == "row_bytes").value
    assert row == pytest.approx(10**6 / last["state_rows"])


def test_a_sender_that_is_late_or_loses_messages_makes_the_load_another() -> None:
    late = ideal().lateness_ns.copy()
    late[-1] = 10**9
    assert outcomes(replace(ideal(), lateness_ns=late))["rate_reached"] == "fail"
    log = ideal().log.copy()
    log.loc[log.index[-1], "offset"] = -1
    assert outcomes(replace(ideal(), log=log))["all_sent"] == "fail"


def test_an_events_latency_runs_from_its_intended_send_to_the_first_row_that_has_it() -> None:
    found = latency.of_events(Judged(ideal().queries[SHORT], ideal(), 120_000)) / 1e9
    counting = len(Judged(ideal().queries[SHORT], ideal(), 120_000).counting)
    # Of the counted ones only the warm-up's and the sentinel's are no events of a user.
    assert len(found) == counting - 3
    wait = sparkstream.WRITE_NS / 1e9
    assert wait <= found.min() and found.max() <= wait + sparkstream.BATCH_S + 1e-6


def test_a_final_window_is_never_there_before_it_can_be() -> None:
    found = latency.of_windows(PARAMS, ideal(), ideal().queries[MIDDLE])
    assert len(found) and np.all(found >= 0)
