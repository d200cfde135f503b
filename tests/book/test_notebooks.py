"""Every notebook runs from its first to its last cell and leaves what its page needs."""

from __future__ import annotations

import json

import nbformat
import pytest

from lab import paths
from lab.evidence import record, sources
from lab.evidence.recompute import disagreements
from lab.evidence.strength import flaws
from lab.report import catalogue
from lab.runner.execute import Run

pytestmark = [pytest.mark.notebook, pytest.mark.timeout(1800)]  # the first test makes all the runs


def _skip_a_skeleton(made: record.Record) -> None:
    """What `lab new` wrote observes nothing yet; an experiment that has been published may not come to that."""
    kept = paths.PROJECT / "baseline" / f"{made['experiment']}.json"
    if made["verdict"] == "not run" and not kept.exists():
        pytest.skip(f"not run: {'; '.join(made['reasons'])}")


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_a_small_run_is_judged(slug: str, small_runs: dict[str, Run]) -> None:
    made = small_runs[slug].record
    _skip_a_skeleton(made)
    # So short a run may be too noisy to tell; it may not fail and it may not break.
    assert made["verdict"] in ("pass", "inconclusive"), made["reasons"]
    assert disagreements(made) == []
    assert record.read(small_runs[slug].place.record) == made
    assert made["provenance"]["source_hash"] == sources.digest(slug, made["params"])
    assert made["control"]["variants"]
    assert made["summary"]["answer"]
    assert made["model"]["advice"]


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_the_record_says_how_strong_it_is(slug: str, small_runs: dict[str, Run]) -> None:
    run = small_runs[slug]
    _skip_a_skeleton(run.record)
    assert flaws(run.record, [path.stem for path in (run.place.records / slug).glob("*.csv")]) == []


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_invariants_hold_even_in_a_small_run(slug: str, small_runs: dict[str, Run]) -> None:
    # What a run must have met to be conclusive is a precondition; a short one may miss it, and then, where no fault was
    # real, has nothing to observe an invariant on.
    criteria = small_runs[slug].record["criteria"]
    _skip_a_skeleton(small_runs[slug].record)
    missed = any(item["precondition"] and item["outcome"] != "pass" for item in criteria)
    right = {"pass", "not run"} if missed else {"pass"}
    exact = [item for item in criteria if item["tier"] == "invariant" and not item["precondition"]]
    assert not [item for item in exact if item["outcome"] not in right]
    assert any(item["outcome"] == "pass" for item in exact) or not exact


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_a_control_breaks_its_invariant_even_in_a_small_run(slug: str, small_runs: dict[str, Run]) -> None:
    record = small_runs[slug].record
    _skip_a_skeleton(record)
    exact = {item["name"] for item in record["criteria"] if item["tier"] == "invariant"}
    assert not [
        arm for arm in record["control"]["variants"] if arm["criterion"] in exact and arm["outcome"] != "fail"
    ]


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_the_executed_notebook_has_figures_with_text_and_data(slug: str, small_runs: dict[str, Run]) -> None:
    shown = json.dumps(nbformat.read(small_runs[slug].place.notebook, as_version=4))
    # A table that a run leaves beside them, to be taken home, is no figure's: its name has a hyphen.
    data = {path.stem for path in small_runs[slug].place.figures if path.stem.isidentifier()}
    assert data
    for name in data:
        assert f'id=\\"figure-{name}\\"' in shown
    assert shown.count("aria-label") >= len(data)
    assert '"output_type": "error"' not in shown
