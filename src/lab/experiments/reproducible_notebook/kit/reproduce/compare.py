"""Are two artefacts the same? Bit by bit, number by number, or as pictures; and if not, what differs."""

from __future__ import annotations

import io
import math
import re
import struct
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

Status = Literal["same bytes", "within", "differs"]
SHORT = 60  # characters of a quoted difference


@dataclass(frozen=True)
class Bytes:
    """Every bit counts."""


@dataclass(frozen=True)
class Numbers:
    """Text whose numbers may differ a little: words, signs and whole numbers must be equal.

    ulp: steps between neighbouring doubles by which two numbers may lie apart; 256 are 3e-14 to 6e-14 of the value.
    absolute: or that far apart, for numbers that are zero but for rounding.
    """

    ulp: float = 256
    absolute: float = 0.0


@dataclass(frozen=True)
class Picture:
    """A picture's pixels, whatever file holds them. levels: of 255 by which a channel of a pixel may differ."""

    levels: int = 1


Rule = Bytes | Numbers | Picture
_TEXTS = (".csv", ".tsv", ".json", ".txt", ".md", ".html", ".svg", ".xml", ".tex", ".yaml", ".yml")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
# A number as programs print it; what stands before it may not be part of a word or of a version.
_NUMBER = re.compile(r"([-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)")
# Where an object lies in memory, as Python prints it.
_ADDRESS = re.compile(r"(?<=at )0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Compared:
    """status: same bytes, within the rule, or not. kind: what differs (numbers, text, order, address, picture, bytes, missing,
    error).

    ulp: the largest distance between two numbers, where all else is equal. detail: the first difference, in words.
    """

    status: Status
    kind: str = ""
    detail: str = ""
    ulp: float = 0.0


SAME = Compared("same bytes")


def rule_for(name: str) -> Rule:
    """By the name of an artefact: a file's ending, or the kind of an output."""
    lowered = re.sub(r" #\d+$", "", name.lower())
    if lowered.endswith(_PICTURES) or (": image/" in lowered and "svg" not in lowered):
        return Picture()
    is_text = lowered.endswith((*_TEXTS, ": printed", "+json", "+xml", "/json")) or ": text/" in lowered
    return Numbers() if is_text else Bytes()


def compare(before: bytes, after: bytes, rule: Rule) -> Compared:
    """`after` against `before` by `rule`; what is no text, or no picture, is compared as bytes."""
    if before == after:
        return SAME
    if isinstance(rule, Picture):
        return _pictures(before, after, rule.levels)
    if isinstance(rule, Numbers):
        try:
            return _texts(before.decode(), after.decode(), rule)
        except UnicodeDecodeError:
            pass
    place = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    return Compared("differs", "bytes", f"from byte {place:,} on; {len(before):,} and {len(after):,} bytes")


def ulps(first: float, second: float) -> float:
    """How many doubles lie between two numbers; infinite to one that is none, zero between 0 and -0."""
    if first == second or (math.isnan(first) and math.isnan(second)):
        return 0
    if not (math.isfinite(first) and math.isfinite(second)):
        return math.inf
    return abs(_position(first) - _position(second))


def _position(number: float) -> int:
    """Its place in the order of all doubles."""
    (bits,) = struct.unpack("<q", struct.pack("<d", number))
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _texts(before: str, after: str, rule: Numbers) -> Compared:
    if _ADDRESS.sub("", before) == _ADDRESS.sub("", after):
        return Compared("differs", "address", _first_line(before, after))
    first, second = (_NUMBER.split(text) for text in (before, after))
    if len(first) != len(second) or first[::2] != second[::2]:
        return _words(before, after)
    pairs = [(a, b) for a, b in zip(first[1::2], second[1::2], strict=True) if a != b]
    apart = [_apart(a, b) for a, b in pairs]
    worst = max(range(len(pairs)), key=lambda place: apart[place])
    within = all(
        steps <= rule.ulp or (math.isfinite(steps) and abs(float(a) - float(b)) <= rule.absolute)
        for steps, (a, b) in zip(apart, pairs, strict=True)
    )
    if not within and _is_shuffled(before, after):
        return Compared("differs", "order", f"the same in another order; {_first_line(before, after)}")
    detail = f"{len(pairs):,} of {len(first) // 2:,} numbers; {pairs[worst][0]} and {pairs[worst][1]}"
    return Compared("within" if within else "differs", "numbers", detail, apart[worst])


def _apart(first: str, second: str) -> float:
    if all(re.fullmatch(r"[-+]?\d+", text) for text in (first, second)):
        return math.inf  # a count is right or wrong
    if not (math.isfinite(float(first)) and math.isfinite(float(second))):
        return math.inf  # beyond what a double holds there are no steps, and the texts differ
    return ulps(float(first), float(second))


def _words(before: str, after: str) -> Compared:
    kind, said = ("order", "the same in another order; ") if _is_shuffled(before, after) else ("text", "")
    return Compared("differs", kind, said + _first_line(before, after))


def _is_shuffled(before: str, after: str) -> bool:
    """The same lines, or the same words, in another order."""
    if before.splitlines() == after.splitlines():  # only line ends differ
        return False
    words = [re.findall(r"[\w.+-]+", text) for text in (before, after)]
    return (
        sorted(before.splitlines()) == sorted(after.splitlines())
        or sorted(words[0]) == sorted(words[1]) != []
    )


def _first_line(before: str, after: str) -> str:
    lines = zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    first = next(((a, b) for a, b in lines if a != b), ("line ends", "others"))
    return " and ".join(f"“{text[:SHORT]}”" for text in first)


def _pictures(before: bytes, after: bytes, levels: int) -> Compared:
    try:
        from PIL import Image, ImageChops
    except ImportError:
        return Compared("differs", "picture", "other bytes; without Pillow pixels can't be compared")
    try:
        first, second = (Image.open(io.BytesIO(content)) for content in (before, after))
        sizes = (first.size, second.size)
        if sizes[0] != sizes[1]:
            return Compared("differs", "picture", f"{sizes[0]} and {sizes[1]} pixels")
        apart = ImageChops.difference(first.convert("RGBA"), second.convert("RGBA")).tobytes()
    except OSError as error:
        return Compared("differs", "picture", f"not readable: {error}")
    most = max(apart, default=0)
    return Compared("within" if most <= levels else "differs", "picture", f"pixels up to {most} of 255 apart")
