"""What is counted and said, from tables of which the outcome is known."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from lab.evidence.result import Result
from lab.evidence.statistics import wilson
from lab.evidence.strength import DECISION
from lab.experiments.schema_evolution import Params
from lab.experiments.schema_evolution.judge import counts, metrics, observations
from lab.experiments.schema_evolution.measure.seen import Seen
from lab.experiments.schema_evolution.measure.walks import walks
from lab.experiments.schema_evolution.present import model, summary


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
