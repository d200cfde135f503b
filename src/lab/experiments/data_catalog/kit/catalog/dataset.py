"""What a catalog holds about a dataset, and what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt, StringConstraints

KINDS = ("owner", "tag", "source", "field")  # what an answer can be narrowed to
AGES = {"30 days": 30, "year": 365}  # freshness, as facets: changed within so many days, or older


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class QueryError(ValueError):
    """A question, or a dataset, that a catalog can't take; the message says why."""


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL, and no database half a surrogate pair."""
    if _UNSTORABLE.search(text):
        raise ValueError("must not contain NUL or surrogates")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_storable)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_storable)
]
Text = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(_storable)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(_Model):
    """A column. type: as the source calls it."""

    name: Name
    type: Line = ""


class Dataset(_Model):
    """A dataset's metadata. id: unique in the catalog; source: the system that it lies in; updated: its data, last.

    owner: a person or team, `email` theirs; rows: None if nobody counted; text: a description, as long as it is.
    """

    id: Name
    name: Name
    owner: Line
    updated: date
    title: Line = ""
    email: Line = ""
    source: Line = ""
    rows: NonNegativeInt | None = None
    tags: tuple[Name, ...] = ()
    fields: tuple[Field, ...] = ()
    text: Text = ""


@dataclass(frozen=True)
class Hit:
    """A dataset that was found. score: comparable within its answer only. why: what of the question stands where."""

    dataset: Dataset
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a question finds. total: datasets in all, of which `hits` are the page asked for.

    how: "as typed", "corrected" (with words one typing error away), "any word" (none has all of them), or
    "everything" (there was no word in the question).
    facets: datasets by kind and value, over all that was found.
    """

    total: int
    hits: list[Hit]
    how: str = "as typed"
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
