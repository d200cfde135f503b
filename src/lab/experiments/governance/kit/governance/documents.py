"""The playbook and the checklist as data: what each section covers, and what answers each question."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import TEMPLATES, load

# Too general to tell one section of a framework from another.
GENERAL = frozenset(
    re.findall(
        r"\w+",
        "and the for with from where have been not subject concerned which data information security processing personal "
        "management",
    )
)
STEM = 5  # letters of a word that count, so that erasure is not told from erasures
PARTS = ("Who", "When", "Evidence")
Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One section of the playbook. covers: numbers by framework; lacking: parts that every section has, and this one does not."""

    number: int
    title: str
    text: str
    covers: Mapping[str, Sequence[str]]
    lacking: Sequence[str]


def sections(playbook: str) -> list[Section]:
    """The sections of a playbook in Markdown: `## 1. Title`, steps, and a line `*Covers:* FRAMEWORK 1, 2; FRAMEWORK 3`."""
    parts = re.split(r"(?m)^## (\d+)\. (.+)$", playbook)[1:]
    return [
        _section(int(number), title, text)
        for number, title, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def _section(number: int, title: str, text: str) -> Section:
    body, _, line = text.partition("*Covers:*")
    covers = dict(_covered(line.split("\n\n")[0]))
    lacking = [part for part in PARTS if f"*{part}:*" not in body]
    steps = len(re.findall(r"(?m)^\d+\. ", body))
    return Section(
        number, title.strip(), f"{title}\n{body}", covers, lacking if steps else [*lacking, "steps"]
    )


def _covered(line: str) -> Iterator[tuple[str, list[str]]]:
    for part in filter(None, map(str.strip, line.split(";"))):
        # A framework's name may have numbers in it; its sections come after the last blank before the first comma.
        first, *others = [item.strip() for item in part.split(",")]
        framework, _, number = first.rpartition(" ")
        yield framework, [number, *others]


def coverage(playbook: str, frameworks: Path | Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for each section of each framework: framework, id, title, in_scope, reason, sections (that cover it), problem.

    A section covers an id if it names it and uses a word of its title that is not a general one: a number alone, under
    any heading, covers nothing. A claim of an id that there is not, or that is out of scope, is a row with a problem.
    """
    known = load(frameworks) if isinstance(frameworks, Path) else frameworks
    parts = sections(playbook)
    rows = [row for one in known for row in _rows(one, parts)]
    there = {(row["framework"], row["id"]) for row in rows}
    claims = {(name, id): part.number for part in parts for name, ids in part.covers.items() for id in ids}
    strangers = [
        _row(name, id, "", False, "", (number,), "no framework has it")
        for (name, id), number in claims.items()
        if (name, id) not in there
    ]
    return rows + strangers


def _rows(framework: Mapping[str, Any], parts: Sequence[Section]) -> Iterator[Row]:
    name = framework["framework"]
    for id, title in framework["in_scope"].items():
        claimed = [part for part in parts if id in part.covers.get(name, ())]
        said = [part.number for part in claimed if shares_a_word(title, part.text)]
        empty = [part.number for part in claimed if part.number not in said]
        problem = f"section {empty[0]} has no word of its title" if empty else ""
        yield _row(name, id, title, True, "", tuple(said), problem or ("" if said else "no section names it"))
    for reason, items in framework["out_of_scope"].items():
        for id, title in items.items():
            beyond = tuple(part.number for part in parts if id in part.covers.get(name, ()))
            yield _row(name, id, title, False, reason, beyond, "claimed, and out of scope" if beyond else "")


def _row(
    framework: str, id: str, title: str, in_scope: bool, reason: str, numbers: tuple[int, ...], problem: str
) -> Row:
    return {
        "framework": framework,
        "id": id,
        "title": title,
        "in_scope": in_scope,
        "reason": reason,
        "sections": numbers,
        "problem": problem,
    }


def shares_a_word(title: str, text: str) -> bool:
    """Whether a text has a word of a title, up to its ending; general words count only if a title has no other."""
    words = _stems(title)
    telling = words - {word[:STEM] for word in GENERAL} or words
    return bool(telling & _stems(text))


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"[a-z]{3,}", text.lower())}


def checklist(text: str, checks: Collection[str], playbook: str) -> list[Row]:
    """The rows of a checklist in Markdown: question, kind (check, field, person), what, section, problem ("" if none).

    A row is answered by a check that there is, by a field of the templates' schemas, or by a person; and each stands on a
    section of the playbook.
    """
    numbers = {part.number for part in sections(playbook)}
    fields = _fields()
    rows = []
    for question, how, section in re.findall(r"(?m)^\| \d+ \| (.+?) \| (.+?) \| (\d+) \|$", text):
        kind, _, what = how.partition(" ")
        what = what.strip("`")
        known = {"check": what in checks, "field": what in fields, "person": True}.get(kind, False)
        problem = "" if known else f"there is no {how}"
        problem = problem or ("" if int(section) in numbers else f"there is no section {section}")
        rows.append(
            {"question": question, "kind": kind, "what": what, "section": int(section), "problem": problem}
        )
    return rows


def _fields() -> set[str]:
    """Every property that a schema of the templates names."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    for path in TEMPLATES.glob("*.schema.json"):
        walk(json.loads(path.read_text()))
    return found
