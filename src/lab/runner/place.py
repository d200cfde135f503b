"""Where the results of a run are: those of the book in one place, each exploratory run in one of its own.

Only a run with the notebook's own parameters is published. Any other answers another question than the
book's, so it is kept where neither the book nor `lab list` looks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from lab import declared, paths


@dataclass(frozen=True)
class Place:
    """records: folder of SLUG.json, SLUG/FIGURE.csv and SLUG/PAGE.html; notebooks: folder of SLUG.ipynb as it was run."""

    slug: str
    records: Path
    notebooks: Path

    @property
    def record(self) -> Path:
        return self.records / f"{self.slug}.json"

    @property
    def notebook(self) -> Path:
        return self.notebooks / f"{self.slug}.ipynb"

    @property
    def figures(self) -> list[Path]:
        """The data behind each figure."""
        return sorted((self.records / self.slug).glob("*.csv"))

    @property
    def pages(self) -> list[Path]:
        """Pages and spreadsheets that the run made beside its notebook."""
        folder = self.records / self.slug
        return sorted([*folder.glob("*.html"), *folder.glob("*.xlsx")])


def published(slug: str) -> Place:
    """Where the book's run of `slug` is."""
    return Place(slug, paths.records(), paths.build() / "notebooks")


def exploratory(slug: str, changed: Mapping[str, Any]) -> Place:
    """A new folder, `build/exploratory/SLUG/TIME-PARAMETERS`, for one run with `changed` parameters."""
    stem = "-".join(part for part in (f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}", point_name(changed)) if part)
    for number in count(1):
        folder = paths.build() / "exploratory" / slug / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:  # by another run that began within the same second
            continue
        break
    return Place(slug, folder, folder)


def point_name(parameters: Mapping[str, Any]) -> str:
    """`parameters` as the name of a folder: readable, and another one for other values."""
    text = ",".join(f"{name}={_value(value)}" for name, value in parameters.items())
    safe = re.sub(r"[^\w.,=+-]+", "_", text)
    if safe == text and len(safe) <= 80:
        return safe
    return f"{safe[:60]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _value(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def changes(slug: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `params` (as a record holds them) that are not the notebook's own; empty: to be published."""
    defaults = declared.defaults(slug)
    return {name: value for name, value in params.items() if name not in defaults or value != defaults[name]}


def told(notebook: Path, record: Path | None) -> str:
    """Where the results of a run are, and whether the book may show them; for a terminal."""
    apart = paths.build() / "exploratory" in notebook.parents
    kept = [("notebook", notebook), ("record", record)]
    lines = [f"{name}: {paths.shown(path)}" for name, path in kept if path]
    return "\n".join(["exploratory, not in the book", *lines] if apart else lines)
