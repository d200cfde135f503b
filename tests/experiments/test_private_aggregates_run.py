"""Small parts of a run on the real table; the audits and errors of a whole one are in the notebook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab import notebook
from lab.charts import figure
from lab.evidence.criteria import Outcome, judge
from lab.evidence.result import Result
from lab.evidence.strength import flaws
from lab.experiments import private_aggregates as package
from lab.experiments.private_aggregates import (
    CONTROLS,
    CRITERIA,
    Params,
    half_sensitivity,
    no_threshold,
    prepare,
    run,
    run_with_controls,
    survey,
    unbounded_contributions,
)
from lab.experiments.private_aggregates.judge import accuracy
from lab.experiments.private_aggregates.judge.observations import observe
from lab.experiments.private_aggregates.measure import advice, leaks, peer
from lab.experiments.private_aggregates.measure.privacy import audits
from lab.experiments.private_aggregates.measure.seen import Seen
from lab.experiments.private_aggregates.workload.survey import WAVES, with_extreme_person, without_person
from lab.experiments.private_aggregates.workload.variants import Variant

SMALL = Params(
    draws=1_000, audit_draws=4_000, leak_runs=200, epsilons=(0.1, 1.0, 5.0), audited=(1.0,), rows=5
)


def outcome(name: str, observed: object) -> Outcome:
    criterion = next(item for item in CRITERIA if item.name == name)
    return judge(criterion, observed).outcome  # type: ignore[arg-type]


def test_the_table_is_what_the_page_says() -> None:
    table = survey()
    assert (len(table), table["person"].nunique()) == (19_609, 6_127)
    assert table.groupby("person").size().max() == WAVES
    assert not table.isna().any().any() and not table.duplicated(["person", "year"]).any()


def test_neighbours_differ_by_one_person() -> None:
    table = survey()
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
    variant = Variant(SMALL, survey(), broken)  # type: ignore[arg-type]
    seen = observe(SMALL, Seen(audits=audits(variant, ("count",))))
    assert outcome("audit_within_claim", seen) == "fail"


def test_bounds_that_round_to_the_same_number_are_tried_once() -> None:
    tried = advice.sizes(Variant(SMALL.model_copy(update={"visits_bound": 1}), survey(), prepare)).tried
    assert not tried.duplicated(["advice", "value", "factor"]).any()


def test_without_a_threshold_keys_leak() -> None:
    assert outcome("no_key_leaks", run(SMALL, no_threshold, only=["keys"]).observed) == "fail"


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    """A whole run in little; what takes longest is made of fewer releases."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((peer, "RELEASES"), (leaks, "ATTACKED"), (advice, "RELEASES")):
            patch.setattr(module, name, 200)
        return run_with_controls(SMALL.model_copy(update={"audit_draws": 2_000, "leak_runs": 100}))


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    shown = notebook.Shown(*(make(*whole) for make in (package.figures, package.summary, package.model)))
    record = notebook._judged(package, *whole, shown)
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []


def test_where_clipping_alone_exceeds_the_target_the_page_says_so(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    treatment, controls = whole
    tried = treatment.tables["tried"]
    tables = dict(treatment.tables) | {"tried": tried[tried["advice"] != "epsilon of the sum"]}
    biased = [replace(one, value=0.2) if one.name == "clipping_bias" else one for one in treatment.metrics]
    short = replace(treatment, tables=tables, metrics=biased)
    assert "None is enough" in package.summary(short, controls).decisions[1].answer
    assert "none is enough" in package.model(short, controls).projection.iloc[-1].to_list()


def test_the_model_predicts_a_larger_table(whole: tuple[Result, dict[str, Result]]) -> None:
    # By 200 releases instead of 4,000: a tenth of the limit's power, still far from what a wrong model would give.
    assert whole[0].observed["model_predicts"].value < 0.5
    assert accuracy.model_predicts(0.02, 0.01).value == 1.0


def test_every_control_names_a_criterion() -> None:
    assert {control.breaks for control in CONTROLS} <= {criterion.name for criterion in CRITERIA}
