"""The oracle and the judgement, on histories of which the outcome is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.criteria import Observation, judge
from lab.experiments.dbt_contracts import CRITERIA, Mutant
from lab.experiments.dbt_contracts.judge import census, growth, layers, metrics, observations
from lab.experiments.dbt_contracts.judge.layers import BUILD, CONSTRAINT, CONTRACT, NOBODY, TEST, UNIT
from lab.experiments.dbt_contracts.measure.seen import Built
from lab.experiments.dbt_contracts.oracle import differing, marts
from lab.services.dbt import Node

# As dbt 1.11 words them.
BROKEN_CONTRACT = """Compilation Error in model stg_orders (models/staging/stg_orders.sql)
  This model has an enforced contract that failed.
  Please ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.

  | column_name | definition_type | contract_type | mismatch_reason       |
  | ----------- | --------------- | ------------- | --------------------- |
  | status      |                 | TEXT          | missing in definition |

  > in macro assert_columns_equivalent"""
NOT_NULL = 'Database Error in model fct_orders\n  null value in column "status" of relation "x" violates not-null constraint'


def node(kind: str, name: str, status: str, message: str, rule: str = "") -> Node:
    return Node(f"{kind}.shop_orders.{name}", kind, name, status, message, rule, 0.1)


CONTRACT_NODE = node("model", "stg_orders", "error", BROKEN_CONTRACT)
TEST_NODE = node("test", "stg_orders_status_is_known", "fail", "Got 1 result, configured to fail if != 0")
MUTANT = Mutant("new category", "orders", "status", "", False, ())
BENIGN = Mutant("wider type", "orders", "status", "to text", True, ())


def built(*failures: Node, mutant: Mutant | None = MUTANT, **more: Any) -> Built:
    success = more.pop("success", not failures)
    found = Built("DuckDB", "all layers", mutant, success, failures, 48, 1.0, 0 if success else None)
    return replace(found, **more)


@pytest.mark.parametrize(
    ("failed", "due"),
    [
        (CONTRACT_NODE, CONTRACT),
        (TEST_NODE, TEST),
        (node("model", "fct_orders", "error", NOT_NULL), CONSTRAINT),
        (
            node(
                "model",
                "fct_orders",
                "error",
                "Runtime Error\n  Constraint Error: NOT NULL constraint failed",
            ),
            CONSTRAINT,
        ),
        (node("model", "fct_orders", "error", "Binder Error: column status not found"), BUILD),
        (node("test", "unique_stg_orders_status", "error", "Binder Error: no column status"), BUILD),
        (node("unit_test", "fct_orders::sums", "fail", "actual differs from expected"), UNIT),
        (node("unit_test", "fct_orders::sums", "error", "no such column"), BUILD),
    ],
)
def test_a_failure_belongs_to_the_layer_that_has_looked(failed: Node, due: str) -> None:
    assert layers.layer(failed) == due
    assert layers.noticed(built(failed))[0] == due


def test_a_benign_change_that_changes_the_mart_makes_no_wrong_one() -> None:
    # More rows are no fault, and the mart differs all the same.
    more = Mutant("more rows", "", "", "", True, ())
    seen = layers.table([built(mutant=more, differing=5), built(mutant=MUTANT, differing=5)])
    found = {one.name: one.value for one in metrics.counts(seen, "all layers")}
    assert {name: value for name, value in found.items() if name.startswith("wrong_mart")} == {
        "wrong_mart_rules_for_values_all_layers": 1
    }


def test_the_first_layer_counts_where_several_notice() -> None:
    assert layers.noticed(built(TEST_NODE, CONTRACT_NODE))[:2] == (CONTRACT, True)
    assert layers.noticed(built()) == (NOBODY, False, "")


@pytest.mark.parametrize(
    ("name", "message", "named"),
    [
        ("stg_orders_status_is_known", "", True),
        ("accepted_values_stg_orders_sta_0c1f", "Got 1 result", False),  # as dbt cuts a long name
        ("not_null_stg_orders_status_v2", "", True),
        ("stg_orders_substatus_is_known", "", False),
        ("stg_order_lines_status_is_known", "", False),
        ("some_test", 'column "status" of stg_orders', True),
    ],
)
def test_words_name_a_column_as_a_whole_word_with_its_model(name: str, message: str, named: bool) -> None:
    assert layers.names(node("test", name, "fail", message), "stg_orders", "status") is named


def test_what_is_said_of_a_contract_is_its_row() -> None:
    said = layers.noticed(built(CONTRACT_NODE))[2]
    assert said.startswith("stg_orders: | status") and "missing in definition" in said


def outcome(name: str, observed: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (built(TEST_NODE), "pass"),
        (built(CONTRACT_NODE), "pass"),
        (built(), "fail"),
        (built(node("model", "stg_orders", "error", "Conversion Error: no status in stg_orders")), "fail"),
        (built(replace(TEST_NODE, name="accepted_values_stg_orders_sta_0c1f")), "fail"),
        (built(mutant=replace(MUTANT, kind="time zone")), "pass"),  # nothing of the kind was agreed
    ],
)
def test_one_violation_without_a_name_is_enough_to_fail(found: Built, due: str) -> None:
    rows = layers.table([built(TEST_NODE), found])
    assert outcome("violations_named", observations.violations_named(rows)) == due


@pytest.mark.parametrize(
    ("failures", "due"), [((), "pass"), ((TEST_NODE,), "fail"), ((CONTRACT_NODE,), "fail")]
)
def test_one_benign_change_that_is_stopped_is_enough_to_fail(failures: tuple[Node, ...], due: str) -> None:
    rows = layers.table([built(mutant=BENIGN), built(*failures, mutant=replace(BENIGN, variant="other"))])
    assert outcome("benign_blocked", observations.benign_blocked(rows)) == due


@pytest.mark.parametrize(
    ("judged", "mutant"),
    [(observations.violations_named, MUTANT), (observations.benign_blocked, BENIGN)],
)
def test_a_change_that_is_built_on_two_engines_is_counted_once(judged: Any, mutant: Mutant) -> None:
    wrong = () if mutant is MUTANT else (TEST_NODE,)
    rows = layers.table(built(*wrong, mutant=mutant, engine=engine) for engine in ("DuckDB", "PostgreSQL"))
    found = judged(rows)
    assert found.value == 1 and "of 1 changes, in 2 builds" in found.detail


@pytest.mark.parametrize(
    ("clean", "due"),
    [
        (built(mutant=None), "pass"),
        (built(TEST_NODE, mutant=None), "fail"),
        (built(CONTRACT_NODE, mutant=None), "fail"),
    ],
)
def test_the_agreed_source_passes_on_every_engine(clean: Built, due: str) -> None:
    seen = observations.clean_passes([built(mutant=None), clean])
    assert outcome("clean_passes", seen) == due


@pytest.mark.parametrize(("rows", "due"), [(0, "pass"), (1, "fail"), (None, "fail")])
def test_marts_that_differ_or_can_not_be_read_are_not_right(rows: int | None, due: str) -> None:
    seen = observations.marts_right([built(mutant=None), built(mutant=None, differing=rows)])
    assert outcome("marts_right", seen) == due


@pytest.mark.parametrize(("other", "due"), [((TEST_NODE,), "pass"), ((CONTRACT_NODE,), "fail"), ((), "fail")])
def test_engines_agree_on_who_notices(other: tuple[Node, ...], due: str) -> None:
    rows = layers.table([built(TEST_NODE), built(*other, engine="PostgreSQL"), built(mutant=BENIGN)])
    assert outcome("engines_agree", observations.engines_agree(rows)) == due


def test_a_build_that_came_out_otherwise_than_in_the_census_is_named() -> None:
    kept = layers.table([built(TEST_NODE), built(mutant=BENIGN)])
    assert census.differing(layers.table([built(TEST_NODE)]), kept) == []
    (said,) = census.differing(layers.table([built(CONTRACT_NODE)]), kept)
    assert said == "orders.status: new category (DuckDB, all layers): contract, was test"
    with pytest.raises(ValueError, match="make it again"):
        census.differing(layers.table([built(TEST_NODE, engine="other")]), kept)


def test_a_mart_is_wrong_only_where_dbt_ended_with_success() -> None:
    rows = layers.table([built(differing=3), built(differing=None), built(TEST_NODE), built(differing=0)])
    assert list(rows["wrong"]) == [True, True, False, False]


def timed(seconds: dict[int, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"orders": orders, "round": 0, "arm": "all layers", "kind": "test", "nodes": 41, "seconds": value}
            for orders, value in seconds.items()
        ]
    )


@pytest.mark.parametrize(("middle", "due"), [(2.0, "pass"), (4.0, "fail")])
def test_the_size_between_is_predicted_from_the_others(middle: float, due: str) -> None:
    seen = observations.tests_predicted(timed({1_000: 1.1, 10_000: middle, 20_000: 3.0}))
    assert outcome("tests_predicted", seen) == due


def test_a_line_through_known_times_is_found() -> None:
    law = growth.fitted(timed({1_000: 1.1, 5_000: 9.9, 10_000: 2.0}))
    assert law.fixed == pytest.approx(1.0) and law.each == pytest.approx(1e-4)


def order(number: int, customer: int, status: str, total: str, at: datetime) -> dict[str, Any]:
    return {
        "order_id": number,
        "customer_id": customer,
        "status": status,
        "currency": "EUR",
        "total": Decimal(total),
        "ordered_at": at,
    }


def test_the_oracle_on_rows_of_which_the_marts_are_known() -> None:
    late = datetime(2026, 1, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))  # the next day in UTC
    early = datetime(2026, 1, 1, 12, tzinfo=UTC)
    customers = [{"customer_id": one, "email": f"{one}@x.org", "country": "DE"} for one in (1, 2)]
    orders = [order(10, 1, "paid", "5.25", late), order(11, 1, "cancelled", "99", early)]
    lines = [{"order_id": 10, "quantity": 2}, {"order_id": 10, "quantity": 3}]
    found = marts(customers, orders, lines)
    assert found["fct_orders"] == [
        (10, 1, date(2026, 1, 2), "paid", "EUR", 5, Decimal("5.25")),
        (11, 1, date(2026, 1, 1), "cancelled", "EUR", 0, Decimal(99)),
    ]
    assert found["dim_customers"] == [
        (1, "1@x.org", "DE", date(2026, 1, 2), 1, Decimal("5.25")),
        (2, "2@x.org", "DE", None, 0, Decimal(0)),
    ]


ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", None])), max_size=8)


@given(ROWS, ROWS)
def test_rows_differ_by_how_often_they_come(one: list[Any], other: list[Any]) -> None:
    assert differing(one, one[::-1]) == 0
    assert differing(one, other) == differing(other, one) >= abs(len(one) - len(other))
    assert differing([*one, (9, "new")], one) == 1
