"""Small parts of a run on the real table; the audits and errors of a whole one are in the notebook."""

from __future__ import annotations

import pytest

from lab.evidence.criteria import Outcome, judge
from lab.experiments.private_aggregates import (
    CONTROLS,
    CRITERIA,
    Params,
    half_sensitivity,
    no_threshold,
    patients,
    run,
    unbounded_contributions,
)
from lab.experiments.private_aggregates.judge.observations import observe
from lab.experiments.private_aggregates.measure.privacy import audits
from lab.experiments.private_aggregates.measure.seen import Seen
from lab.experiments.private_aggregates.workload.arms import Arm
from lab.experiments.private_aggregates.workload.patients import WAVES, with_extreme_person, without_person

SMALL = Params(
    draws=1_000, audit_draws=4_000, leak_runs=200, epsilons=(0.1, 1.0, 5.0), audited=(1.0,), rows=5
)


def outcome(name: str, observed: object) -> Outcome:
    criterion = next(item for item in CRITERIA if item.name == name)
    return judge(criterion, observed).outcome  # type: ignore[arg-type]


def test_the_table_is_what_the_page_says() -> None:
    table = patients()
    assert (len(table), table["person"].nunique()) == (19_609, 6_127)
    assert table.groupby("person").size().max() == WAVES
    assert not table.isna().any().any() and not table.duplicated(["person", "year"]).any()


def test_neighbours_differ_by_one_person() -> None:
    table = patients()
    more = with_extreme_person(table, 8, 60, 15.0)
    assert len(more) - len(table) == 8 and more["person"].nunique() - table["person"].nunique() == 1
    assert list(more.dtypes) == list(table.dtypes)
    assert without_person(more, int(more["person"].max())).equals(table)


@pytest.mark.parametrize("name", ["budget_refuses", "exact_before_noise", "library_agrees", "no_key_leaks"])
def test_invariants_hold_on_the_mechanism(name: str) -> None:
    parts = {
        "budget_refuses": "ledger",
        "exact_before_noise": "exactness",
        "library_agrees": "account",
        "no_key_leaks": "keys",
    }
    assert outcome(name, run(SMALL, only=[parts[name]]).observed) == "pass"


@pytest.mark.parametrize("rows", [1, 3])
def test_statistics_are_exact_and_bounded_with_fewer_rows_too(rows: int) -> None:
    seen = run(SMALL.model_copy(update={"rows": rows}), only=["exactness", "account"]).observed
    assert outcome("exact_before_noise", seen) == outcome("library_agrees", seen) == "pass"


@pytest.mark.parametrize("broken", [half_sensitivity, unbounded_contributions])
def test_a_broken_sensitivity_is_found_out(broken: object) -> None:
    arm = Arm(SMALL, patients(), broken)  # type: ignore[arg-type]
    seen = observe(SMALL, Seen(audits=audits(arm, ("count",))))
    assert outcome("audit_within_claim", seen) == "fail"


def test_without_a_threshold_keys_leak() -> None:
    assert outcome("no_key_leaks", run(SMALL, no_threshold, only=["keys"]).observed) == "fail"


def test_every_control_names_a_criterion() -> None:
    assert {control.breaks for control in CONTROLS} <= {criterion.name for criterion in CRITERIA}
