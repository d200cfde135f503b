"""What a violation says: how many rows, and what was agreed; never a value of the data."""

from __future__ import annotations

from .rules import COMPARISONS, LENGTH, PATTERN, RANGE, REQUIRED, SET, Rule

_BREAKS = {
    REQUIRED: "have no value",
    RANGE: "are not within",
    LENGTH: "are not as long as agreed:",
    PATTERN: "do not match",
    SET: "are none of",
}


def rows_break(rule: Rule, count: int, rows: int) -> str:
    """Of a rule that is judged by row."""
    hidden = (*COMPARISONS, "unit", "missingValues")
    limits = {name: value for name, value in rule.limits.items() if name not in hidden}
    told = "; ".join(
        ", ".join(value) if isinstance(value, list) else f"{name} {value}" for name, value in limits.items()
    )
    share = f" (agreed: {comparison(rule)} {rule.limits['unit']})" if "unit" in rule.limits else ""
    return f"{count:,} of {rows:,} rows {_BREAKS[rule.kind]} {told}".rstrip() + share


def comparison(rule: Rule) -> str:
    """The agreed comparison, as the contract has it."""
    return ", ".join(f"{name} {value}" for name, value in rule.limits.items() if name.startswith("must"))


def span(seconds: float) -> str:
    """A time in the largest unit of which there are two."""
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} seconds"
