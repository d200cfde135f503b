"""The pages around the experiments, as text made from records."""

from __future__ import annotations

from dataclasses import replace

from lab.report.catalogue import Entry
from lab.report.fragments import fill
from lab.report.row import Row
from lab.runner.place import published
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


def _metric(**changes: object) -> dict:
    made = {"name": "ratio", "value": 2.5, "unit": "times", "text": "as fast with `x`", "grade": "simulated"}
    return made | changes


def _summary() -> dict:
    decision = {
        "question": "How many?",
        "answer": "Five `partitions`.",
        "grade": "extrapolated",
        "rests_on": ["fast"],
        "basis": "ten times beyond the data",
        "figure": "lag",
    }
    return {
        "answer": "So.",
        "conditions": ["one broker", "2 <cores>"],
        "headline": _metric(),
        "figure": "lag",
        "decisions": [decision],
        "alternatives": [],
    }


def _model() -> dict:
    return {
        "statement": "It grows with `n`.",
        "formula": "t = n",
        "constants": [_metric(name=name, text=f"{name}₀") for name in "abcd"],
        "check": {
            "where": "the end",
            "predicted": 1,
            "measured": 2,
            "unit": "s",
            "error": -0.5,
            "criterion": "fast",
        },
        "projection": {"columns": ["factor", "t"], "rows": [[1, 2.0]], "grades": [["measured"]]},
        "changes_at": "12 partitions",
        "advice": [{"text": "Split.", "grade": "arithmetic", "basis": "its definition"}],
    }


def _row(slug: str = "kafka_lag", theme: str = "Streams", **changes: object) -> Row:
    machine = {"cpu": "Some CPU", "cores": 2, "memory_gib": 24, "architecture": "x86_64"}
    origin = {"machine": machine, "services": {}, "libraries": {}, "source_hash": "0"}
    made = sample_record(GOOD, 0.2) | {"provenance": origin, "summary": _summary(), "model": _model()}
    record = made | {"finished": "2026-11-27T10:00:00+00:00"} | changes
    return Row(Entry(slug, theme), "A title", "Is it so?", record, published(slug))


def _not_run() -> Row:
    return replace(_row("x", "Files"), record=None)


def test_the_scoreboard_shows_value_unit_and_grade_by_theme() -> None:
    shown = fill("<!-- lab:scoreboard -->", [_row(), _not_run()])
    assert shown.index(">Streams</th>") < shown.index("2.5 times") < shown.index(">Files</th>")
    assert ">simulated</span>" in shown
    assert "as fast with <code>x</code>" in shown
    assert "<option>not run</option><option>pass</option>" in shown


def test_date_and_machine_are_said_once_and_where_they_differ() -> None:
    usual = [_row(), _row("b"), _not_run()]
    shown = fill("<!-- lab:scoreboard -->", usual)
    assert shown.count("2026-11-27") == shown.count("Some CPU") == 1
    other = fill("<!-- lab:scoreboard -->", [*usual, _row("c", finished="2026-12-01T10:00:00+00:00")])
    assert "(run on 2026-12-01)" in other
    assert other.count("Some CPU") == 1


def test_a_scoreboard_without_a_run_names_no_machine() -> None:
    assert "Run on" not in fill("<!-- lab:scoreboard -->", [_not_run()])


def test_a_decision_stands_below_its_conditions_with_grade_basis_and_figure() -> None:
    shown = fill("<!-- lab:decisions -->", [_row(), _not_run()])
    assert shown.index("Holds for: one broker; 2 &lt;cores&gt;.") < shown.index("How many?")
    assert ">extrapolated</span> <small>ten times beyond the data</small>" in shown
    assert '<a href="notebooks/kafka_lag.html#figure-lag">' in shown
    assert "Files" not in shown


def test_a_models_row_has_three_constants_and_opens_to_all() -> None:
    shown = fill("<!-- lab:models -->", [_row(), _not_run()])
    row, behind = shown.split("<details", 1)
    assert "It grows with <code>n</code>." in row
    assert [name for name in "abcd" if f"{name}₀" in row] == ["a", "b", "c"]
    assert "12 partitions" in row
    assert "d₀" in behind
    assert "It grows" not in behind
    assert "t = n" in behind


def test_before_the_first_run_the_lists_say_so() -> None:
    for name in ("decisions", "models"):
        assert fill(f"<!-- lab:{name} -->", [_not_run()]) == "No experiment has been run yet."
