"""Bytes written, by three accounts that know nothing of one another: the link, the store's listing, the compactor."""

from __future__ import annotations

from dataclasses import dataclass

from lab.experiments.parquet_compaction.files import Files
from lab.experiments.parquet_compaction.log import LOG


@dataclass(frozen=True)
class Account:
    """Bytes of one piece of writing.

    link: bodies of requests that crossed the link. store: growth of what the store lists. own: what the writer says
    of its data files, and the log's growth.
    """

    link: int
    store: int
    own: int

    @property
    def deviation(self) -> float:
        """The largest difference between two accounts, as a share of the store's. NaN if the store lists nothing new."""
        found = (self.link, self.store, self.own)
        if not self.store:
            return 0.0 if not any(found) else float("nan")
        return (max(found) - min(found)) / self.store


@dataclass(frozen=True)
class Stock:
    """Bytes that the store lists: all, and those of the log."""

    all: int
    log: int


def stock(files: Files) -> Stock:
    """What is there now."""
    entries = files.entries("")
    return Stock(
        sum(entry.bytes for entry in entries),
        sum(entry.bytes for entry in entries if entry.path.startswith(LOG)),
    )


def account(link: int, before: Stock, after: Stock, own: int) -> Account:
    """own: bytes of data files that the writer says it wrote."""
    return Account(link, after.all - before.all, own + after.log - before.log)
