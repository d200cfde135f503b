"""What a run would say of known-bad histories; the generator of changes, the pushes and the oracle by themselves."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lab.evidence.criteria import Observation, judge
from lab.experiments.contract_gate import CONTRACT, CRITERIA, EXAMPLE, load, mutants
from lab.experiments.contract_gate.judge import census, kinds, observations
from lab.experiments.contract_gate.judge.metrics import judged_tables, metrics, predicted
from lab.experiments.contract_gate.measure.gates import cli_said
from lab.experiments.contract_gate.measure.seen import Built, Ended, Judged, Pushed, Said, Seen, Timed
from lab.experiments.contract_gate.oracle import differing, marts
from lab.experiments.contract_gate.workload.mutants import GOOD, OUTSIDE, drawn
from lab.experiments.contract_gate.workload.pushes import Push, pushes
from lab.experiments.contract_gate.workload.shop import SHOP
from lab.services.datacontract import Checked, Outcome

EVERY = mutants()
BAD = next(one for one in EVERY if one.name == "orders.status of a new category")
BENIGN = next(one for one in EVERY if one.group == GOOD)
BEYOND = next(one for one in EVERY if one.group == OUTSIDE)
SILENT = Said(frozenset(), frozenset(), ())
RULE = ("set", "orders", "status")


def outcome(name: str, observed: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


def said(broken: Any = (), holds: Any = ()) -> Said:
    return Said(frozenset(broken), frozenset(holds), ())


def test_a_gate_that_names_the_rule_passes_and_any_other_word_fails() -> None:
    for words, due in (
        (said([RULE]), "pass"),
        (said(), "fail"),
        (said([RULE, ("range", "orders", "total")]), "fail"),
        (said([("pattern", "orders", "status")]), "fail"),
    ):
        assert outcome("rules_named", observations.rules_named([Judged("DuckDB", BAD, words, SILENT)])) == due


def test_a_good_change_that_is_stopped_anywhere_fails() -> None:
    for place in ("DuckDB", "CSV"):
        stopped = Judged(place, BENIGN, said([RULE]), SILENT)
        assert outcome("good_blocked", observations.good_blocked([stopped])) == "fail"
    assert (
        outcome("good_blocked", observations.good_blocked([Judged("CSV", BENIGN, said(), SILENT)])) == "pass"
    )
    assert (
        outcome("good_blocked", observations.good_blocked([Judged("CSV", None, said([RULE]), SILENT)]))
        == "fail"
    )


def test_validators_that_say_the_opposite_fail_and_no_opinion_is_none() -> None:
    for gate, cli, due in (
        (said([RULE]), said([RULE]), 0),
        (said([RULE]), said(), 0),
        (said([RULE]), said(holds=[RULE]), 1),
        (said(holds=[RULE]), said([RULE]), 1),
        (said(), said([RULE]), 0),
    ):
        wrong, _ = kinds.disagreeing([Judged("DuckDB", BAD, gate, cli)])
        assert len(wrong) == due


def test_a_wrong_mart_after_a_silent_gate_fails_and_a_stopped_one_does_not() -> None:
    wrong = Built(BAD, True, 3)
    for judged, built, due in (
        ([Judged("DuckDB", BAD, said([RULE]), SILENT)], wrong, "pass"),
        ([Judged("DuckDB", BAD, said(), SILENT)], wrong, "fail"),
        ([], wrong, "fail"),
        ([], Built(BAD, False, None), "pass"),
        ([], Built(BAD, True, 0), "pass"),
        ([], Built(BAD, True, None), "fail"),  # a mart that can't be read is not right
        ([], Built(BENIGN, True, 5), "pass"),
        ([], Built(BEYOND, True, 5), "pass"),  # beyond the rules: told, not judged
    ):
        assert outcome("wrong_marts", observations.wrong_marts(judged, [built])) == due


def test_marts_of_the_data_as_agreed_must_be_right() -> None:
    for differing_rows, due in ((0, "pass"), (2, "fail"), (None, "fail")):
        assert outcome("marts_right", observations.marts_right([Built(None, True, differing_rows)])) == due


def test_a_refusal_must_name_what_is_wrong() -> None:
    push = Push("bad", False, {}, ("orders.status", "set"))
    for accepted, lines, due in (
        (False, ("orders.status: set: 1 row",), "pass"),
        (False, ("something is wrong",), "fail"),
        (True, ("orders.status: set: 1 row",), "fail"),
    ):
        assert (
            outcome("merges_blocked", observations.merges_blocked([Pushed(push, True, accepted, lines)]))
            == due
        )
    good = Pushed(Push("good", True), True, False, ())
    assert outcome("good_pushes_pass", observations.good_pushes_pass([good])) == "fail"


def test_another_place_must_say_the_same_but_for_types_in_text() -> None:
    typed = next(one for one in EVERY if one.typed)
    own = [Judged("DuckDB", one, said([RULE]), SILENT) for one in (BAD, typed)]
    for place, mutant, words, due in (
        ("CSV", BAD, said([RULE]), 0),
        ("CSV", BAD, said(), 1),
        ("CSV", typed, said(), 0),
        ("Parquet", typed, said(), 1),
    ):
        wrong, _ = kinds.elsewhere_differing([*own, Judged(place, mutant, words, SILENT)])
        assert len(wrong) == due


def test_a_wrong_status_of_the_command_fails() -> None:
    assert outcome("statuses", observations.statuses([Ended("bad", 1, 1, "")])) == "pass"
    assert outcome("statuses", observations.statuses([Ended("bad", 1, 0, "")])) == "fail"


def test_the_line_is_drawn_without_the_size_that_it_predicts() -> None:
    timed = [Timed(n, 0, "gate", 0.1 + n * 1e-5) for n in (1_000, 10_000)] + [Timed(4_000, 0, "gate", 9.0)]
    assert predicted(timed)[0] == pytest.approx(0.14) and predicted(timed)[1] == 9.0
    assert outcome("gate_predicted", observations.gate_predicted(Seen(timed=timed))) == "fail"


def test_a_call_that_refuses_to_judge_does_not_count_as_one_that_judges() -> None:
    ended = [
        Ended("good", 0, 0, ""),
        Ended("bad", 1, 1, ""),
        Ended("broken", 2, 2, ""),
        Ended("none", 2, 2, ""),
    ]
    timed = [Timed(n, 0, "gate", 0.1 + n * 1e-5) for n in (1_000, 2_000, 4_000)]
    timed += [Timed(400, number, "command", took) for number, took in enumerate((0.6, 0.7, 0.2, 0.1))]
    seen = Seen(ended=ended, timed=timed)
    told = {one.name: one for one in metrics(seen, judged_tables(seen))}
    assert told["command_s"].value == pytest.approx(0.65) and told["command_s"].raw == [0.6, 0.7]
    assert told["command_refused_s"].value == pytest.approx(0.15)
    assert not [name for name in told if name.startswith("command_s_at")]
    silent = metrics(replace(seen, ended=[replace(one, status=2) for one in ended]), judged_tables(seen))
    assert math.isnan(next(one.value for one in silent if one.name == "command_s"))


def test_of_good_changes_no_mart_is_counted_as_right_for_none_is_compared() -> None:
    seen = Seen([], [Built(BENIGN, True, 5), Built(BEYOND, True, 5)])
    told = {one.name: one.value for one in metrics(seen, judged_tables(seen))}
    assert told["wrong_without_beyond_the_rules"] == 1 and not [
        name for name in told if GOOD in name.replace("_", " ")
    ]


def test_a_change_that_is_judged_in_many_places_is_one_change_and_data_as_agreed_are_none() -> None:
    two = [one for one in EVERY if one.group == GOOD][:2]
    places = ("DuckDB", "Parquet", "CSV", "PostgreSQL")
    judged = [Judged("DuckDB", one, said(), SILENT) for one in two]
    judged += [Judged(place, None, said(), SILENT) for place in places]
    judged += [Judged(place, BAD, said(), SILENT) for place in places]
    told = observations.good_blocked(judged).detail
    assert told == (
        f"of 2 changes (DuckDB): {two[0].name}, {two[1].name}; the data as agreed (DuckDB, Parquet, CSV, PostgreSQL)"
    )
    elsewhere = observations.observe(Seen(judged))["formats_agree"].detail
    assert elsewhere == (
        f"of 1 change (Parquet, CSV, PostgreSQL): {BAD.name}; the data as agreed (Parquet, CSV, PostgreSQL); 6 comparisons"
    )


def test_precision_and_recall_count_no_opinion_as_not_caught() -> None:
    judged = [
        Judged("DuckDB", BAD, said([RULE, ("range", "orders", "total")]), said()),
        Judged("DuckDB", BAD, said(holds=[RULE]), said([RULE])),
    ]
    rows = kinds.confusion(judged)
    own = kinds.by_kind(rows, "gate")
    assert own.loc["set", ["caught", "missed", "precision", "recall"]].tolist() == [1, 1, 1.0, 0.5]
    assert own.loc["range", "false alarm"] == 1 and own.loc["range", "precision"] == 0
    assert kinds.by_kind(rows, "datacontract-cli").loc[
        "set", ["caught", "no opinion", "recall"]
    ].tolist() == [1, 1, 0.5]


def test_what_datacontract_cli_could_not_run_is_no_opinion() -> None:
    checks = [
        Checked("field_type", "orders", "total", "warning", "not supported"),
        Checked("field_regex", "customers", "email", "failed", "1 row"),
        Checked("field_required", "customers", "email", "passed", ""),
        Checked("primary_key_unique", "order_lines", "", "failed", "2"),
        Checked("something_new", "orders", "total", "failed", ""),
        Checked("field_minimum", "orders", "total", "error", "no connection"),
    ]
    told = cli_said(Outcome("failed", tuple(checks), 0.1))
    assert told.broken == {("pattern", "customers", "email"), ("unique", "order_lines", "order_id, line_no")}
    assert told.holds == {("required", "customers", "email")}


def test_every_rule_of_the_contract_is_broken_by_some_change() -> None:
    broken = {rule for mutant in EVERY for rule in mutant.broken}
    rules = {(rule.kind, rule.table, rule.column) for rule in load(CONTRACT).rules}
    assert broken <= rules
    # `order_lines.order_id` and its like are required and never NULL by themselves; all others have a change of their own.
    assert {rule for rule in rules - broken if rule[0] != "presence"} == set()
    assert len({mutant.name for mutant in EVERY}) == len(EVERY)


def test_a_draw_has_every_kind_and_is_the_same_each_time() -> None:
    every = {(one.group in (OUTSIDE, GOOD), one.kind) for one in EVERY}
    chosen = drawn(EVERY, 24, 1)
    assert {(one.group in (OUTSIDE, GOOD), one.kind) for one in chosen} == every and len(chosen) == 24
    assert drawn(EVERY, 24, 1) == chosen and drawn(EVERY, 500, 1) == EVERY


def test_pushes_are_good_and_bad_and_no_two_alike() -> None:
    found = pushes(EXAMPLE)
    assert sum(one.good for one in found) >= 4 and sum(not one.good for one in found) >= 6
    assert all(one.names for one in found if not one.good)
    assert "tests/test_contracts.py" in found[0].files and len({one.name for one in found}) == len(found)


def test_the_contract_speaks_of_the_columns_that_the_shop_has() -> None:
    tables = load(CONTRACT).tables
    assert {table.name: [column.name for column in table.columns] for table in SHOP} == {
        name: list(columns) for name, columns in tables.items()
    }


def test_the_oracle_counts_days_in_utc_and_leaves_out_what_was_cancelled() -> None:
    at = datetime(2026, 1, 1, 23, 30, tzinfo=UTC).astimezone(datetime.now().astimezone().tzinfo)
    orders = [
        {
            "order_id": n,
            "customer_id": 1,
            "ordered_at": at,
            "shipped_at": ship,
            "status": status,
            "total": Decimal(n),
        }
        for n, ship, status in (
            (1, at + timedelta(hours=48), "delivered"),
            (2, at + timedelta(hours=48, seconds=1), "delivered"),
            (3, None, "placed"),
            (4, None, "cancelled"),
        )
    ]
    customers = [
        {"customer_id": 1, "email": "a@b", "country": "DE"},
        {"customer_id": 2, "email": "c@d", "country": "FR"},
    ]
    lines = [{"order_id": n, "quantity": 2} for n in (1, 1, 2, 3, 4)]
    found = marts(customers, orders, lines)
    assert found["daily_sales"] == [(datetime(2026, 1, 1).date(), "DE", 3, 8, Decimal(6), 1)]
    assert found["customer_value"] == [(1, "a@b", 3, Decimal(6)), (2, "c@d", 0, Decimal(0))]
    assert differing([(1,), (1,), (2,)], [(1,), (3,)]) == 3


def test_a_change_that_came_out_otherwise_than_in_the_census_is_named() -> None:
    seen = Seen([Judged("DuckDB", BAD, said([RULE]), said([RULE]))], [Built(BAD, True, 3)])
    tables = judged_tables(seen)
    assert census.differing(tables, tables) == []
    assert census.differing(judged_tables(Seen(seen.judged, [Built(BAD, False, None)])), tables) == [BAD.name]
    silent = [Judged("DuckDB", BAD, said([RULE]), said())]
    assert census.differing(judged_tables(Seen(silent, seen.built)), tables) == [BAD.name]
    with pytest.raises(ValueError, match="make it again"):
        census.differing(judged_tables(Seen(built=[Built(BENIGN, True, 0)])), tables)


def test_the_kept_census_has_every_change() -> None:
    kept = census.kept()
    assert kept is not None and set(kept["fates"]["change"]) == {one.name for one in EVERY}


def test_nothing_seen_gives_no_observation() -> None:
    assert observations.observe(Seen()) == {} and metrics(Seen(), judged_tables(Seen())) == []
