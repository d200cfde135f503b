"""Exit status of `lab` by verdict."""

from __future__ import annotations

from collections.abc import Iterable

STATUS = {"pass": 0, "fail": 1, "inconclusive": 3, "error": 4, "not run": 4}
_GRAVITY = ("pass", "inconclusive", "fail", "not run", "error")  # not the order of the numbers


def gravest(verdicts: Iterable[str], strict: bool = False) -> int:
    """The status of many: that of the gravest. An inconclusive one counts only if `strict`."""
    counted = [verdict for verdict in verdicts if strict or verdict != "inconclusive"]
    return STATUS[max(counted, key=_GRAVITY.index, default="pass")]
