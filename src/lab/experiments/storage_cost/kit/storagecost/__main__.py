"""What a trace costs: python -m storagecost OBJECTS.csv READS.csv [--prices FILE] [--age DAYS=CLASS ...] [--xlsx FILE]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import (
    PriceError,
    TraceError,
    age_rules,
    all_hot,
    automatic_tiering,
    bill,
    break_even,
    load,
    load_trace,
    offline_optimum,
)
from .lifecycle import Rule, RuleError, as_json


def main(arguments: list[str] | None = None) -> int:
    """The bills as a table; 2 if the input can't be used."""
    parser = argparse.ArgumentParser("python -m storagecost", description=__doc__)
    parser.add_argument("objects", type=Path)
    parser.add_argument("reads", type=Path)
    parser.add_argument("--days", type=int, help="days that were observed; by default until the last read")
    parser.add_argument("--egress", type=float, default=0.0, help="share of reads that leave the region")
    parser.add_argument("--prices", type=Path, help="a price table like prices.toml")
    parser.add_argument(
        "--age",
        action="append",
        default=[],
        metavar="DAYS=CLASS",
        type=_rule,
        help="a rule of age; may be repeated",
    )
    parser.add_argument(
        "--rules", type=Path, help="write the rules of age as a lifecycle configuration (JSON)"
    )
    parser.add_argument("--xlsx", type=Path, help="write the model as a spreadsheet (needs openpyxl)")
    given = parser.parse_args(arguments)
    try:
        _run(given)
    except (PriceError, TraceError, RuleError, ValueError, OSError) as error:
        print(f"storagecost: {error}", file=sys.stderr)
        return 2
    return 0


def _rule(text: str) -> tuple[int, str]:
    days, _, name = text.partition("=")
    if not days.isdecimal() or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is no rule; write DAYS=CLASS, such as 30=GLACIER_IR")
    return int(days), name


def _run(given: argparse.Namespace) -> None:
    prices = load(given.prices) if given.prices else load()
    trace = load_trace(given.objects, given.reads, given.days, given.egress)
    rules = tuple(sorted(given.age))
    bills = {"all hot": bill(trace, all_hot, prices)}
    if rules:
        configuration = as_json([Rule("", rules)], prices)
        bills["rules of age"] = bill(trace, age_rules(*rules), prices)
    if len(prices.classes) > 1:
        to = next((at.name for at in prices.classes if at.name == "GLACIER_IR"), prices.classes[1].name)
        bills["break-even"] = bill(trace, break_even(prices, to), prices)
    if prices.tiering:
        bills["automatic tiering"] = automatic_tiering(trace, prices)
    bills["offline optimum"] = offline_optimum(trace, prices)
    if not bills["all hot"].total:
        raise PriceError("all hot costs nothing at these prices: there is nothing to save")
    print(
        f"{'policy':<18} {'USD a month':>12} {'saving':>8} {'pay retrieval':>14} {'wait':>8} {'longest, s':>11}"
    )
    for name, item in bills.items():
        saving = 1 - item.total / bills["all hot"].total
        print(
            f"{name:<18} {item.per_month:12.4f} {saving:8.1%} {item.cold_share:14.2%} {item.slow_share:8.2%} "
            f"{item.longest_wait:11g}"
        )
    if given.rules and rules:
        given.rules.write_text(json.dumps(configuration, indent=2))
    if given.xlsx:
        from .spreadsheet import spreadsheet

        given.xlsx.write_bytes(spreadsheet(bills, prices))


if __name__ == "__main__":
    sys.exit(main())
