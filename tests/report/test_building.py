"""Two commands that build the book at once do not spoil each other's pages."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lab.report import site


def test_of_two_at_once_the_second_waits(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, most = [], 0

    def lay_out(rows: object, target: Path) -> None:
        nonlocal most
        at_work.append(rows)
        most = max(most, len(at_work))
        time.sleep(0.2)
        target.mkdir(parents=True, exist_ok=True)

    def print_pages(staging: Path) -> Path:
        at_work.pop()
        (staging / "_build" / "html").mkdir(parents=True, exist_ok=True)
        return staging / "_build" / "html"

    monkeypatch.setattr(site, "stage", lay_out)
    monkeypatch.setattr(site, "pages", print_pages)
    monkeypatch.setattr(site, "_digest", lambda *_: str(time.monotonic()))  # so that each builds
    both = [threading.Thread(target=site.build, args=([],)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert most == 1
    assert [path.name for path in (build / "site").iterdir()] == [".built-from"]
