"""The judgement, on runs made of numbers: an ideal one, and ones in which one thing is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.evidence.criteria import judge_all
from lab.experiments.feature_store import CRITERIA, Params
from lab.experiments.feature_store.criteria import LAST_WRITE
from lab.experiments.feature_store.experiment import results
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.judge.observations import interval, observe
from lab.experiments.feature_store.measure.checks import COLUMNS
from lab.experiments.feature_store.measure.seen import Joined, Live, Log, Outage, Rest, Seen, Served
from lab.experiments.feature_store.present.calculator import DIFFERING
from lab.experiments.feature_store.present.figures import mismatch
from lab.experiments.feature_store.present.findings import findings
from lab.experiments.feature_store.present.model import model
from lab.experiments.feature_store.present.summary import summary
from lab.experiments.feature_store.workload.joins import FEAST_BOTH, FEAST_ONE, JOINS, OURS
from lab.experiments.feature_store.workload.popularity import shares
from lab.load.histogram import histogram

PARAMS = Params()
DELAYS = {0.0: 0.02, 0.5: 0.52, 1.0: 1.02, 2.0: 2.02}


def checks(times: float = 1.0) -> pd.DataFrame:
    """Lookups that differ as the law says, or `times` as often; 400 moments, some of ageing entities beside."""
    rows: list[tuple[Any, ...]] = []
    random = np.random.default_rng(0)
    for place, (hold, delay) in enumerate(DELAYS.items()):
        share = times * law.predicted(PARAMS, delay)
        for instant in range(400):
            differing = random.random(50) < share
            rows += [(f"job-{place}", hold, instant, "card-1", False, bool(one), True) for one in differing]
            rows += [(f"job-{place}", hold, instant, "old-1", True, False, True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def ideal(times: float = 1.0) -> Seen:
    """What an undisturbed machine would show."""
    joins = [Joined(join.name, 100, [], [], [], 0.1) for join in JOINS]
    joins += [Joined(name, 100, [], [], [], 1.0) for name in (FEAST_BOTH, FEAST_ONE)]
    delays = {f"job-{place}": [delay] * 10 for place, delay in enumerate(DELAYS.values())}
    served = [Served(kind, histogram([3_000_000] * 400), 1.0, 1.0, 400) for kind in ("single", "batch")]
    probes = pd.DataFrame({"seconds": [-0.1, 0.2, 0.9], "status": [200, 503, 200], "empty": [False] * 3})
    live = Live(checks(times), delays, dict.fromkeys(delays, 3), served, 1.0)
    outage = Outage(probes, 0.8, 0.4, 0.2, 0.2, 2_000, 150.0)
    return Seen(OURS.name, joins, live, outage, Rest(100, []), Log(3_200, 0))


def outcomes(seen: Seen) -> dict[str, str]:
    return {item.criterion.name: item.outcome for item in judge_all(CRITERIA, observe(PARAMS, seen))}


def test_an_ideal_run_passes_in_everything() -> None:
    assert set(outcomes(ideal()).values()) == {"pass"}


def test_nothing_is_said_of_what_was_not_measured() -> None:
    assert set(outcomes(Seen(OURS.name)).values()) == {"not run"}


def _join(seen: Seen, name: str, **wrong: list[int]) -> Seen:
    return replace(seen, joins=[replace(join, **wrong) if join.join == name else join for join in seen.joins])


def _live(seen: Seen, **changed: Any) -> Seen:
    assert seen.live is not None
    return replace(seen, live=replace(seen.live, **changed))


def _old(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[table.index[table["ageing"]][0], "differs"] = True
    return table


def _blind(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[0, "reconciled"] = False
    return table


GOOD = ideal()
EMPTY = pd.DataFrame({"seconds": [0.1], "status": [200], "empty": [True]})


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("point_in_time", _join(GOOD, OURS.name, wrong=[3])),
        ("both_clocks_agree", _join(GOOD, FEAST_BOTH, wrong=[3])),
        ("one_clock_agrees", _join(GOOD, FEAST_ONE, wrong_one_clock=[3])),
        ("mismatch_predicted", ideal(times=1.5)),
        ("mismatch_live", ideal(times=20)),
        ("converges", replace(GOOD, rest=Rest(100, ["card-1"]))),
        ("expires_by_event_time", _live(GOOD, checks=_old(checks()))),
        ("reconciliation_agrees", _live(GOOD, checks=_blind(checks()))),
        ("empty_store_says_so", replace(GOOD, outage=replace(GOOD.outage, probes=EMPTY))),  # type: ignore[type-var]
        ("log_complete", replace(GOOD, log=Log(3_200, 1))),
        ("load_reached", _live(GOOD, updates_punctual=0.98)),
    ],
)
def test_one_thing_that_is_wrong_breaks_its_criterion(name: str, seen: Seen) -> None:
    assert outcomes(seen)[name] == "fail"


def test_lookups_of_entities_that_never_change_do_not_thin_out_the_mismatch() -> None:
    table, few = checks(), checks().query("entity == 'card-1' and hold_s == 0")
    assert observe(PARAMS, _live(GOOD, checks=table))["mismatch_live"].value == pytest.approx(
        few["differs"].mean()
    )


def test_feast_is_not_held_to_corrections() -> None:
    seen = _join(GOOD, FEAST_BOTH, wrong=[3])
    joins = [replace(join, corrected=frozenset([3])) for join in seen.joins]
    assert outcomes(replace(seen, joins=joins))["both_clocks_agree"] == "pass"


def test_a_limit_within_the_interval_is_inconclusive() -> None:
    few = checks(6)
    assert outcomes(_live(GOOD, checks=few[few["instant"] < 20]))["mismatch_live"] in ("inconclusive", "fail")


@pytest.mark.parametrize(
    ("quick", "slow", "failed", "expected"),
    [
        (68, 0, 0, "inconclusive"),
        (298, 0, 0, "inconclusive"),
        (299, 0, 0, "pass"),
        (670, 5, 0, "inconclusive"),
        (299, 0, 1, "inconclusive"),
        (299, 0, 100, "fail"),
        (0, 0, 300, "fail"),
        (60, 8, 0, "fail"),
        (66, 2, 0, "inconclusive"),
    ],
)
def test_a_p99_of_fewer_lookups_than_can_show_one_in_a_hundred_is_no_pass(
    quick: int, slow: int, failed: int, expected: str
) -> None:
    taken = histogram([3_000_000] * quick + [90_000_000] * slow)
    served = [Served(kind, taken, 1.0, 1.0, quick + slow + failed) for kind in ("single", "batch")]
    found = outcomes(_live(GOOD, served=served))
    assert found["batch_p99"] == found["single_p99"] == expected


def test_a_share_never_seen_is_bounded_exactly_over_moments() -> None:
    for moments in (1, 3, 60):
        assert interval(pd.Series([0.0] * moments)) == (0.0, pytest.approx(1 - 0.05 ** (1 / moments)))


def test_what_the_law_and_the_parameters_say_is_not_graded_as_measured() -> None:
    treatment, controls = results(
        PARAMS, replace(GOOD, rest=Rest(100, [], 0, 5_000.0)), Seen(LAST_WRITE, rest=Rest(100, [])), {}
    )
    assert treatment.metric("lambda").grade == "arithmetic"
    told, fresh = model(treatment, controls), summary(treatment, controls).decisions[0]
    for column in (DIFFERING, "delay for 1 %, ms"):
        assert told.grade(column, 1) == "extrapolated"
    assert fresh.grade == "extrapolated" and fresh.basis


def test_the_title_tells_what_the_law_says_of_each_share_that_it_names() -> None:
    treatment, controls = results(
        PARAMS, _live(GOOD, checks=checks(2)), Seen(LAST_WRITE, rest=Rest(100, [])), {}
    )
    found = findings(treatment, controls)
    live, held = found.arms.iloc[0], found.arms.iloc[-1]
    assert live["measured"] > 1.5 * live["predicted"]
    title = mismatch(found).title
    assert f"(predicted {100 * held['predicted']:.1f} %)" in title
    assert title.endswith(f"live {100 * live['measured']:.2f} % ({100 * live['predicted']:.2f} %)")


def test_the_law_is_the_mean_over_lookups_not_over_entities() -> None:
    rates, looked_up = np.array([1.0, 0.0]), np.array([0.25, 0.75])
    assert law.mismatch(rates, looked_up, 2.0) == pytest.approx(0.25 * (1 - np.exp(-2)))
    assert law.predicted(PARAMS, law.delay_for(PARAMS, 0.01)) == pytest.approx(0.01, rel=1e-6)
    assert shares(PARAMS).sum() == pytest.approx(1)


def test_updates_on_their_way_are_a_queue_whatever_the_delay_is() -> None:
    """Simulated: the share of moments with one on its way depends on the mean delay alone."""
    random = np.random.default_rng(1)
    known = np.sort(random.uniform(0, 100_000, 100_000 // 5))
    for delays in (np.full(len(known), 0.5), random.exponential(0.5, len(known))):
        asked = random.uniform(50, 99_000, 20_000)
        ends = np.maximum.accumulate(known + delays)  # until when at least one is on its way
        busy = ends[np.searchsorted(known, asked) - 1] > asked
        assert busy.mean() == pytest.approx(1 - np.exp(-0.2 * 0.5), abs=0.01)


def test_a_fan_out_meets_the_slow_ones() -> None:
    assert law.fan_out(0.01, 1) == pytest.approx(0.01)
    assert law.fan_out(0.01, 100) == pytest.approx(1 - 0.99**100)


def test_too_few_checks_to_tell_the_law_are_no_miss_of_it() -> None:
    few = checks(times=1.2)
    kept = few[(few["instant"] % 40 == 0) | (few["hold_s"] == 0)]
    assert outcomes(_live(GOOD, checks=kept))["mismatch_predicted"] == "inconclusive"
