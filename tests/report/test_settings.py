"""The parameters' table says what the parameters cell says."""

from __future__ import annotations

import pytest

from lab.report import settings


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "rate = 100_000  # messages/s at the top, 1,000 to 5,000,000",
            ("rate", "100000", "messages/s, 1,000 to 5,000,000", "at the top"),
        ),
        (
            "bound = 60  # bytes of a note, 1 to 365: a year",
            ("bound", "60", "bytes, 1 to 365: a year", "a note"),
        ),
        ("seed = 1  # of keys and times, from 0", ("seed", "1", "from 0", "keys and times")),
        ("names = ('a', 'b')  # treatment", ("names", "('a', 'b')", "", "treatment")),
        ("mode = 'x'", ("mode", "'x'", "", "")),
        (
            "share = 0.3  # worker, as a share of the top, above 0 to 10",
            ("share", "0.3", "above 0 to 10", "worker, as a share of the top"),
        ),
    ],
)
def test_a_parameter_is_read_from_its_line(line: str, said: tuple[str, ...]) -> None:
    assert [tuple(setting) for setting in settings.settings(line)] == [said]
