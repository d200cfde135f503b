"""The kit's command, from an empty folder, as its README says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.experiments.late_features import KIT

ROWS = """event_time,arrival
2024-05-01T10:05:00Z,2024-05-01T10:05:00Z
2024-05-01T12:00:00Z,2024-05-01T12:01:00Z
2024-05-01T10:30:00Z,2024-05-01T12:30:00Z
2024-05-01T11:50:00Z,
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "late", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(KIT / "late", tmp_path / "late", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "events.csv").write_text(ROWS)
    return tmp_path


def test_the_command_says_what_each_watermark_absorbs(folder: Path) -> None:
    found = _run(folder, "events.csv", "--window", "1 hour", "--watermark", "15 min", "2 hours")
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [
        "watermark,F,share,on time,absorbed,dropped,never",
        "15 min,0.6667,0.6667,2,0,1,1",
        "2 hours,1.0000,1.0000,2,1,0,1",
    ]


def test_the_command_takes_batches(folder: Path) -> None:
    found = _run(folder, "events.csv", "--window", "1 hour", "--watermark", "15 min", "--batch", "2")
    assert found.stdout.splitlines()[1] == "15 min,0.6667,1.0000,2,1,0,1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "late: No columns"),
        (b"\xff\xfe\x00bad", "late: "),
        (b"event_time;arrival\n1;2\n", "need one column 'event_time'"),
        (b"event_time,arrival\nsoon,later\n", "holds what is no time"),
        (b"event_time,arrival\n1714557600,1714557660\n", "numbers, which have no unit"),
        (b"event_time,arrival\n2024-05-01T10:05:00Z,\n", "none of the events has an arrival"),
    ],
)
def test_a_file_that_holds_no_events_is_refused_in_a_sentence(
    folder: Path, content: bytes, words: str
) -> None:
    (folder / "events.csv").write_bytes(content)
    found = _run(folder, "events.csv", "--window", "1 hour", "--watermark", "1 hour")
    assert found.returncode == 2 and words in found.stderr
    assert "Traceback" not in found.stderr


def test_a_file_that_is_not_there_is_a_sentence(folder: Path) -> None:
    found = _run(folder, "none.csv", "--window", "1 hour", "--watermark", "1 hour")
    assert found.returncode == 2 and "none.csv" in found.stderr
