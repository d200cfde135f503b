"""What a watermark absorbs: by hand, against the replay event by event, on foreign data; what parameters are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.late_features import Params, absorbed_share, classify, share_within
from lab.experiments.late_features.oracle import batch, rule

HOUR = 3600
DAY = datetime(2024, 5, 1)


def events(*pairs: tuple[float, float | None]) -> pd.DataFrame:
    """Hours of event time and of arrival."""
    rows = [
        (DAY + timedelta(hours=own), pd.NaT if came is None else DAY + timedelta(hours=came))
        for own, came in pairs
    ]
    return pd.DataFrame(rows, columns=["event_time", "arrival"])


def test_late_is_measured_against_the_largest_event_time_seen_and_the_windows_end() -> None:
    # 10:30 comes after 11:10 was seen: late. After 12:00 was seen its window's end is an hour ago.
    seen = events((10.1, 10.1), (11.2, 11.2), (10.5, 11.3), (12.0, 12.0), (10.6, 12.1), (9.0, None))
    assert list(classify(seen, "30 min", "1 hour")) == [
        "on time",
        "on time",
        "absorbed",
        "on time",
        "dropped",
        "never",
    ]
    assert absorbed_share(seen, "30 min", "1 hour") == 4 / 5
    assert absorbed_share(seen, "0 min", "1 hour") == 3 / 5
    assert absorbed_share(seen, "1 hour 1 min", "1 hour") == 1
    # One batch of everything: nothing was seen before it.
    assert absorbed_share(seen, "0 min", "1 hour", batch=5) == 1


def test_a_window_whose_end_is_the_watermark_is_closed() -> None:
    seen = events((10.0, 10.0), (12.0, 12.0), (10.5, 12.1))
    assert list(classify(seen, "1 hour", "1 hour"))[-1] == "dropped"
    assert list(classify(seen, timedelta(hours=1, milliseconds=1), "1 hour"))[-1] == "absorbed"


def test_a_batch_is_held_against_the_batches_before_the_last() -> None:
    seen = events((10.0, 10.0), (14.0, 14.0), (10.1, 14.1), (10.2, 14.2))
    assert list(classify(seen, "0 min", "1 hour", batch=1)) == ["on time", "on time", "absorbed", "dropped"]


def test_f_counts_delays_and_knows_no_window() -> None:
    seen = events((10.0, 10.1), (10.0, 10.5), (10.0, 11.5), (10.0, None))
    assert share_within(seen, "30 min") == 2 / 3


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(-40, 400)), min_size=1, max_size=60),
    st.sampled_from([0, 15, 60, 200]),
    st.sampled_from([7, 30, 60]),
    st.integers(1, 9),
)
def test_the_share_is_that_of_the_replay_event_by_event(
    pairs: list[tuple[int, int]], watermark: int, window: int, size: int
) -> None:
    frame = events(*((own / 60, (own + delay) / 60) for own, delay in pairs))
    frame = frame.sort_values("arrival", kind="stable", ignore_index=True)
    seconds = (frame["event_time"] - pd.Timestamp(0)) // pd.Timedelta(1, "s")
    own = [rule.Event(number, second, ("k",)) for number, second in enumerate(seconds)]
    cut = [own[begin : begin + size] for begin in range(0, len(own), size)]
    replayed = rule.replay(cut, watermark * 60, window * 60)
    found = classify(frame, f"{watermark} min", f"{window} min", size)
    assert set(np.flatnonzero(found == "dropped")) == replayed.dropped
    assert set(np.flatnonzero(found != "on time")) == rule.late(own, window * 60)


def test_the_replay_clears_state_with_the_batchs_own_watermark() -> None:
    own = [rule.Event(number, hour * HOUR, ("k",)) for number, hour in enumerate((10, 12, 14))]
    replayed = rule.replay([[one] for one in own] + [[]], 0, HOUR)
    assert replayed.watermarks == (0, 10 * HOUR, 12 * HOUR, 14 * HOUR)
    assert replayed.state == (1, 2, 2, 1)


def test_duckdbs_windows_begin_at_whole_hours() -> None:
    frame = pd.DataFrame(
        {"event_s": [HOUR - 1, HOUR, 2 * HOUR - 1], "carrier": "UA", "origin": "EWR", "delay": [5, -2, 9]}
    )
    found = batch.values(frame, HOUR)
    assert found.to_dict("list") == {
        "start_s": [0, HOUR],
        "carrier": ["UA", "UA"],
        "origin": ["EWR", "EWR"],
        "events": [1, 2],
        "total": [5, 7],
        "largest": [5, 9],
    }


def _abroad(time: pd.Timestamp, hours: int) -> str:
    """The same moment with an offset of its own, as texts have it around the change to summer time."""
    return f"{time + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+{hours:02}:00"


FINE = events((10.0, 10.0), (12.0, 12.0), (10.5, 12.5), (11.9, 12.6))


@pytest.mark.parametrize(
    "same",
    [
        FINE.sample(frac=1, random_state=1),  # any order of rows, an index of its own
        FINE.assign(**{"a column": 1}),
        FINE.astype(str),  # text
        FINE.apply(lambda column: column.dt.tz_localize("UTC")),
        FINE.apply(lambda column: column.dt.tz_localize("UTC").dt.tz_convert("America/New_York")),
        FINE.apply(lambda column: column.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")),
        FINE.apply(lambda column: pd.Series([_abroad(time, n) for n, time in enumerate(column)])),
        pd.concat([FINE, events((3.0, None))]).apply(
            lambda column: column.dt.tz_localize("UTC").astype(str)
        ),  # a "NaT"
        FINE.astype("datetime64[s]"),
        FINE.to_dict("records"),
        FINE.to_dict("list"),
        pd.concat([FINE, events((3.0, None))]),  # one that never comes, and an index with repetitions
    ],
)
def test_the_same_events_in_other_clothes_have_the_same_share(same: Any) -> None:
    assert absorbed_share(same, "1 hour", "1 hour") == absorbed_share(FINE, "1 hour", "1 hour") == 3 / 4


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            FINE.rename(columns={"arrival": "Arrival"}),
            "need one column 'arrival'; they have: event_time, Arrival",
        ),
        (pd.concat([FINE, FINE["arrival"]], axis=1), "need one column 'arrival'"),
        (pd.DataFrame(), "they have: none"),
        (FINE.assign(event_time=1_700_000_000), "numbers, which have no unit"),
        (FINE.assign(arrival=[1.0, None, 2.0, 3.0]), "numbers, which have no unit"),
        (FINE.assign(arrival=["2024-05-01", 5, "x", None]), "numbers, which have no unit"),
        (FINE.assign(event_time="soon"), "event_time holds what is no time"),
        (FINE.assign(event_time=[pd.NaT, *FINE["event_time"][1:]]), "1 events have no event_time"),
        (
            FINE.assign(event_time=FINE["event_time"].dt.tz_localize("UTC")),
            "has a time zone, the other has none",
        ),
        (
            FINE.assign(arrival=["2024-05-01T10:00:00+02:00", "2024-05-01T12:00:00", "", None]),
            "some of arrival have a time zone, some have none",
        ),
        (FINE.assign(event_time=pd.Timestamp("1969-12-31")), "before 1970"),
        (FINE.assign(arrival=pd.NaT), "none of the events has an arrival"),
        (FINE.iloc[:0], "none of the events has an arrival"),
    ],
)
def test_foreign_events_are_refused_in_words(frame: pd.DataFrame, words: str) -> None:
    before = frame.copy()
    with pytest.raises(ValueError, match=words):
        absorbed_share(frame, "1 hour", "1 hour")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("span", [60, "60", 1.5, "soon", "-1 hour", "nan", None, "1 month"])
def test_a_length_of_time_without_a_unit_is_refused(span: Any) -> None:
    with pytest.raises(ValueError, match=r"watermark is .*with its unit"):
        absorbed_share(FINE, span, "1 hour")
    with pytest.raises(ValueError, match=r"window is .*with its unit"):
        absorbed_share(FINE, "1 hour", span)


@pytest.mark.parametrize("size", [0, -1, True, 2.0, "20", [0, 1], [[0], [0], [1], [1]], np.int64(0)])
def test_a_batch_that_is_no_number_of_events_is_refused(size: Any) -> None:
    with pytest.raises(ValueError, match=r"batch (is|has)"):
        absorbed_share(FINE, "1 hour", "1 hour", size)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"day": "19.7.2013"}, "day: write it like"),
        ({"day": "2014-07-19"}, "the flights are those of 2013"),
        ({"days": 0}, "days = 0"),
        ({"watermarks": (15, 60)}, "watermarks"),
        ({"watermarks": (60, 15, 120)}, "the shortest first"),
        ({"watermark_minutes": 45}, "one of watermarks"),
        ({"watermark_minutes": 15}, "not the shortest"),
        ({"batch_events": 1}, "batch_events = 1"),
        ({"max_future_minutes": 10}, "max_future_minutes = 10"),
        ({"window_minutes": "60"}, "window_minutes = '60'"),
        ({"watermark": 60}, "unknown parameter 'watermark'"),
    ],
)
def test_a_wrong_parameter_is_refused_in_words(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        parameters.parse(Params, wrong)
