"""Comparing two artefacts: bits, numbers, pictures; on content that nobody made for it."""

from __future__ import annotations

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lab.experiments.reproducible_notebook.mechanism import (
    Bytes,
    Numbers,
    Picture,
    Rule,
    compare,
    rule_for,
    ulps,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(FLOATS, st.integers(0, 50))
def test_distance_counts_the_doubles_between(number: float, steps: int) -> None:
    other = number
    for _ in range(steps):
        other = math.nextafter(other, math.inf)
    zeros = number < 0 < other  # 0 and -0 are one number
    assert (
        ulps(number, other) == ulps(other, number) == (steps if math.isfinite(other) else math.inf) or zeros
    )


@pytest.mark.parametrize(
    ("first", "second", "due"),
    [
        (0.0, -0.0, 0),
        (math.nan, math.nan, 0),
        (math.nan, 1.0, math.inf),
        (math.inf, math.inf, 0),
        (math.inf, 1e308, math.inf),
        (5e-324, -5e-324, 2),
        (1.0, 2.0, 2**52),
    ],
)
def test_distance_of_numbers_that_are_hardly_any(first: float, second: float, due: float) -> None:
    assert ulps(first, second) == due


ONE, NEXT = "0.1", "0.10000000000000002"
FAR = "0.10000000001"
# The least of three slopes by two versions of OpenBLAS, each with a kernel of its own.
SLOPE, OTHER_KERNEL = "-0.008034859180905948", "-0.008034859180907293"


@pytest.mark.parametrize(
    ("before", "after", "rule", "status", "kind"),
    [
        (f"a,{ONE}\n", f"a,{ONE}\n", Numbers(), "same bytes", ""),
        (f"a,{ONE}\n", f"a,{NEXT}\n", Numbers(), "within", "numbers"),
        (f"a,{ONE}\n", f"a,{NEXT}\n", Numbers(ulp=0), "differs", "numbers"),
        (f"a,{ONE}\n", f"a,{NEXT}\n", Bytes(), "differs", "bytes"),
        (f"a,{ONE}\n", f"a,{FAR}\n", Numbers(), "differs", "numbers"),
        (f"a,{ONE}\n", f"a,{FAR}\n", Numbers(absolute=1e-9), "within", "numbers"),
        (SLOPE, OTHER_KERNEL, Numbers(), "differs", "numbers"),
        (SLOPE, OTHER_KERNEL, Numbers(ulp=774), "differs", "numbers"),
        (SLOPE, OTHER_KERNEL, Numbers(ulp=775), "within", "numbers"),
        ("n,1\n", "n,2\n", Numbers(ulp=1e300, absolute=9.0), "differs", "numbers"),
        ("id,9007199254740993\n", "id,9007199254740992\n", Numbers(), "differs", "numbers"),
        ("1\n", "1.0\n", Numbers(), "within", "numbers"),
        ("zip,01234\n", "zip,1234\n", Numbers(), "differs", "numbers"),
        ("1e-3", "0.001", Numbers(), "within", "numbers"),
        ("-0.0", "0.0", Numbers(), "within", "numbers"),
        ("1e400", "2e400", Numbers(ulp=1e300), "differs", "numbers"),
        ("1e400", "-1e400", Numbers(absolute=1e300), "differs", "numbers"),
        ("1e308", "1e400", Numbers(), "differs", "numbers"),
        ("9" * 400 + ".5", "8" * 400 + ".5", Numbers(), "differs", "numbers"),
        ("a,1.5\n", "a,nan\n", Numbers(), "differs", "text"),
        ("a,1.5\n", "a,\n", Numbers(), "differs", "text"),
        ("a,1.5\n", "a,1.5\nb,2.5\n", Numbers(), "differs", "text"),
        ("x\ny\n", "y\nx\n", Numbers(), "differs", "order"),
        ("1.5\n2.5\n", "2.5\n1.5\n", Numbers(), "differs", "order"),
        ("{'a', 'b'}", "{'b', 'a'}", Numbers(), "differs", "order"),
        ("x\ny\n", "x\r\ny\r\n", Numbers(), "differs", "text"),
        ("", "x", Numbers(), "differs", "text"),
        ("größer 1.5 °C", "größer 1.5000000000000002 °C", Numbers(), "within", "numbers"),
        ("2013-03-10 01:00", "2013-03-10 03:00", Numbers(), "differs", "numbers"),
        ("<obj at 0x7fe1>", "<obj at 0x7f2>", Numbers(), "differs", "address"),
        ("0x7fe1", "0x7f2", Numbers(), "differs", "text"),
    ],
)
def test_texts_are_compared_number_by_number(
    before: str, after: str, rule: Rule, status: str, kind: str
) -> None:
    found = compare(before.encode(), after.encode(), rule)
    assert (found.status, found.kind) == (status, kind)


def test_what_is_no_text_is_compared_as_bytes() -> None:
    found = compare(b"\xff\xfe1.5", b"\xff\xfe1.6", Numbers())
    assert (found.status, found.kind) == ("differs", "bytes")
    assert found.detail.startswith("from byte 4 on")


def test_a_number_of_very_many_digits_is_a_number() -> None:
    assert compare(b"9" * 10_000, b"9" * 9_999 + b"8", Numbers()).status == "differs"


@given(st.lists(FLOATS, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_a_change_beyond_the_tolerance_is_never_within(numbers: list[float], random: object) -> None:
    text = "\n".join(map(repr, numbers))
    changed = [numbers[0] * 1.001 + 1e-3, *numbers[1:]]
    after = "\n".join(map(repr, changed))
    apart = ulps(numbers[0], changed[0])
    assert (compare(text.encode(), after.encode(), Numbers(ulp=256)).status == "differs") == (apart > 256)


RULES = st.sampled_from([Bytes(), Numbers(), Numbers(ulp=0, absolute=1.0), Picture()])


@given(st.binary(max_size=30) | st.text(max_size=30).map(str.encode), st.binary(max_size=30), RULES)
def test_any_two_contents_are_compared_the_same_both_ways(before: bytes, after: bytes, rule: Rule) -> None:
    assert compare(before, before, rule).status == "same bytes"
    statuses = {compare(before, after, rule).status, compare(after, before, rule).status}
    assert len(statuses) == 1
    assert (statuses == {"same bytes"}) == (before == after)


def test_a_drawing_with_other_ids_and_another_date_differs() -> None:
    svg = "<svg><dc:date>{}</dc:date><clipPath id='p{}'/><path d='M 1.0 2.0'/></svg>"
    texts = [
        svg.format(*given).encode() for given in (("2026-01-01T00:00", "5e0f"), ("2026-01-02T00:00", "0c0a"))
    ]
    assert compare(*texts, rule_for("plot.svg")).status == "differs"


def picture(value: int, size: tuple[int, int] = (4, 4), level: int = 6, mode: str = "L") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, value).save(file, "PNG", compress_level=level)
    return file.getvalue()


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (picture(10, (64, 64), level=1), "within"),
        (picture(11, (64, 64)), "within"),
        (picture(12, (64, 64)), "differs"),
        (picture(10, (64, 63)), "differs"),
        (b"no picture", "differs"),
        (b"", "differs"),
    ],
)
def test_pictures_are_compared_by_their_pixels(after: bytes, status: str) -> None:
    assert compare(picture(10, (64, 64), level=9), after, Picture()).status == status


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("a/b.CSV", Numbers()),
        ("plot.svg", Numbers()),
        ("plot.PNG", Picture()),
        ("table.parquet", Bytes()),
        ("no ending", Bytes()),
        ("cell 3: printed", Numbers()),
        ("cell 3: text/plain", Numbers()),
        ("cell 3: image/png #2", Picture()),
        ("cell 3: image/svg+xml", Numbers()),
        ("cell 3: application/json", Numbers()),
    ],
)
def test_rules_go_by_the_name(name: str, rule: Rule) -> None:
    assert rule_for(name) == rule
