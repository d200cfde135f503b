"""The playbook, the templates and the checklist as they are in the kit."""

from __future__ import annotations

import re

import pandas as pd

from lab.experiments.governance.kit import FOLDER
from lab.experiments.governance.kit.governance.catalogue import flaws_of, load
from lab.experiments.governance.mechanism import CHECKS, checklist, coverage, sections


def playbook() -> str:
    return (FOLDER / "PLAYBOOK.md").read_text()


def without(section: str, text: str) -> str:
    """A playbook without the section of that title."""
    return re.sub(rf"(?ms)^## \d+\. {re.escape(section)}\n.*?(?=^## |\Z)", "", text)


def covered(text: str) -> pd.DataFrame:
    """Rows of `coverage` for a playbook, against the frozen frameworks."""
    return pd.DataFrame(coverage(text, FOLDER / "frameworks.yml"))


def titles(text: str) -> pd.DataFrame:
    """Columns: number, title, of a playbook's sections."""
    return pd.DataFrame([(part.number, part.title) for part in sections(text)], columns=["number", "title"])


def answered(text: str) -> pd.DataFrame:
    """Rows of the checklist."""
    return pd.DataFrame(checklist(_questions(), CHECKS, text))


def _questions() -> str:
    return (FOLDER / "audit_checklist.md").read_text()


def gaps(text: str) -> list[str]:
    """What the documents lack, a sentence each: parts of a section, answers to a question, fields of a template."""
    lacking = [
        f"section {part.number} lacks {', '.join(part.lacking)}" for part in sections(text) if part.lacking
    ]
    rows = checklist(_questions(), CHECKS, text)
    unanswered = [f"{row['question']}: {row['problem']}" for row in rows if row["problem"]]
    wrong = [
        f"{kind}.yml: {flaw}"
        for kind in ("dataset", "access")
        for flaw in flaws_of(load(FOLDER / "templates" / f"{kind}.yml"), kind)
    ]
    asked = (FOLDER / "templates" / "pull_request.md").read_text().count("- [ ]")
    return [*lacking, *unanswered, *wrong, *([] if asked else ["the pull request's template asks nothing"])]
