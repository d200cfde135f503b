"""The audit from log lines of which it is known what happened."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from lab.experiments.tenant_isolation import audit
from lab.experiments.tenant_isolation.present.readers import HEAD, readers

DAY = date(2026, 1, 31)


def _line(user: str, message: str, application: str = "", severity: str = "LOG", **more: object) -> str:
    known = {
        "timestamp": "2026-01-31 23:59:59.999 UTC",
        "user": user,
        "dbname": "shop",
        "application_name": application,
    }
    return json.dumps(known | {"error_severity": severity, "message": message} | more)


def _read(statement: str, rows: object = 2) -> str:
    return f'AUDIT: SESSION,1,1,READ,SELECT,TABLE,shop.orders,"{statement}",<not logged>,{rows}'


REQUEST = {
    "at": "2026-01-31T10:00:00+00:00",
    "request": "r9",
    "user": "bob",
    "tenant": "7",
    "method": "GET",
    "path": "/orders",
}
LINES = [
    _line("acme", _read("SELECT 1")),
    _line("app", _read("SELECT 2"), "r1/7/ann"),
    _line("app", _read("SELECT 3"), "r2/8/eve"),
    _line("root", _read("SELECT 4")),
    _line("acme", "permission denied for table orders", severity="ERROR", statement="/* x */ SELECT 5"),
    _line("acme", _read("SELECT 6"), dbname="other"),
    _line("acme", _read("SELECT 7"), timestamp="2026-02-01 00:00:00.000 UTC"),
    "{half a li",
]


def _entries(lines: list[str], requests: list[str] | None = None) -> list[audit.Entry]:
    return audit.entries(lines, requests or [], {"acme": "7"}, {"app"}, "shop")


def test_who_read_the_rows_of_a_tenant_on_a_day_operators_and_refusals_too() -> None:
    found = audit.about(_entries(LINES), "7", DAY)
    assert [(entry.who, entry.via, entry.tenant, entry.outcome, entry.rows) for entry in found] == [
        ("acme", "sql", "7", "done", 2),
        ("ann", "api", "7", "done", 2),
        ("root", "operator", "*", "done", 2),
        ("acme", "sql", "7", "refused", None),
    ]
    assert found[-1].why == "permission denied for table orders"


def test_requests_that_never_reached_the_database_are_in_the_audit() -> None:
    lines = [json.dumps(REQUEST | {"status": status}) for status in (200, 404)]
    lines.append(
        json.dumps(REQUEST | {"status": 401, "request": "r0", "user": "", "tenant": "", "why": "expired"})
    )
    found = _entries([], lines)
    assert [(entry.who, entry.outcome, entry.request) for entry in found] == [
        ("bob", "done", "r9"),
        ("bob", "refused", "r9"),
        ("unknown", "refused", "r0"),
    ]
    assert found[-1].why == "expired"


def test_a_tenants_login_can_not_pass_itself_off_as_another() -> None:
    (entry,) = _entries([_line("acme", _read("SELECT 1"), "r1/8/eve")])
    assert (entry.who, entry.tenant, entry.via) == ("acme", "7", "sql")


@pytest.mark.parametrize("statement", ['SELECT ""a,b""', "SELECT 'x\ny'", "SELECT '; AUDIT: SESSION'"])
def test_commas_quotes_and_lines_in_a_statement_are_part_of_it(statement: str) -> None:
    (entry,) = _entries([_line("acme", _read(statement))])
    assert entry.what == statement.replace('""', '"') and entry.rows == 2 and entry.relation == "shop.orders"


def test_rows_that_are_not_logged_are_not_known() -> None:
    line = _line("acme", 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,shop.orders,"SELECT 1",<not logged>')
    assert _entries([line])[0].rows is None


def test_another_time_zone_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="log_timezone"):
        _entries([_line("acme", _read("SELECT 1"), timestamp="2026-01-31 10:00:00.000 CET")])


def test_empty_logs_and_lines_of_other_kinds_give_nothing() -> None:
    assert _entries([]) == []
    assert _entries(["", "[]", "7", json.dumps({"message": "checkpoint starting", "timestamp": "x"})]) == []


def test_the_page_shows_what_was_found_and_nothing_that_a_statement_brings_along() -> None:
    found = audit.about(_entries([_line("acme", _read("SELECT '<script>'"))]), "7", DAY)
    shown = audit.page(found, '"><b>', DAY, "READ")
    assert "&lt;script&gt;" in shown and "<script>" not in shown and '"><b>' not in shown
    assert "Nobody" in audit.page([], "7", DAY, "READ")


def test_a_day_before_the_log_begins_is_not_told_as_nobody_alone() -> None:
    line = json.dumps({"timestamp": "2026-01-31 09:00:00.123 UTC", "message": "started"})
    begun = audit.begins(["", "no json", "{}", line])
    assert begun == datetime(2026, 1, 31, 9, 0, 0, 123_000, tzinfo=UTC)
    assert audit.begins([]) is None
    for day, told in ((date(2026, 1, 30), True), (date(2026, 1, 31), True), (date(2026, 2, 1), False)):
        assert ("The log begins at 2026-01-31 09:00:00" in audit.page([], "7", day, "READ", begun)) == told


def test_the_pages_table_needs_no_name_of_a_relation_which_pgaudit_leaves_out_by_default() -> None:
    def line(user: str, statement: str, rows: int = 2) -> str:
        return _line(user, f"AUDIT: SESSION,1,1,READ,SELECT,,,{statement},<not logged>,{rows}")

    lines = [
        line("acme", "/* mark 1 */ SELECT note FROM shop.orders"),
        line("acme", "/* mark 2 */ SELECT note FROM shop.orders"),
        line("root", "SELECT count(*) FROM shop.orders", 1),
        line("nosy", "SELECT 1", 1),
        line("idle", "SELECT note FROM shop.orders", 0),
    ]
    found = readers(
        pd.DataFrame([vars(entry) for entry in _entries(lines, [json.dumps(REQUEST | {"status": 200})])])
    )
    assert list(found.itertuples(index=False, name=None)) == [
        ("bob", "api", "7", "done", "GET /orders"),
        ("acme", "sql", "7", "done", "SELECT note FROM shop.orders"),
        ("root", "operator", "all", "done", "SELECT count(*) FROM shop.orders"),
    ]
    assert list(found.columns) == HEAD
