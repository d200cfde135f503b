"""Of many verdicts the gravest decides the exit status, whatever its number."""

from __future__ import annotations

import pytest

from lab.cli.status import gravest


@pytest.mark.parametrize(
    ("verdicts", "strict", "status"),
    [
        ([], True, 0),
        (["pass", "inconclusive"], False, 0),
        (["pass", "inconclusive"], True, 3),
        (["inconclusive", "fail"], False, 1),
        (["fail", "inconclusive", "pass"], True, 1),  # though 3 is the larger number
        (["error", "fail"], False, 4),
        (["not run", "fail"], False, 4),
    ],
)
def test_the_gravest_decides(verdicts: list[str], strict: bool, status: int) -> None:
    assert gravest(verdicts, strict) == status
