"""What is counted and said, from tables of which the outcome is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pandas as pd
import pytest

from lab.evidence.result import Result
from lab.evidence.statistics import wilson
from lab.evidence.strength import DECISION
from lab.experiments.schema_evolution import Params
from lab.experiments.schema_evolution.judge import counts, metrics, observations
from lab.experiments.schema_evolution.measure.decoders import told
from lab.experiments.schema_evolution.measure.seen import Seen
from lab.experiments.schema_evolution.measure.walks import walks
from lab.experiments.schema_evolution.oracle.resolution import Expected
from lab.experiments.schema_evolution.present import figures, model, summary
from lab.experiments.schema_evolution.present.figures_readers import drill


def _walks(broken: list[int], distance: int, pairs: int) -> pd.DataFrame:
    rows = [(number, distance, pairs, hits) for number, hits in enumerate(broken)]
    return pd.DataFrame(rows, columns=["walk", "distance", "pairs", "broken"])


def test_a_time_of_both_directions_is_not_multiplied_by_pairs_of_one() -> None:
    timing = pd.DataFrame([{"versions": n, "seconds": 2.0 * n} for n in (10, 20, 40, 80)])
    seen = Seen(timing=timing, walks=pd.concat([_walks([0] * 10, 1, 2), _walks([1] * 10, 2, 1)]))
    treatment = Result(Params(), {}, metrics.metrics(seen), metrics.tables(seen), {})
    row = model.model(treatment, {}).projection.iloc[0]
    # Each of ten versions once against those before it: 45 times both directions, 90 pairs.
    assert (row["pairs, transitive"], row["pairs of the whole history"]) == (20, 90)
    assert row["all of them, s"] == pytest.approx(2.0 * 45)


def test_pairs_of_one_history_are_not_counted_as_if_each_were_drawn() -> None:
    alike = _walks([8, 0] * 30, 2, 8)  # a history breaks in all of its pairs, or in none
    share, interval, method = counts.broken(alike)
    assert share == 0.5 and interval == wilson(30, 60) and "histories" in method
    low, high = counts.broken(_walks([8, 1] * 30, 2, 8))[1]
    few, many = wilson(270, 480)
    assert low < few and high > many


def test_no_interval_is_given_for_what_is_so_by_construction() -> None:
    found = walks(Params(walks=10, steps=5))
    near = found[found["distance"] == 1]
    assert int(near["pairs"].sum()) == 40 and not near["broken"].any()
    by_name = {one.name: one for one in metrics.metrics(Seen(walks=found))}
    assert by_name["broken_at_1"].interval is None and by_name["broken_at_1"].grade == "arithmetic"
    assert by_name["broken_at_4"].interval is not None
    first = counts.by_distance(found).iloc[0]
    assert (first["low"], first["high"]) == (0, 0)


def test_orders_that_two_consumers_read_are_told_once() -> None:
    rows = [{"reader": reader, "orders": 600, "silent": 0} for reader in (5, 8) for _ in range(2)]
    both = observations.no_silent_corruption(pd.DataFrame(rows), None).detail
    assert both == "0 of 2,400 orders read (1,200, by each of 2 consumers)"
    assert observations.no_silent_corruption(pd.DataFrame(rows[:2]), None).detail == "0 of 1,200 orders read"


def test_pairs_that_the_check_understates_as_the_registry_does_are_told() -> None:
    fuzzed = pd.DataFrame(
        [
            ("lossy", "compatible", "refused"),
            ("lossy", "breaking", "refused"),
            ("lossy", "compatible", "lossy"),
            ("breaking", "compatible", "refused"),
        ],
        columns=["verdict", "registry", "truth"],
    )
    value = {"lossy_pairs": 1.0, "registry_passes_loss": 1.0, "registry_passes_break": 2.0}
    assert len(counts.lossy_refused(fuzzed)) == 2
    said = summary._lossy(Result(Params(), {}, (), {"fuzzed": fuzzed}, {}), value)
    assert "our check calls 1 of these lossy" in said.answer


def _drill(policy: str, rolled_back: float, latest_s: float) -> dict[str, Any]:
    return {"policy": policy, "rolled_back": rolled_back, "latest_s": latest_s, "lost": 0}


def test_the_roll_back_is_told_as_it_came_not_as_it_was_asked_for() -> None:
    drills = pd.DataFrame([_drill("halt", 1.52, 1.1), _drill("dead letter", 1.72, 0.6)])
    said = summary._policy(Result(Params(bad_s=1.0), {}, (), {"drills": drills}, {})).answer
    assert "1.5 to 1.7 s after the bad deploy" in said and "1 s." not in said
    alike = pd.DataFrame([_drill("halt", 1.52, 11.1), _drill("dead letter", 11.72, 11.6)])
    longest = summary._policy(Result(Params(), {}, (), {"drills": alike}, {})).answer
    assert "do not tell apart" in longest and len(longest) <= DECISION


def test_a_title_counts_the_dots_that_are_drawn() -> None:
    rows = [
        ("lossy", "right", True),  # called lossy, and nothing was lost
        ("lossy", "lossy", True),
        ("breaking", "refused", False),
        ("compatible", "right", True),
    ]
    table = pd.DataFrame(rows, columns=["verdict", "truth", "registry"])
    table = table.assign(change=list("abcd"), mode="BACKWARD", kinds="")
    drawn = figures._changes(Result(Params(), {}, (), {"changes": table}, {}))
    assert drawn.title.startswith("In 2 cells ") and int((drawn.data["passed"] != "").sum()) == 2
    assert "in 1 of these 2 decoding shows" in drawn.alt


def test_colour_and_shape_of_a_drill_share_one_legend() -> None:
    row = {"policy": "halt", "drill": 0, "detected": 1.0, "rolled_back": 2.0, "healthy": 3.0, "repaired": 4.0}
    table = pd.DataFrame([row, row | {"policy": "dead letter"}])
    drawn = drill(Result(Params(), {}, (), {"drills": table}, {})).chart(600).to_dict()["encoding"]
    assert drawn["color"] == drawn["shape"] and "sort" not in drawn["color"]


class _Nameless(tzinfo):
    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(0)


def test_a_wrong_value_and_the_one_that_was_due_both_show() -> None:
    at = datetime(2025, 11, 22, 22, 51, tzinfo=UTC)
    common = {f"f{n}": "x" * 200 for n in range(9)}
    got = {"at": at.replace(tzinfo=_Nameless()), "new": 2.25, "day": date(2026, 1, 31), **common}
    due = {**common, "new": "y" * 500, "day": date(2026, 1, 30), "at": at}
    said = told(got, Expected(due))
    assert said.startswith("{'day': 2026-01-31, 'new': 2.25} where {'day': 2026-01-30, 'new': 'yyy")
    assert said.endswith("} is due") and len(said) < 150
    assert told([got["at"]], None) == "[2025-11-22T22:51:00+00:00] where an error is due"


def test_a_time_below_0_is_told_as_an_intercept() -> None:
    timing = pd.DataFrame([{"versions": n, "seconds": 1e-3 * n - 1e-4} for n in (10, 20, 40, 80)])
    (fixed,) = (one for one in metrics.metrics(Seen(timing=timing)) if one.name == "check_fixed")
    assert fixed.value < 0 and "intercept" in fixed.text
