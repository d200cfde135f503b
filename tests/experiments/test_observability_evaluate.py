"""`evaluate` and `alerts_of` on a reader's own and on foreign data."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lab.evidence import statistics
from lab.experiments.observability import Alert, EvaluationError, Injection, alerts_of, evaluate
from lab.experiments.observability.kit.pipelinewatch.evaluate import wilson


def test_a_readers_own_alerts_are_judged() -> None:
    found = evaluate(
        [Alert("a", 110), Alert("a", 150), Alert("b", 120), Alert("a", 90)],
        [Injection("a", 100, 200), Injection("b", 1_000, 1_100), Injection("c", 0, 10, due=False)],
        grace_s=0,
    )
    assert [(each.key, delay) for each, delay in found.detected] == [("a", 10)]
    assert [each.key for each in found.missed] == ["b"]
    assert [(each.key, each.start) for each in found.false_alerts] == [("a", 90), ("b", 120)]
    assert found.repeats == 1 and found.precision == pytest.approx(1 / 3) and found.recall == 0.5


def test_an_alert_that_was_firing_before_detects_nothing() -> None:
    found = evaluate([Alert("a", 50, 150)], [Injection("a", 100, 200)])
    assert not found.detected and len(found.false_alerts) == 1


def test_an_alert_up_to_the_grace_after_the_end_belongs_and_one_later_does_not() -> None:
    injected = [Injection("a", 100, 200)]
    assert evaluate([Alert("a", 260)], injected, grace_s=60).precision == 1
    assert evaluate([Alert("a", 261)], injected, grace_s=60).precision == 0


def test_one_alert_detects_two_injections_that_overlap() -> None:
    assert evaluate([Alert("a", 150)], [Injection("a", 100, 200), Injection("a", 120, 180)]).recall == 1


def test_a_small_injection_is_no_miss_but_an_alert_on_it_is_right() -> None:
    small = [Injection("a", 100, 200, due=False)]
    assert math.isnan(evaluate([], small).recall) and evaluate([Alert("a", 150)], small).precision == 1


def test_of_nothing_nothing_is_known() -> None:
    found = evaluate([], [])
    assert math.isnan(found.precision) and found.precision_interval == found.recall_interval == (0, 1)


def test_times_with_zones_are_compared_as_moments() -> None:
    start = datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    there = start.astimezone(timezone(timedelta(hours=5, minutes=45)))
    (pair,) = evaluate(
        [Alert("a", there + timedelta(minutes=2))],
        [Injection("a", start.timestamp(), start.timestamp() + 600)],
    ).detected
    assert pair[1] == 120


def test_times_before_1970_and_odd_keys_are_taken() -> None:
    key = ("Łódź “orders”", 'a"b\n')
    assert evaluate([Alert(key, -5)], [Injection(key, -10, -1)]).precision == 1


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (10, 5, "ends before"),
        (math.nan, 5, "no time"),
        (5, math.nan, "no time"),
        ("soon", 5, "no time"),
        (datetime(2024, 1, 1), 5, "without its zone"),
        ([], 5, "no time"),
    ],
)
def test_what_is_no_time_is_refused_in_words(start: Any, end: Any, said: str) -> None:
    for given in ([Alert("a", start, end)], []), ([], [Injection("a", start, end)]):
        with pytest.raises(EvaluationError, match=said):
            evaluate(*given)


@pytest.mark.parametrize("start", [None, math.inf, -math.inf, datetime(1, 1, 1, tzinfo=UTC)])
def test_what_has_no_start_is_refused_and_not_counted_as_false(start: Any) -> None:
    for given in ([Alert("a", start)], []), ([], [Injection("a", start, math.inf)]):
        with pytest.raises(EvaluationError, match="no start"):
            evaluate(*given)


def test_the_end_that_alertmanager_gives_an_alert_which_fires_is_none() -> None:
    zero = datetime(1, 1, 1, tzinfo=UTC)  # 0001-01-01T00:00:00Z
    found = evaluate(
        [Alert("a", 150, zero)], [Injection("a", datetime(1970, 1, 1, 0, 1, 40, tzinfo=UTC), zero)]
    )
    assert found.precision == found.recall == 1


@pytest.mark.parametrize(
    "wrong", [{"step_s": 0}, {"step_s": math.nan}, {"for_s": -1}, {"gap_s": math.nan}, {"for_s": math.inf}]
)
def test_a_step_or_a_for_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(EvaluationError, match=next(iter(wrong))):
        alerts_of([series(0)], **{"step_s": 60, "by": ("pipeline",), **wrong})


def test_a_sample_fires_whatever_its_value_as_prometheus_has_it() -> None:
    zero = {"metric": {"pipeline": "a"}, "values": [[0, "0"], [60, "NaN"]]}
    ((start, end),) = [(each.start, each.end) for each in alerts_of([zero], 60, ("pipeline",))]
    assert (start, end) == (0, 60)


@pytest.mark.parametrize("grace", [-1, math.nan, math.inf])
def test_a_grace_that_is_none_is_refused(grace: float) -> None:
    with pytest.raises(EvaluationError, match="grace_s"):
        evaluate([], [], grace)


def series(*moments: float, **labels: str) -> dict[str, Any]:
    return {"metric": {"pipeline": "a", **labels}, "values": [[at, "1"] for at in moments]}


def test_evaluations_in_a_row_are_one_alert() -> None:
    found = alerts_of([series(0, 60, 120, 300, 360)], 60, ("pipeline",))
    assert [(each.start, each.end) for each in found] == [(0, 120), (300, 360)]
    (one,) = alerts_of([series(0, 60, 120, 300, 360)], 60, ("pipeline",), gap_s=180)
    assert (one.start, one.end) == (0, 360) and one.key == ("a",)


def test_a_for_delays_an_alert_and_drops_a_short_one() -> None:
    (one,) = alerts_of([series(0, 60, 120, 300, 360)], 60, ("pipeline",), for_s=120)
    assert (one.start, one.end) == (120, 120)


def test_series_that_share_a_key_are_one_and_labels_that_lack_are_empty() -> None:
    (one,) = alerts_of([series(60, zone="x"), series(0, zone="y")], 60, ("pipeline", "other"))
    assert (one.start, one.end, one.key) == (0, 60, ("a", ""))
    assert alerts_of([], 60, ("pipeline",)) == [] == alerts_of([series()], 60, ("pipeline",))


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (7, 7), (3, 11), (480, 1_000)])
def test_intervals_are_those_of_scipy(successes: int, trials: int) -> None:
    assert wilson(successes, trials) == pytest.approx(statistics.wilson(successes, trials))
    assert wilson(successes, trials)[0] <= successes / trials <= wilson(successes, trials)[1]
