"""The classifier: identifiers of published examples, what only looks like them, and columns of every sort.

Kinds of faults that others have reported, each with an input of our own. Sources, read in November 2026: pii-shield 209,
tinycortex 154 and phileas 120 (times in milliseconds taken for cards), zaproxy 6639 (decimal numbers), python-stdnum 96
(digits of other scripts), presidio 47 (several labels for one number).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.governance import Params, classify, oracle
from lab.experiments.governance.workload.columns import VALUES, samples

pytest.importorskip("stdnum")


def label(values: list[Any], name: str = "c", **options: Any) -> str:
    return classify([name], [[value] for value in values], **options)[name].label


# Published examples, not made by the oracle.
@pytest.mark.parametrize(
    ("make", "example"),
    [
        (oracle.luhn, ("7992739871", "3")),
        (oracle.luhn, ("453201511283036", "6")),
    ],
)
def test_luhns_digit_is_that_of_published_numbers(make: Any, example: tuple[str, str]) -> None:
    assert make(example[0]) == example[1]


@pytest.mark.parametrize("kind", oracle.PERSONAL)
def test_what_the_oracle_makes_is_valid_to_the_library(kind: tuple[str, str]) -> None:
    # Two implementations of one rule: if they agreed by a mistake of the oracle, the examples below would differ.
    random = Random(str(kind))
    assert label([oracle.PERSONAL[kind](random) for _ in range(60)]) == kind[0]


@pytest.mark.parametrize(
    ("values", "due"),
    [
        (
            ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "FR1420041010050500013M02606"],
            "bank_account",
        ),
        (["54362315K", "12345678Z"], "none"),  # two that chance explains once in 500 columns
        (["ada@example.org", None, "", "grace@example.com"], "email"),
        (["2001:db8::1", "fe80::1", "::ffff:c000:280"], "ip_address"),
        ([], "none"),
        ([None, None], "none"),
        (["NaN", float("nan"), float("inf"), Decimal("NaN")], "none"),
        ([True, False, True], "none"),
        ([b"\x00", memoryview(b"a")], "none"),
        ([datetime(2026, 1, 1), date(1, 1, 1)], "none"),
        (["x" * 100_000], "none"),
        ([10**40, -5, 0, 10**5_000, Decimal("1E+999999"), Decimal("sNaN")], "none"),
    ],
)
def test_values_tell_what_a_column_holds(values: list[Any], due: str) -> None:
    assert label(values) == due


@pytest.mark.parametrize("kind", oracle.HARMLESS)
def test_numbers_that_look_like_identifiers_are_none(kind: str) -> None:
    random = Random(kind)
    for _ in range(20):
        assert label([oracle.HARMLESS[kind](random) for _ in range(50)]) == "none"


def test_numbers_that_lost_their_leading_zeros_and_floats_are_told() -> None:
    random = Random(1)
    cards = [float(oracle.card(random)) for _ in range(40)]
    assert label([value for value in cards if value < 2**53]) == "payment_card"
    assert label([int("02070803628"), *(int(oracle.pesel(random)) for _ in range(30))]) == "national_id"


def test_times_in_milliseconds_and_coordinates_are_no_cards() -> None:
    random = Random(1)
    assert label([1_548_138_160_707 + random.randrange(10**9) for _ in range(200)]) == "none"
    assert label([f"{random.uniform(40, 60):.13f}" for _ in range(200)]) == "none"
    assert label([random.uniform(40, 60) for _ in range(200)]) == "none"


def test_digits_of_other_scripts_are_read_or_left_alone() -> None:
    random = Random(1)
    numbers = [oracle.card(random) for _ in range(20)]
    wide = [number.translate({48 + digit: 0xFF10 + digit for digit in range(10)}) for number in numbers]
    assert label(wide) == "payment_card"
    assert label(["978\u00b270", "\u1b53\u1b53", "\u0665" * 16]) == "none"


def test_one_number_with_a_check_digit_is_no_proof_and_one_address_is() -> None:
    assert label(["4111111111111111"]) == "none"
    assert label(["ada@example.org"]) == "email"


@pytest.mark.parametrize(
    ("name", "values", "due"),
    [
        ("First Name", ["Ada", "Grace"], "person_name"),
        ("kunde_nachname", ["Łukasz", "Ñuñez"], "person_name"),
        ("birthDate", [date(1980, 1, 1)], "birth_date"),
        ("email", [], "email"),
        ("email_count", [1, 2], "none"),
        ("email", [True, False], "none"),
        ("file_name", ["a.txt"], "none"),
        ("phone_verified", [True], "none"),
        ("", ["x"], "none"),
    ],
)
def test_a_name_tells_unless_the_content_can_not_be_that(name: str, values: list[Any], due: str) -> None:
    assert label(values, name) == due
    assert due == "none" or label(values, name, names=False) in ("none", due)


def test_json_and_arrays_are_looked_into() -> None:
    assert label([{"a": {"mail": ["ada@example.org"]}}, {"a": None}]) == "email"
    assert label([["ada@example.org"], []]) == "email"
    assert label([{"first_name": "Ada"}]) == "person_name"
    assert label([{}, []]) == "none"


values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.binary()
    | st.dates()
)


@given(
    st.lists(
        st.tuples(
            values | st.lists(values, max_size=3), values | st.dictionaries(st.text(), values, max_size=3)
        )
    )
)
def test_whatever_is_in_a_column_there_is_an_answer(rows: list[tuple[Any, Any]]) -> None:
    assert set(classify(["a", "b"], rows)) == {"a", "b"}


@pytest.mark.parametrize("threshold", [0, 1.1, -1, float("nan")])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        classify(["a"], [["x"]], threshold)


def test_rows_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1 values for 2 columns"):
        classify(["a", "b"], [["x"]])


def test_columns_for_the_classifier_are_the_same_each_time_and_as_dirty_as_said() -> None:
    params = Params(columns=5, dirt=0.2)
    made = list(samples(params))
    assert [one.values for one in made] == [one.values for one in samples(params)]
    assert {len(one.values) for one in made} == {VALUES} and max(one.dirt for one in made) <= 0.2
    assert any(isinstance(value, int) for one in made for value in one.values)
