"""Bills worked out by hand from the public list prices (US East, N. Virginia), a sum a line.

GB are binary, months have 30 days. Each line is quantity times price in dollars; requests are priced per thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

GIB = 1 << 30


@dataclass(frozen=True)
class Case:
    """One object in classes from day to day (class, first day, end), its reads (day, times), and what that costs."""

    name: str
    size: int
    stays: tuple[tuple[str, int, int], ...]
    reads: tuple[tuple[int, int], ...]
    usd: Fraction
    egress: float = 0.0
    tariff: bool = False


def _sum(*lines: str) -> Fraction:
    """Each line: factors, separated by blanks; a factor may be a fraction."""
    total = Fraction(0)
    for line in lines:
        product = Fraction(1)
        for factor in line.split():
            product *= Fraction(factor)
        total += product
    return total


PUT, GET = "0.005 1/1000", "0.0004 1/1000"

CASES = (
    Case(
        "100 GB in Standard for a month, read a thousand times",
        100 * GIB, (("STANDARD", 0, 30),), ((12, 1_000),),
        _sum(PUT, "100 0.023", "1000 0.0004 1/1000"),
    ),
    Case(
        "100 GB to Standard-IA after a month, kept two, read twice",
        100 * GIB, (("STANDARD", 0, 30), ("STANDARD_IA", 30, 90)), ((40, 2),),
        _sum(PUT, "100 0.023", "0.01 1/1000", "100 0.0125 2", "2 0.001 1/1000", "2 100 0.01"),
    ),
    Case(
        "deleted after 10 of Standard-IA's 30 days",
        100 * GIB, (("STANDARD", 0, 30), ("STANDARD_IA", 30, 40)), (),
        _sum(PUT, "100 0.023", "0.01 1/1000", "100 0.0125"),
    ),
    Case(
        "64 KB in Glacier Instant Retrieval, billed as 128 KB",
        65_536, (("GLACIER_IR", 0, 90),), (),
        _sum("0.02 1/1000", "1/8192 0.004 3"),
    ),
    Case(
        "1 GB in Glacier Flexible Retrieval, read three times on one day: one restore, a copy for a day, 40 KB beside it",
        GIB, (("STANDARD", 0, 10), ("GLACIER", 10, 100)), ((50, 3),),
        _sum(PUT, "0.023 1/3", "0.03 1/1000", "0.0036 3", "1/32768 0.0036 3", "1/131072 0.023 3", "0.05 1/1000",
             "0.01", "0.023 1/30", "3 0.0004 1/1000"),
    ),
    Case(
        "read in Glacier Instant Retrieval, then put back into Standard: retrieved once",
        10 * GIB, (("GLACIER_IR", 0, 101), ("STANDARD", 101, 131)), ((100, 1),),
        _sum("0.02 1/1000", "10 0.004 101/30", "0.01 1/1000", "10 0.03", PUT, "10 0.023"),
    ),
    Case(
        "back to Standard without a read: retrieved for the move",
        10 * GIB, (("GLACIER_IR", 0, 90), ("STANDARD", 90, 120)), (),
        _sum("0.02 1/1000", "10 0.004 3", "10 0.03", PUT, "10 0.023"),
    ),
    Case(
        "1,000 GB deleted after 30 of Deep Archive's 180 days",
        1_000 * GIB, (("DEEP_ARCHIVE", 0, 30),), (),
        _sum("0.05 1/1000", "1000 0.00099 6", "1/32768 0.00099 6", "1/131072 0.023"),
    ),
    Case(
        "10 GB in Standard, read twice from the internet",
        10 * GIB, (("STANDARD", 0, 30),), ((3, 2),),
        _sum(PUT, "10 0.023", "2 0.0004 1/1000", "2 10 0.09"),
        egress=1.0,
    ),
    Case(
        "1 GB in Intelligent-Tiering, idle for 100 days, then read: back at the top without a fee",
        GIB, (("FREQUENT", 0, 30), ("INFREQUENT", 30, 90), ("ARCHIVE_INSTANT", 90, 101), ("FREQUENT", 101, 131)),
        ((0, 1), (100, 1)),
        _sum(PUT, "0.023", "0.0125 2", "0.004 11/30", "0.023", "131/30 0.0025 1/1000", GET, GET),
        tariff=True,
    ),
)  # fmt: skip
