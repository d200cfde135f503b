"""What is kept of published runs, and when a figure has left the spread of the earlier ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import EvidenceError
from lab.evidence import history
from lab.evidence.history import Spread
from lab.evidence.provenance import machine_class
from lab.evidence.record import Record, without_result
from samples import CRITERIA, sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}
MACHINE = {"cpu": "Some CPU", "cores": 2, "memory_gib": 24, "architecture": "x86_64", "kernel": "Linux 6"}
CLASS = machine_class(MACHINE)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(history, "FOLDER", tmp_path / "history")
    return tmp_path / "history"


def published(day: int = 1, **seen: Any) -> Record:
    made = sample_record(GOOD | seen, 0.2) | {"finished": f"2027-01-{day:02}T10:00:00+00:00"}
    made["provenance"] = made["provenance"] | {"machine": MACHINE}
    return made


def test_a_run_is_kept_by_class_of_machine_once(folder: Path) -> None:
    made = published()
    kept = history.append(made)
    assert kept == folder / CLASS / "something" / f"2027-01-01-{made['run_id'][:8]}.json"
    assert history.append(made) is None
    assert history.kept("something", CLASS).entries == [history.entry(made)]
    assert history.classes("something") == [CLASS]


def test_only_ratios_that_decide_are_kept_with_their_limits() -> None:
    ratios = history.entry(published())["ratios"]
    assert [(item["name"], item["value"], item["limit"]["bound"]) for item in ratios] == [
        ("reached", 0.0, 0.01),
        ("fast", 0.05, 0.1),
    ]


def test_a_run_without_a_verdict_is_no_part_of_the_history(folder: Path) -> None:
    origin = published()["provenance"]
    with pytest.raises(EvidenceError, match="verdict"):
        history.append(without_result("something", {}, CRITERIA, origin, "it broke"))
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", b"\xff\xfe", '{"schema": 1}', "of another run", "of another machine"],
)
def test_a_broken_file_is_named_and_the_others_are_read(content: str | bytes, folder: Path) -> None:
    good, bad = published(1), published(2)
    history.append(good)
    path = history.append(bad)
    assert path
    if content == "of another run":
        content = json.dumps(history.entry(good))
    elif content == "of another machine":
        content = json.dumps(history.entry(bad) | {"machine": MACHINE | {"cores": 64}})
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert history.kept("something", CLASS) == history.Kept([history.entry(good)], [path])
    assert history.append(bad) == path  # mended
    assert not history.kept("something", CLASS).broken


def test_runs_come_in_the_order_in_which_they_finished() -> None:
    for day in (3, 1, 2):
        history.append(published(day))
    days = [item["finished"][8:10] for item in history.kept("something", CLASS).entries]
    assert days == ["01", "02", "03"]


def test_only_earlier_passes_with_the_same_parameters_are_compared() -> None:
    now = published(9)
    others = [
        published(1),
        published(2) | {"params": {"rate": 11}},
        published(3, fast=0.5),  # failed
        published(10),  # later
        now,
    ]
    entries = [history.entry(item) for item in others]
    assert history.like(history.entry(now), entries) == entries[:1]


def test_a_figure_whose_limit_or_unit_changed_is_another_one() -> None:
    now, before = history.entry(published(2)), history.entry(published(1))
    before["ratios"][0]["limit"] = {"relation": "<=", "bound": 0.5}
    assert [each.name for each in history.spreads(now, [before])] == ["fast"]
    before["ratios"][1]["unit"] = "s"
    assert history.spreads(now, [before]) == []


def test_what_was_not_seen_or_is_no_number_is_left_out() -> None:
    now = history.entry(published())
    now["ratios"][0]["value"], now["ratios"][1]["value"] = None, True
    assert history.measures(now) == []


def spread(value: float, low: float, high: float, runs: int) -> Spread:
    return Spread("fast", "", value, low, high, runs)


def test_fewer_than_five_runs_make_no_spread() -> None:
    assert not spread(1000, 1, 2, 4).left
    assert spread(1000, 1, 2, 5).left


@pytest.mark.parametrize(("runs", "edge"), [(5, 4.0), (7, 4.0), (8, 3.0), (50, 3.0)])
def test_the_range_is_widened_less_when_it_is_known_better(runs: int, edge: float) -> None:
    assert not spread(edge, 1, 2, runs).left
    assert spread(edge + 0.01, 1, 2, runs).left
    assert spread(3 - edge - 0.01, 1, 2, runs).left


def test_a_figure_that_never_varied_is_left_by_any_change_but_rounding() -> None:
    assert not spread(0.3 + 1e-16, 0.3, 0.3, 5).left
    assert spread(0.3001, 0.3, 0.3, 5).left
    assert spread(1, 0, 0, 5).left


@given(st.lists(st.floats(-1e9, 1e9), min_size=5, max_size=30), st.floats(-1e10, 1e10))
def test_a_value_within_the_range_never_leaves_it_and_both_sides_are_alike(
    values: list[float], value: float
) -> None:
    low, high = min(values), max(values)
    assert not any(spread(seen, low, high, len(values)).left for seen in values)
    assert spread(value, low, high, len(values)).left == spread(-value, -high, -low, len(values)).left


def test_one_value_in_200_of_like_runs_lies_outside_by_chance() -> None:
    draw = np.random.default_rng(1)
    for runs in (5, 8):
        trials = draw.normal(size=(20_000, runs + 1))
        left = np.mean([spread(row[0], row[1:].min(), row[1:].max(), runs).left for row in trials])
        assert 0.003 < left < 0.007, runs


def test_every_kept_run_of_the_book_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    files = list(history.FOLDER.glob("*/*/*.json"))
    places = {path.parent for path in files}
    read = [history.kept(place.name, place.parent.name) for place in places]
    assert [kept.broken for kept in read if kept.broken] == []
    assert sum(len(kept.entries) for kept in read) == len(files)
