"""A dataset as what is stored of it: words by column, and labels by kind."""

from __future__ import annotations

from .dataset import Dataset, QueryError
from .words import joined, name_words, words

MOST_BYTES = 500_000  # of a dataset's different words: PostgreSQL's index takes a megabyte, places included


def document(item: Dataset) -> dict[str, list[str]]:
    """The words of a dataset by column of the index; QueryError if they are more than an index takes."""
    found = _columns(item)
    size = sum(len(word.encode()) for word in {word for part in found.values() for word in part})
    if size > MOST_BYTES:
        raise QueryError(f"dataset {item.id!r} has {size:,} bytes of different words, over {MOST_BYTES:,}")
    return found


def _columns(item: Dataset) -> dict[str, list[str]]:
    return {
        "name": [*name_words(item.name)],
        "owner": [*_chunks(item.owner), *name_words(item.email)],
        "field": [word for field in item.fields for word in name_words(field.name)],
        "title": _chunks(item.title),
        "tag": [word for tag in (*item.tags, item.source) for word in name_words(tag)],
        "body": words(item.text),
    }


def _chunks(text: str) -> list[str]:
    """Words, and what is written with a hyphen or apostrophe in one piece too: O'Brien is obrien, o and brien."""
    return [word for chunk in text.split() for word in name_words(chunk)]


def labels(number: int, item: Dataset) -> set[tuple[int, str, str, str]]:
    """What answers can be narrowed to: (number, kind, folded, value), each once."""
    values = {
        "owner": [item.owner],
        "tag": item.tags,
        "source": [item.source],
        "field": [field.name for field in item.fields],
    }
    return {
        (number, kind, joined(value), value) for kind, given in values.items() for value in given if value
    }
