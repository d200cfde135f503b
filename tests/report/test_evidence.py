"""What was claimed and what was seen, in one table with one line that counts."""

from __future__ import annotations

import pytest

from asrun import GOOD
from lab.report import evidence
from samples import sample_record


@pytest.mark.parametrize(
    ("seen", "control", "said"),
    [
        ({}, 0.2, "4 criteria and 1 control: all hold; the control fails as it must"),
        ({}, 0.01, "4 criteria and 1 control: all hold; the control does not fail as it must"),
        (
            {"soon": 9.0},
            0.2,
            "3 of 4 criteria hold, among them all that decide; the control fails as it must",
        ),
        ({"fast": 1.0, "kept": 1}, 0.2, "2 of 4 criteria hold; the control fails as it must"),
    ],
)
def test_a_line_counts_what_held(seen: dict[str, float], control: float, said: str) -> None:
    assert evidence.count(sample_record(GOOD | seen, control)) == said


def test_a_control_that_fails_is_told_to_do_what_it_must() -> None:
    shown = evidence.table(sample_record(GOOD, 0.2))
    assert "<strong>Control “without”.</strong> The mechanism taken away." in shown
    assert shown.count("✗ fail</span> as it must") == 1
