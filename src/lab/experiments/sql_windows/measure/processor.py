"""Processor time that an engine spends, wherever it runs: what other programs on the machine don't stretch."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

# PostgreSQL tells its own usage after each message of the protocol, if asked to; see POSTGRES_REPORTS.
POSTGRES_REPORTS = {"log_statement_stats": "on", "client_min_messages": "log"}
_USAGE = re.compile(r"!\s+(?P<user>[\d.]+) s user, (?P<system>[\d.]+) s system, [\d.]+ s elapsed")


@contextmanager
def processor_time(connection: Any) -> Iterator[Callable[[], float]]:
    """For the block, a function that gives the seconds of processor time spent since it began.

    PostgreSQL reports its own (getrusage, user and system); DuckDB and SQLite work in this process.
    """
    if not isinstance(connection, psycopg.Connection):
        begin = time.process_time()
        yield lambda: time.process_time() - begin
        return
    reports: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        reports.append(diagnostic.message_detail or "")

    connection.add_notice_handler(note)
    try:
        yield lambda: usage(reports)
    finally:
        connection.remove_notice_handler(note)


def usage(reports: list[str]) -> float:
    """Seconds of processor time in PostgreSQL's usage reports; NaN if there is none."""
    found = [_USAGE.search(report) for report in reports]
    spent = [float(match["user"]) + float(match["system"]) for match in found if match]
    return sum(spent) if spent else float("nan")
