"""What runs first, what runs side by side, and what the time is too short for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lab import declared
from lab.cli import experiments
from lab.evidence import baseline
from lab.report import catalogue, site
from lab.runner import many, plan
from lab.runner.plan import Due, batches, due, fits

RECORD = {"verdict": "pass", "reasons": [], "duration_s": 1.0, "attempts": 1}
DUE = st.builds(
    Due, st.text("ab", min_size=1), st.booleans(), st.just(""), st.floats(1, 100), timed=st.booleans()
)


def _due(slug: str, timed: bool = True, seconds: float = 60) -> Due:
    return Due(slug, True, "", seconds, timed)


def test_what_differs_from_the_baseline_comes_first_and_then_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finished = {"old": "2026-01-01", "older": "2025-01-01", "changed": "2026-02-01"}
    kept = {slug: RECORD | {"finished": when} for slug, when in finished.items()}
    monkeypatch.setattr(baseline, "kept", lambda slug: kept.get(slug))
    monkeypatch.setattr(baseline, "changed", lambda slug: slug in ("changed", "new"))
    monkeypatch.setattr(declared, "timed", lambda _: True)
    assert [one.slug for one in due(["old", "older", "changed", "new"])] == ["new", "changed", "older", "old"]


def test_what_times_nothing_runs_two_at_a_time_and_what_is_timed_alone() -> None:
    order = [_due("a", False), _due("b"), _due("c", False), _due("d", False), _due("e")]
    assert [[one.slug for one in batch] for batch in batches(order)] == [["a", "c"], ["b"], ["d"], ["e"]]


@given(st.lists(DUE))
def test_each_is_run_once_and_nothing_beside_a_timed_one(order: list[Due]) -> None:
    made = batches(order)
    assert sorted(map(id, order)) == sorted(id(one) for batch in made for one in batch)
    assert all(len(batch) == 1 or not any(one.timed for one in batch) for batch in made)
    assert sum(len(batch) == 1 and not batch[0].timed for batch in made) <= 1


def test_a_batch_fits_if_its_longest_does() -> None:
    assert fits([_due("a", False, 10), _due("b", False, 30)], 30)
    assert not fits([_due("a", False, 10), _due("b", False, 30)], 29)


def test_what_the_time_is_too_short_for_is_left_out_and_what_still_fits_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = [_due("a", seconds=50), _due("b", seconds=900), _due("c", seconds=50)]
    monkeypatch.setattr(many, "current", lambda slug: RECORD if slug == "same" else None)
    monkeypatch.setattr(many, "due", lambda _: wanted)
    monkeypatch.setattr(many, "until_conclusive", lambda slug, end: RECORD)
    results, left_out = many.run_all(["a", "b", "c", "same"], force=False, minutes=2)
    assert (list(results), left_out) == (["a", "c", "same"], ["b"])


def test_no_attempt_is_made_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class _Run:
        record = RECORD | {"verdict": "inconclusive", "attempts": 1}

    monkeypatch.setattr(many, "run", lambda slug, given: made.append(slug) or _Run)
    assert many.until_conclusive("a", end=0)["verdict"] == "inconclusive"
    assert made == ["a"]


def test_every_experiment_says_whether_it_is_timed_without_being_imported() -> None:
    assert plan.due(["kafka_lag"])[0].timed
    assert not plan.due(["private_aggregates"])[0].timed


def test_the_book_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site, "rows", list)
    monkeypatch.setattr(site, "build", lambda rows: tmp_path)
    monkeypatch.setattr(many, "run_all", lambda slugs, force, minutes: ({}, ["kafka_lag"]))
    done = CliRunner().invoke(experiments.book, ["--minutes", "0"])
    assert done.exit_code == 0
    assert "kafka_lag                LEFT OUT: 0 min were too short; run: lab run kafka_lag" in done.output


@pytest.mark.parametrize(("earlier", "kept"), [(set(), ["book"]), ({"kafka_lag"}, [])])
def test_only_a_book_of_which_all_was_run_anew_keeps_its_time(
    build: Path, monkeypatch: pytest.MonkeyPatch, earlier: set[str], kept: list[str]
) -> None:
    old, new = "2020-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00"
    results = {
        slug: RECORD | {"experiment": slug, "finished": old if slug in earlier else new}
        for slug in catalogue.slugs()
    }
    monkeypatch.setattr(site, "rows", list)
    monkeypatch.setattr(site, "build", lambda rows: build)
    monkeypatch.setattr(many, "run_all", lambda slugs, force, minutes: (results, []))
    assert CliRunner().invoke(experiments.book, []).exit_code == 0
    assert [path.name for path in build.glob("times/*")] == kept
