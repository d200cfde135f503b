"""`-p NAME=VALUE` means what papermill's `-p NAME VALUE` does, in a run and in a sweep."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill import cli

from lab.errors import ParameterError
from lab.experiments import kafka_lag
from lab.runner import execute
from lab.runner.assignments import parse, points


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("050000", 50_000),
        ("1e5", 100_000.0),
        ("1_000", 1_000),
        ("2.5", 2.5),
        ("True", True),
        ("None", None),
        ("true", "true"),
        ("yes", "yes"),
        ("no", "no"),
        ("1:00:00", "1:00:00"),
        ("0x10", "0x10"),
        ("2024-01-31", "2024-01-31"),
        ("a=b", "a=b"),
        ("all", "all"),
    ],
)
def test_a_value_is_what_papermill_makes_of_it(text: str, value: Any) -> None:
    read = parse([f"name={text}"])["name"]
    assert (read, type(read)) == (value, type(value))
    assert points([f"name={text}"]) == [{"name": value}]


@given(st.text(min_size=1).filter(lambda text: not text.startswith("[")))
def test_any_text_is_read_as_papermill_reads_it(text: str) -> None:
    assert repr(parse([f"name={text}"])["name"]) == repr(cli._resolve_type(text))


@given(st.lists(st.one_of(st.integers(), st.text(), st.booleans())))
def test_a_list_is_json(values: list) -> None:
    assert parse([f"name={json.dumps(values)}"]) == {"name": values}


def test_a_sweep_takes_lists_too() -> None:
    assert points(["sizes=[1, 2],[3]", "rate=1,2.5"]) == [
        {"sizes": sizes, "rate": rate} for sizes in ([1, 2], [3]) for rate in (1, 2.5)
    ]


@pytest.mark.parametrize("assignment", ["rate", "rate=", "=1", "1rate=2", "sizes=[1", "sizes=[one]"])
def test_what_is_no_assignment_is_refused(assignment: str) -> None:
    for read in (parse, points):
        with pytest.raises(ParameterError):
            read([assignment])


def test_of_a_sweep_no_value_is_dropped_because_its_name_was_given_twice() -> None:
    with pytest.raises(ParameterError, match="rate is given twice"):
        points(["rate=1", "seed=3", "rate=2"])


@pytest.mark.parametrize(
    "assignment", ["rate=1:00:00", "consumers=yes", "seed=no", "seed=true", "seed=True", "rate=2.5"]
)
def test_what_is_no_number_is_refused_by_name(assignment: str) -> None:
    with pytest.raises(ParameterError, match=f"parameter {assignment.partition('=')[0]} = "):
        execute.check_parameters("kafka_lag", parse([assignment]))


def test_a_number_in_another_dress_is_that_number() -> None:
    checked = execute.check_parameters(
        "kafka_lag", parse(["rate=050000", 'strategies=["keyed"]', "seconds=8"])
    )
    assert checked == kafka_lag.Params(rate=50_000, strategies=("keyed",), seconds=8.0)
