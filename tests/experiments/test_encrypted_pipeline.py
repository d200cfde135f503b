"""The judgement of encrypted_pipeline, on histories of which the outcome is known."""

from __future__ import annotations

import pytest

from lab.evidence.criteria import judge_all
from lab.experiments.encrypted_pipeline import CRITERIA, judge
from lab.experiments.encrypted_pipeline.measure import Seen
from lab.experiments.encrypted_pipeline.mechanism import mechanism
from lab.experiments.encrypted_pipeline.oracle import differing
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import TREATMENT, WITHOUT, rows


@pytest.mark.parametrize(("wrong", "outcome"), [(0, "pass"), (1, "fail")])
def test_one_row_that_differs_breaks_the_invariant(wrong: int, outcome: str) -> None:
    seen = [Seen("treatment", 100, 1.0, 0), Seen("treatment", 1000, 10.0, wrong)]
    result = judge.result(Params(), seen, {})
    outcomes = {item.criterion.name: item.outcome for item in judge_all(CRITERIA, result.observed)}
    assert outcomes == {"answers_agree": outcome, "model_predicts": "pass"}


def test_the_oracle_counts_what_is_missing_doubled_and_made_up() -> None:
    assert differing([1, 2, 3], [1, 2, 2, 4]) == 3


def test_only_the_control_lets_doubled_rows_through() -> None:
    arriving = rows(100, seed=1)
    assert differing(arriving, TREATMENT.apply(arriving)) == 0
    assert differing(arriving, WITHOUT.apply(arriving)) == 10


def test_the_mechanism_takes_empty_input() -> None:
    assert mechanism([]) == []
