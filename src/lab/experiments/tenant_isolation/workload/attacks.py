"""The attack matrix: `attacks.yaml`, to which a reader adds a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, model_validator

FILE = Path(__file__).with_name("attacks.yaml")


class Attack(BaseModel):
    """One row: an attack, or an action that must be allowed (`gives`). The file's head says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    kind: str
    model: Literal["api", "sql"]
    does: tuple[str, ...]
    pair: Literal["", "email", "number", "customer", "amount", "product", "order", "victim"] = ""
    own: str | None = None
    shows: str | None = None
    open: bool = False
    gives: Literal["", "notes", "change", "ok"] = ""

    @model_validator(mode="after")
    def _whole(self) -> Attack:
        if not self.does:
            raise ValueError(f"{self.title} does nothing")
        if self.gives and (self.open or self.pair):
            raise ValueError(f"{self.title} is allowed, so it is no attack")
        return self

    @property
    def title(self) -> str:
        return f"{self.kind}, {self.name}"


def attacks(file: Path = FILE) -> list[Attack]:
    """All rows. ValueError for a field that is not known, or a row that is there twice."""
    rows = [Attack(**row) for row in yaml.safe_load(file.read_text())]
    keys = [(row.model, row.title, row.gives) for row in rows]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"there twice: {twice}")
    return rows


def table(rows: Sequence[Attack]) -> pd.DataFrame:
    """The rows as a table."""
    return pd.DataFrame([row.model_dump() for row in rows])
