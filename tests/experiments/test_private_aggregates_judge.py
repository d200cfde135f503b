"""Known-bad observations: each criterion must see what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from lab.evidence.result import Metric, Result
from lab.experiments.private_aggregates import Params
from lab.experiments.private_aggregates.judge.accuracy import exact_before_noise
from lab.experiments.private_aggregates.judge.metrics import metrics, tables
from lab.experiments.private_aggregates.judge.observations import observe
from lab.experiments.private_aggregates.judge.privacy import (
    budget_refuses,
    no_key_leaks,
    opendp_bits_are_clean,
)
from lab.experiments.private_aggregates.measure.seen import Bits, Exact, Keys, Ledger, Requests, Seen
from lab.experiments.private_aggregates.present import summary
from lab.experiments.private_aggregates.present.findings import Findings

PARAMS = Params()
PUBLICATION = pd.DataFrame(
    {"release": [*"abcdef", "a, again"], "admitted": [True] * 6 + [False], "spent": [1.0] * 7}
)
RIGHT = Requests(limit=10, costs=(4, 7, 6), admitted=(True, False, True), spent=10, entries=2)


@pytest.mark.parametrize(
    ("requests", "wrong"),
    [
        (RIGHT, 0),
        (replace(RIGHT, admitted=(True, True, True), spent=17, entries=3), 1),  # admits too much
        (replace(RIGHT, admitted=(True, False, False), spent=4, entries=1), 1),  # refuses what fits
        (replace(RIGHT, entries=3), 1),  # a refusal left a line
        (replace(RIGHT, spent=17), 1),  # a refusal was charged
    ],
)
def test_an_accountant_that_errs_is_seen(requests: Requests, wrong: int) -> None:
    assert budget_refuses(PARAMS, Ledger(PUBLICATION, 6, [requests])).value == wrong


def test_a_publication_that_overspends_is_seen() -> None:
    overspent = PUBLICATION.assign(admitted=True)
    assert budget_refuses(PARAMS, Ledger(overspent, 7, [RIGHT])).value == 2


def test_a_wrong_answer_and_a_person_with_too_many_rows_are_seen() -> None:
    right = Exact("sum", 10.0, 10.0, most_rows=5)
    assert exact_before_noise(PARAMS, [right]).value == 0
    seen = exact_before_noise(PARAMS, [replace(right, found=11.0), replace(right, most_rows=6)])
    assert (seen.value, seen.detail) == (2, "sum, rows of a person in the sum")
    assert exact_before_noise(PARAMS, [replace(right, statistic="mean", found=10.0004)]).value == 0


def test_a_leaked_key_is_seen_with_unknown_and_with_known_keys() -> None:
    keys = Keys(published=(3, 4), leaked=0, groups=9, alone=2, same_known=True)
    assert no_key_leaks(keys).value == 0
    assert no_key_leaks(replace(keys, leaked=1)).value == 1
    assert no_key_leaks(replace(keys, same_known=False)).value == 1


def test_of_what_was_not_measured_nothing_is_told() -> None:
    nothing = Seen()
    assert (observe(PARAMS, nothing), metrics(nothing), tables(nothing)) == ({}, [], {})


def test_an_error_of_nothing_is_told_in_words_without_an_interval() -> None:
    point = {"statistic": "quantile", "epsilon": 1.0, "mae": 2.0, "low": 1.0, "high": 3.0, "unit": "rows"}
    errors = pd.DataFrame([point, point | {"mae": 0.0, "low": 0.0, "high": 2.6e-7}]).assign(releases=1_000)
    told, none = metrics(Seen(errors=errors))
    assert (told.interval, told.method) == ((1.0, 3.0), "normal 95 %") and "erred" not in told.text
    assert (none.value, none.interval, none.method) == (0, None, "")
    assert none.text.endswith(": none of 1,000 releases erred")


def test_a_bound_is_told_only_of_what_was_never_seen() -> None:
    clean = opendp_bits_are_clean(Bits(pd.DataFrame(), off_grid=0, outputs=10_000))
    assert (clean.value, clean.detail) == (0, "of 10,000 outputs (rate ≤ 0.0003 at 95 %)")
    off = opendp_bits_are_clean(Bits(pd.DataFrame(), off_grid=2, outputs=10_000))
    assert (off.value, off.detail) == (2, "of 10,000 outputs")


@pytest.mark.parametrize(
    ("error", "said"), [(0.052, "5.2 % (threshold missed)"), (0.049, "4.9 % (threshold met)")]
)
def test_an_advised_epsilon_says_whether_its_trial_met_the_threshold(error: float, said: str) -> None:
    tried = pd.DataFrame({"value": [0.15, 0.3, 0.6], "p95": [0.1, error, 0.027]})
    tried = tried.assign(advice="epsilon of the sum", factor=1.0)
    found = Findings(PARAMS, Result(PARAMS, {}, [Metric("people", 6_127, "people")], {"tried": tried}), {})
    assert f"the sum errs by {said}, with half of it by 10.0 %" in summary._epsilon(found).answer
