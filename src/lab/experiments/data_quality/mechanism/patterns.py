"""A regular expression for text that follows few shapes, such as registration marks: N14228, N619AA."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

MOST_SHAPES = 60
_CLASSES = {"a": "[a-z]", "A": "[A-Z]", "9": "[0-9]"}


def pattern(values: Iterable[str]) -> str:
    """An expression that matches every one of `values` from end to end, or "" if they have too many shapes."""
    shapes = {_shape(value) for value in values}
    if not shapes or len(shapes) > MOST_SHAPES:
        return ""
    return rf"\A(?:{'|'.join(sorted(shapes))})\Z"


def _shape(value: str) -> str:
    parts = ((kind, len(list(run))) for kind, run in groupby(map(_kind, value)))
    return "".join(kind if length == 1 else f"{kind}{{{length}}}" for kind, length in parts)


def _kind(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return _CLASSES["9" if letter.isdigit() else "A" if letter.isupper() else "a"]
    return re.escape(letter)
