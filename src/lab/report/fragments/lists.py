"""Sentences and lists: how many experiments there are, those of a theme, an inconclusive one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lab import paths
from lab.evidence import record
from lab.report import tables
from lab.report.row import Row


def counts(rows: Sequence[Row], up: str, _: str) -> str:
    """How many experiments came out how."""
    found = Counter(row.verdict for row in rows)
    said = ", ".join(f"{found[name]} {name}" for name in tables.SIGNS if found[name])
    return f"**{len(rows)} experiments: {said}.**"


def theme(rows: Sequence[Row], up: str, name: str) -> str:
    """The experiments of one theme, each with its answer."""
    own = [row for row in rows if row.entry.theme == name]
    return "\n\n".join(
        f"**[{row.title}]({up}{row.page}.ipynb)** ({row.verdict}). {_answer(row)}" for row in own
    )


def _answer(row: Row) -> str:
    return row.told["summary"]["answer"] if row.told else row.question


def inconclusive(rows: Sequence[Row], up: str, _: str) -> str:
    """A run that could not tell, as an example."""
    example = record.read(paths.PROJECT / "book" / "examples" / "inconclusive.json")
    doubtful = [item["name"] for item in example["criteria"] if item["outcome"] != "pass"]
    held = len(example["criteria"]) - len(doubtful)
    return (
        f"This is what a run of {example['experiment']} said on {example['finished'][:10]}, on a machine that was busy "
        f"with other work:\n\n{tables.banner(example)}\n\n{held} of its {len(example['criteria'])} criteria held, and "
        "the control failed as it must. All the same there is no pass: "
        f"{', '.join(f'`{name}`' for name in doubtful)} is a precondition, and what was measured at another load than "
        "the one that was asked for answers another question."
    )
