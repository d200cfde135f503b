"""What an experiment's page makes of the notebook as it was run: each thing once, the answer first, the rest folded."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from asrun import ANSWER, LONG, code, output, page_of, record_of, text_of
from lab.evidence.record import model_as_data
from lab.evidence.result import Model, Prediction
from lab.report.catalogue import Entry
from lab.report.cells import code_cell, only_shows
from lab.report.model import model
from lab.report.page import page
from lab.report.row import Row
from lab.runner.place import Place


@pytest.fixture
def made(tmp_path: Path) -> str:
    """The page as one text, its cells' sources and outputs one after the other."""
    return page_of(tmp_path, record_of())


def test_title_and_question_stand_before_the_box_and_the_opening_after_it(made: str) -> None:
    order = [
        "# Title",
        "**Does it?**",
        'class="lab-box"',
        "The opening.\n\nMore of it.",
        "## Acceptance criteria",
    ]
    assert sorted(order, key=made.index) == order


def test_the_answer_is_said_once_with_what_would_change_it(made: str) -> None:
    assert made.count(ANSWER) == 1
    assert "<strong>Holds for:</strong> 33 µs of work per message; one broker." in made
    assert "verdict</p>" not in made.replace('class="lab-verdict"', "")


def test_the_leading_figure_stands_in_the_box_and_nowhere_else(made: str) -> None:
    assert made.count('id="figure-lag"') == 1
    assert made.index('id="figure-lag"') < made.index("The opening.")
    assert '↑ <a href="#figure-lag">Lag is 3</a>' in made
    assert made.index("## Results") < made.index("Lag rises.") < made.index('id="figure-tail"')


def test_a_decision_says_how_strong_it_is_on_what_it_rests_and_where_it_is_seen(made: str) -> None:
    (decision,) = [line for line in made.splitlines() if line.startswith("<dt>")]
    assert "<dt>How many &lt;partitions&gt;?</dt><dd>Nine. " in decision
    assert ">extrapolated</span> <small>30 times, ±20 %</small>" in decision
    assert "<code>kept</code>" in decision
    assert '<a href="#figure-tail">' in decision


def test_a_box_is_one_block_of_html(made: str) -> None:
    # A blank line would end it, and what follows would be read as Markdown.
    box = made[made.index('<div class="lab-box">') : made.index("The opening.")]
    assert "\n\n" not in box.strip()


def test_claims_and_sights_are_one_table_in_the_place_of_the_claims(made: str) -> None:
    assert "as declared" not in made
    assert (
        made.count("<summary>4 criteria and 1 control: all hold; the control fails as it must</summary>") == 1
    )
    assert made.index("Declared before.") < made.index("4 criteria and") < made.index("## The mechanism")


def test_reasons_of_a_verdict_push_neither_the_answer_nor_the_picture_away(tmp_path: Path) -> None:
    made = page_of(tmp_path, record_of(kept=3))
    assert "✗ fail</span> 3 of 4 criteria hold" in made
    assert "<summary>Why fail (reasons: 1)</summary>" in made
    assert made.index(ANSWER) < made.index("<figure") < made.index("kept: observed 3")


def test_code_is_folded_behind_lines_that_say_what_it_is(made: str) -> None:
    assert "<summary>Imports</summary>\n\n```python\nfrom lab import x" in made
    assert "<summary>The mechanism: keyed, salted (3 lines)</summary>\n\n```python\ndef keyed():" in made
    assert "<summary>Code (2 lines)</summary>\n\n```python\nx = 1" in made
    for gone in ("criteria_table(", "parameters(Params)", "publish(", "source(keyed", "show_model("):
        assert gone not in made
    # What the run is called with is one line, and no plumbing.
    assert "\ntreatment, controls = run_with_controls(params)" in made


def test_a_source_with_backticks_stays_in_its_fence() -> None:
    mark = {"part": "source", "name": "doc", "module": "", "language": "md"}
    cell = code_cell(code("source(doc)", output("text/plain", "a\n```\nb", **mark)), None, "")
    assert cell
    assert "````md\na\n```\nb\n````" in text_of(cell)
    assert "<summary>Source: doc (3 lines)</summary>" in text_of(cell)


def test_a_table_of_more_than_twelve_rows_is_folded(made: str) -> None:
    assert f"<summary>Table: figures (13 rows)</summary>\n\n{LONG}" in made


def test_a_heading_under_which_nothing_is_left_goes(made: str) -> None:
    assert "## Verdict" not in made
    assert "## At scale" in made


def test_what_the_field_does_stands_after_the_figures(made: str) -> None:
    order = ['id="figure-tail"', "## What the field does", "fills a batch", "## At scale"]
    assert sorted(order, key=made.index) == order


def test_the_model_tells_how_its_check_came_out_and_how_strong_each_cell_is(made: str) -> None:
    assert "old model" not in made
    assert "predicted 3 s, measured 2 s (+50.0%). Criterion `fast`: 0.05, limit ≤ 0.1" in made
    assert "w, work: 3 ms <span" in made
    assert 'rows <span class="lab-grade lab-arithmetic"' in made
    assert 'data-label="time, s (measured)">1.5</td>' in made
    assert 'data-label="time, s (measured)"><em class="lab-extrapolated">15&nbsp;†</em></td>' in made
    assert 'data-label="rows (arithmetic)">50</td>' in made
    assert "In italics with †" in made
    assert "The advice changes at 9,500 messages/s of one key." in made
    assert "- Salt it. <span" in made


def test_a_model_that_was_not_checked_is_shown_without_an_error() -> None:
    # The relative error of a prediction where nothing, or zero, was measured is no number.
    check = Prediction("the largest size", 3.0, 0.0, "s", "soon")
    made = Model("It grows.", "t = n", [], check, pd.DataFrame({"factor": [1]}), [])
    assert "predicted 3 s, measured 0 s." in model(model_as_data(made))


def test_without_a_record_the_page_is_the_notebook_as_written() -> None:
    place = Place("kafka_lag", Path("nowhere"), Path("nowhere"))
    made = page(Row(Entry("kafka_lag", "Streams"), "Title", "Does it?", None, place), [])
    assert "– not run" in made
    assert "There is no result for the code as it is now." in made


def test_the_parameters_come_with_the_command_that_changes_one(made: str) -> None:
    assert "<summary>1 parameter: <code>rate</code></summary>" in made
    assert "<code>lab run kafka_lag -p rate=1000</code>" in made


@pytest.mark.parametrize(
    ("source", "shows"),
    [
        ('show(figures, "a")', True),
        ("record = publish(a, b)", True),
        ('show(figures, "a")\nsay(f"{x}")', True),
        ("for name in names:\n    text_file(name)", True),
        ("for name in names:\n    x = 1", False),
        ("x = experiment.run(params)", False),
        ("", False),
        ("rate = 1", False),
    ],
)
def test_only_cells_that_merely_show_lose_their_input(source: str, shows: bool) -> None:
    assert only_shows(source) is shows
