"""A run judged without any service: half a minute of transfers, and the same with something wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from lab import notebook
from lab.evidence.criteria import Observation
from lab.evidence.result import Result
from lab.evidence.strength import flaws
from lab.experiments import cdc_lakehouse
from lab.experiments.cdc_lakehouse import CONTROLS, Params, oracle
from lab.experiments.cdc_lakehouse.criteria import PREDICTED_WITHIN
from lab.experiments.cdc_lakehouse.judge import result
from lab.experiments.cdc_lakehouse.judge.sizes import by_table, fastest, of_sizes
from lab.experiments.cdc_lakehouse.kit.sink.position import Position
from lab.experiments.cdc_lakehouse.kit.verify import compare
from lab.experiments.cdc_lakehouse.measure.after_load import Compared, Seen
from lab.experiments.cdc_lakehouse.measure.sizes import data_files
from lab.experiments.cdc_lakehouse.measure.under_load import UnderLoad
from lab.experiments.cdc_lakehouse.present import model as at_scale
from lab.experiments.cdc_lakehouse.present.calculator import LATE, calculator
from lab.experiments.cdc_lakehouse.present.findings import findings
from lab.experiments.cdc_lakehouse.workload.writers import Done

PARAMS = Params(intervals=(3.0, 5.0), faults=())
START, SEED = 1000.0, 1
ENDS = [5.0, 8.0, 13.0, 16.0, 21.0, 24.0]  # when batches begin, s after START: the intervals in turn
INTERVALS = [3.0, 3.0, 5.0, 3.0, 5.0, 3.0]
TOOK = 0.5
XIDS = list(range(10, 10 + 23))  # a transfer a second, from 1 s after START


def position(transactions: int) -> Position:
    return Position({0: 2 * transactions}, transactions)


def seen() -> Seen:
    """Every transaction in the batch that follows it."""
    at = {xid: START + 1 + number for number, xid in enumerate(XIDS)}
    log = [
        (SEED, "w", 1, Decimal(5), "a"),
        *[(xid, "w", key, Decimal(5), "b") for xid in XIDS for key in (1, 2)],
    ]
    known = oracle.Truth(
        log, [oracle.Committed(xid, number, at[xid], at[xid] + 0.1, 2) for number, xid in enumerate(XIDS)]
    )
    bounds = [0, *(sum(one < START + end for one in at.values()) for end in ENDS)]
    batches, rows = [], []
    for number, (end, interval) in enumerate(zip(ENDS, INTERVALS, strict=True)):
        begin, after = position(bounds[number]).text(), position(bounds[number + 1]).text()
        count = bounds[number + 1] - bounds[number]
        batches.append(
            {"position": after, "began": START + end, "interval": interval, "transactions": count}
            | {"changes": 2 * count}
        )
        rows.append((number, START + end + TOOK, "overwrite", begin, after, bounds[number + 1]))
    rows.append((99, START + 30, "compaction", "", rows[-1][4], rows[-1][5]))
    names = ["id", "at", "operation", "begin", "position", "transactions"]
    table = pd.DataFrame(rows, columns=names).assign(wrong=0, total=Decimal(10), expected=Decimal(10), rows=2)
    visible = {row[0]: row[1] for row in rows[:-1]}
    done = [Done("transfer", xid, at[xid], at[xid]) for xid in XIDS]
    log_kept = [(START + 1, 1_000, 900, 400)]
    load = UnderLoad(START, START + 66, done, [], visible, log_kept, batches, (START, START + 26), 0, 0)
    places = [(xid, place) for xid in XIDS for place in (1, 2)]
    return Seen(load, known, Compared(table, compare({"1": "b"}, {"1": "b"})), places, {"Debezium": "3"})


def test_a_run_in_order_has_nothing_wrong_and_the_lag_that_its_batches_give() -> None:
    found = result.treatment(PARAMS, seen(), {})
    for name in ("rows_equal_source", "sum_at_every_snapshot", "nothing_lost", "nothing_repeated"):
        assert found.observed[name].value == 0, name
    assert found.observed["consistency_rate"].value == 1
    lags = found.tables["lags"]
    assert list(lags["xid"]) == XIDS and 99 not in set(lags["snapshot"])
    assert lags["lag"].iloc[0] == pytest.approx(ENDS[0] + TOOK - 1)
    assert found.metric("changes").value == 2 * len(XIDS)
    assert list(found.tables["intervals"]["gap"]) == [3.0, 5.0]


def test_the_driver_is_not_timed_by_a_batch_that_was_not_committed() -> None:
    run = seen()
    lost = {"position": position(999).text(), "began": START + 27, "interval": 5.0, "transactions": 9}
    run.load.batches.append(lost | {"changes": 18})
    assert len(result.treatment(PARAMS, run, {}).tables["batches"]) == len(ENDS)


def test_a_batch_that_was_applied_twice_and_a_change_that_was_lost_are_told() -> None:
    run = seen()
    table = run.table.snapshots
    table.loc[2, "begin"] = table.loc[1, "begin"]
    run = replace(run, places=run.places[1:], load=replace(run.load, missing=3))
    found = result.treatment(PARAMS, run, {}).observed
    assert found["nothing_repeated"].value == 1
    assert found["nothing_lost"].value == 4
    assert "3 transactions in no snapshot" in found["nothing_lost"].detail


def test_a_control_is_judged_by_its_table_alone() -> None:
    table = seen().table.snapshots.assign(wrong=1, total=Decimal(9))
    found = result.control(PARAMS, Compared(table, compare({"1": "b"}, {})))
    assert found.observed["rows_equal_source"].value == 1
    assert found.observed["sum_at_every_snapshot"].value == len(table)


def test_the_log_that_a_slot_retains_counts_from_where_postgresql_keeps_it() -> None:
    (row,) = result.treatment(PARAMS, seen(), {}).tables["log"].to_dict("records")
    assert (row["seconds"], row["retained"], row["unconfirmed"]) == (1, 600, 100)


def sized() -> pd.DataFrame:
    """Batches that take 0.5 s and 2 s for a million rows."""
    plan = [(rows, "merge-on-read", 2) for rows in PARAMS.table_rows]
    plan += [(PARAMS.table_rows[1], "copy-on-write", 2), (PARAMS.table_rows[1], "merge-on-read", 3)]
    return pd.DataFrame(
        {
            "rows": rows,
            "mode": mode,
            "version": version,
            "turn": turn,
            "took": 0.5 + 2e-6 * rows + 0.01 * turn,
        }
        | {"written": 9_000 if mode == "merge-on-read" else 900_000, "files": 8, "deleted": 8, "wrong": 0}
        for rows, mode, version in plan
        for turn in (1, 2, 3)
    )


def whole() -> tuple[Result, dict[str, Result]]:
    """A run with its controls, in which every criterion has a value."""
    found = result.treatment(PARAMS, seen(), {"sizes": sized()})
    log = found.tables["log"]
    more = pd.concat([log.assign(seconds=second, written=1_000 * second) for second in range(1, 30)])
    extra = {one.name: Observation(0) for one in cdc_lakehouse.CRITERIA if one.name not in found.observed}
    compared = Compared(found.tables["snapshots"].assign(wrong=1, total=Decimal(9)), compare({"1": "b"}, {}))
    controls = {one.name: result.control(PARAMS, compared) for one in CONTROLS}
    tables = dict(found.tables) | {"log": more, "reloads": pd.DataFrame({"seconds": [4.0]})}
    return replace(found, tables=tables, observed=found.observed | extra), controls


def test_the_line_through_the_smaller_tables_predicts_the_largest() -> None:
    found, _ = whole()
    assert found.observed["batch_predicted"].value == pytest.approx(0, abs=1e-9)
    assert found.metric("size_ratio").value == pytest.approx(2.51 / 0.53)
    assert found.metric("copied_ratio").value == pytest.approx(100)
    late = sized()
    late.loc[late["rows"] == PARAMS.table_rows[-1], "took"] *= 2
    assert of_sizes(late)["batch_predicted"].value > 0.35


def test_the_table_of_sizes_shows_the_bytes_whose_ratio_is_told() -> None:
    sizes = sized()
    # Each batch of merge-on-read writes more than the one before.
    sizes["written"] += 3_000 * (sizes["turn"] - 1) * (sizes["mode"] == "merge-on-read")
    found = result.treatment(PARAMS, seen(), {"sizes": sizes})
    shown = by_table(sizes).query("rows == @PARAMS.table_rows[1] and version == 2").set_index("mode")
    assert list(shown["batches"]) == [3, 3] and found.tables["by_table"].equals(by_table(sizes))
    ratio = shown["written"]["copy-on-write"] / shown["written"]["merge-on-read"]
    assert found.metric("copied_ratio").value == pytest.approx(ratio) == pytest.approx(75)


def test_what_a_line_says_is_not_graded_as_measured() -> None:
    model = cdc_lakehouse.model(*whole())
    assert model.calculator
    assert "measured" not in {*model.grades.values(), *(one.grade for one in model.calculator.outputs)}


def test_what_disturbs_a_round_does_not_move_the_model() -> None:
    """Half of the rounds of each size take half as long again: the fastest of each are what they were."""
    disturbed = sized()
    disturbed.loc[disturbed["turn"] > 1, "took"] *= 1.5
    assert of_sizes(disturbed)["batch_predicted"].value == pytest.approx(0, abs=1e-9)
    assert fastest(disturbed)["took"].tolist() == fastest(sized())["took"].tolist()


def test_sizes_that_do_not_stand_out_from_the_noise_are_inconclusive_and_no_failure() -> None:
    noisy = sized().assign(took=lambda table: 1 + 0.5 * table["turn"])
    assert not of_sizes(noisy)["batch_predicted"].conclusive
    assert of_sizes(sized())["batch_predicted"].conclusive


@pytest.mark.parametrize(
    ("took", "within", "conclusive"),
    [
        ((1.0, 1.0, 1.0, 1.0), True, False),  # a constant would do as well: nothing is said of a line
        ((1.0, 2.0, 3.0, 1.0), False, True),  # the largest is as fast as the smallest: that refutes the line
    ],
)
def test_times_that_do_not_rise_take_a_pass_from_the_line_but_no_fail(
    took: tuple[float, ...], within: bool, conclusive: bool
) -> None:
    by_rows = dict(zip(PARAMS.table_rows, took, strict=True))
    flat = sized().assign(took=lambda table: table["rows"].map(by_rows) + 0.01 * table["turn"])
    found = of_sizes(flat)["batch_predicted"]
    assert (found.value <= PREDICTED_WITHIN, found.conclusive) == (within, conclusive)


def test_an_interval_shorter_than_the_batch_under_load_is_not_kept_however_fast_the_idle_one() -> None:
    own = calculator(findings(*whole()))
    (took, _), accounts = own.constants["took"], own.constants["accounts"]
    own = replace(own, constants=dict(own.constants) | {"took": [took, took]})
    slow = replace(own, constants=dict(own.constants) | {"took": [4 * took, 4 * took]})
    assert own.answers(rows=accounts)["loaded"] == pytest.approx(took)
    assert own.answers(rows=accounts, interval=took)["lag"] < float("inf")
    assert slow.answers(rows=accounts, interval=3 * took)["lag"] == float("inf")
    # 2 s for a million rows come on top.
    assert own.answers(rows=1e6 + accounts)["loaded"] == pytest.approx(took + 2, rel=0.02)
    assert own.answers(rows=1e6 + accounts, interval=took + 1.9)["lag"] == float("inf")
    lags = cdc_lakehouse.model(*whole()).projection["median lag at this run's interval, s"]
    assert lags.iloc[0] != LATE == lags.iloc[-1]


def test_the_condition_for_an_interval_names_the_end_of_the_slope_that_the_table_takes() -> None:
    model = cdc_lakehouse.model(*whole())
    assert r"T \ge c_L + c_R^{+} (R - R_0)" in model.formula
    each, most, took, accounts = (
        next(one for one in model.constants if one.name == name)
        for name in ("cR", "cR_high", f"cL{PARAMS.intervals[0]:g}", "R0")
    )
    assert "c_R⁺" in most.text and "c_R⁺" not in each.text
    assert each.interval is not None and each.interval[1] == most.value
    row = model.projection.iloc[-1]
    due = took.value + most.value / 1e6 * (row["rows of the table"] - accounts.value)
    assert row["mean batch under load, upper slope, s"] == pytest.approx(due, rel=1e-4)


def test_the_longer_interval_is_judged_by_its_own_batches() -> None:
    own = calculator(findings(*whole()))
    short, long = PARAMS.intervals[0], PARAMS.intervals[-1]
    apart = replace(own, constants=dict(own.constants) | {"took": [1.0, 2.0]})
    at = {"rows": own.constants["accounts"]}
    loaded = [
        apart.answers(**at, interval=every)["loaded"]
        for every in (short / 2, short, (short + long) / 2, long, 9 * long)
    ]
    assert loaded == pytest.approx([1.0, 1.0, 1.5, 2.0, 2.0])


def test_the_size_that_the_longer_interval_bears_is_that_of_its_own_batches() -> None:
    (found, controls), long = whole(), PARAMS.intervals[-1]
    table = found.tables["intervals"].copy()
    (before,) = {float(took) for took in table["took"]}
    table["took"] = [before, before + 1]
    slower = replace(found, tables=dict(found.tables) | {"intervals": table})
    assert calculator(findings(slower, controls)).constants["took"] == [before, before + 1]
    constants = {one.name: one.value for one in cdc_lakehouse.model(slower, controls).constants}
    assert constants[f"cL{long:g}"] == before + 1
    sizes = [at_scale.reach(findings(one, controls))[0] for one in (found, slower)]
    assert sizes[0] - sizes[1] == pytest.approx(1 / 2e-6)  # 2 s for a million rows


@pytest.mark.parametrize(("high", "ends"), [(2e6, "1.0 to 2.0"), (float("inf"), "1.0 or more")])
def test_the_size_at_which_the_advice_changes_stays_short_when_it_has_no_upper_end(
    monkeypatch: pytest.MonkeyPatch, high: float, ends: str
) -> None:
    monkeypatch.setattr(at_scale, "reach", lambda _: (123_456_789.0, 1e6, high))
    told = at_scale._changes_at(findings(*whole()))
    assert ends in told
    assert len(told) <= 60


def test_deletes_are_counted_beside_the_data_files_whose_rows_were_changed() -> None:
    # Each batch adds data files of its own, in which the next changes nothing.
    filled = sized()["rows"].map(data_files)
    table = sized().assign(files=lambda one: filled + one["turn"], deleted=filled)
    found, controls = whole()
    treatment = replace(found, tables=dict(found.tables) | {"sizes": table})
    (told,) = (
        one.text for one in cdc_lakehouse.model(treatment, controls).advice if "delete file" in one.text
    )
    assert data_files(PARAMS.table_rows[1]) == 1
    assert told.startswith(
        "Rows changed all over 1 data file leave 1 delete file a commit in format version 2, 1 deletion vector in version 3"
    )


def test_the_size_that_was_held_out_and_an_outage_longer_than_the_runs_are_extrapolated() -> None:
    model = cdc_lakehouse.model(*whole())
    held_out, fitted = PARAMS.table_rows[-1], PARAMS.table_rows[-2]
    by_rows = model.projection.set_index("rows of the table")["factor"]
    assert model.grade("its line, 95 %, from, s", by_rows[held_out]) == "extrapolated"
    assert model.grade("its line, 95 %, from, s", by_rows[PARAMS.table_rows[1]]) == "simulated"
    checked = {item.name: item.checked for item in model.calculator.inputs}
    assert checked["rows"] == (PARAMS.table_rows[0], fitted)
    assert checked["outage"] == (0, 0)  # Connect was not killed
    treatment, controls = whole()
    faults = pd.DataFrame(
        {"fault": ["connect"], "at": [10.0], "back": [19.0], "hit": [True], "following": [3]}
    )
    dead = treatment.tables["log"].assign(
        confirmed=lambda log: log["seconds"].clip(upper=10).mask(log["seconds"] > 17, 99)
    )
    killed = replace(treatment, tables=dict(treatment.tables) | {"faults": faults, "log": dead})
    (outage,) = (one.checked for one in calculator(findings(killed, controls)).inputs if one.name == "outage")
    assert outage == pytest.approx((0, 7 / 3600))


def test_a_limit_that_lies_within_the_spread_of_the_rounds_is_inconclusive() -> None:
    scattered = sized()
    largest = (scattered["rows"] == PARAMS.table_rows[-1]) & (scattered["version"] == 2)
    scattered.loc[largest, "took"] *= [1.0, 1.3, 2.0]
    found = of_sizes(scattered)["batch_predicted"]
    assert found.value < PREDICTED_WITHIN < found.interval[1] and not found.conclusive


def test_the_record_says_how_strong_it_is() -> None:
    treatment, controls = whole()
    shown = cdc_lakehouse.figures(treatment, controls)
    summary, model = (make(treatment, controls) for make in (cdc_lakehouse.summary, cdc_lakehouse.model))
    record = notebook._judged(cdc_lakehouse, treatment, controls, notebook.Shown(shown, summary, model))
    assert flaws(record, list(shown)) == []
    assert all(len(figure.title.split()) <= 15 for figure in shown.values())
