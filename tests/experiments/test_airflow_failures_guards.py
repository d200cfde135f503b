"""The guards of the kit, on data and servers of one's own and on foreign ones."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from decimal import Decimal
from email.message import Message
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from lab import environments
from lab.experiments.airflow_failures import (
    DAGS,
    CircuitBreaker,
    CircuitOpenError,
    ContractError,
    address,
    alone,
    check_contract,
    lines_of,
    parse,
)
from lab.experiments.airflow_failures.kit.harness import faults, source
from lab.faults.process import hang
from lab.services.postgres import Postgres, postgres


def test_a_batch_is_parsed_and_what_is_no_row_is_a_dead_letter() -> None:
    lines = [
        "order,customer,amount",
        "a,b,1.50",
        "",
        " c , d , 2 ",
        "e,",
        "f,g,NaN",
        "h,i,1e999999999",
        "j,k,x",
        ",l,1",
        "m,n,1,2",
    ]
    rows, dead = parse(lines)
    assert [row[0] for row in rows] == ["a", "c"] and rows[0][2] == Decimal("1.50")
    assert [number for number, _, _ in dead] == [5, 6, 7, 8, 9, 10]
    assert all(reason for _, _, reason in dead)


def test_an_empty_batch_has_no_rows_and_no_dead_letters() -> None:
    assert parse([]) == parse(["order,customer,amount"]) == ([], [])


def test_what_no_database_takes_is_a_dead_letter_that_one_takes() -> None:
    # NUL, a name in another encoding, amounts that `numeric` has no place for
    body = b"order,customer,amount\na\0,b,1\nZo\xeb,c,1\nd,e,1e200000\nf,g,1e-20000\nh,i,1e131071"
    rows, dead = parse(lines_of(body))
    assert [row[0] for row in rows] == ["h"]
    assert [letter[1] for letter in dead] == ["a\\x00,b,1", "Zo\\udceb,c,1", "d,e,1e200000", "f,g,1e-20000"]
    for letter in dead:
        assert "\0" not in letter[1] + letter[2] and (letter[1] + letter[2]).encode()


def test_names_with_commas_quotes_and_signs_that_end_lines_elsewhere_are_one_row() -> None:
    body = 'order,customer,amount\r\n"a, b","said ""hi""",1\r\nn\u2028o,p\x85q,2\r\n"open,r,3'
    rows, dead = parse(lines_of(body.encode()))
    assert [row[:2] for row in rows] == [("a, b", 'said "hi"'), ("n\u2028o", "p\x85q")]
    assert [number for number, _, _ in dead] == [4]


@pytest.mark.parametrize("head", ["customer,order,amount", "a,b,1", "", "order;customer;amount"])
def test_columns_in_another_order_or_none_are_refused(head: str) -> None:
    with pytest.raises(ContractError, match="a head"):
        parse([head, "a,b,1"])


def test_a_mark_before_the_head_and_spaces_in_it_are_no_other_head() -> None:
    assert parse(["\ufefforder, customer,amount\r", "a,b,1"])[0] == [("a", "b", Decimal(1))]


MANIFEST = {"rows": 200, "total": "10.00"}


@pytest.mark.parametrize(
    ("loaded", "total", "rejected", "right"),
    [
        (200, "10.00", 0, True),
        (200, "10", 0, True),
        (200, "10.01", 0, False),
        (199, "9.00", 0, False),
        (201, "10.00", 0, False),
        (199, "9.00", 1, True),
        (197, "9.00", 3, False),
        (0, "0", 0, False),
    ],
)
def test_the_contract(loaded: int, total: str, rejected: int, right: bool) -> None:
    if right:
        check_contract(loaded, Decimal(total), rejected, MANIFEST)
    else:
        with pytest.raises(ContractError):
            check_contract(loaded, Decimal(total), rejected, MANIFEST)


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"rows": 200},
        {"rows": True, "total": "10"},
        {"rows": "many", "total": "10"},
        {"rows": 200, "total": "NaN"},
        {"rows": float("inf"), "total": 10},
        {"rows": 200.5, "total": 10},
        {"rows": -200, "total": 10},
        {"rows": 200, "total": None},
        [200, 10],
    ],
)
def test_a_manifest_that_promises_no_numbers_breaks_the_contract_in_words(manifest: Any) -> None:
    with pytest.raises(ContractError, match=r"manifest|promised"):
        check_contract(200, Decimal("10.00"), 0, manifest)


@pytest.mark.parametrize("manifest", [{"rows": "200", "total": 10}, {"rows": 200.0, "total": 10.0}])
def test_a_manifest_with_numbers_written_otherwise_is_kept(manifest: Any) -> None:
    check_contract(200, Decimal("10.00"), 0, manifest)


@pytest.mark.parametrize(
    ("host", "schema", "conn_type", "port", "url"),
    [
        ("127.0.0.1", "alerts", "http", 8002, "http://127.0.0.1:8002/alerts"),
        (
            "hooks.example.org",
            "services/T0/B0/x",
            "https",
            None,
            "https://hooks.example.org/services/T0/B0/x",
        ),
        ("https://hooks.example.org/a/b", "", "http", None, "https://hooks.example.org/a/b"),
        ("example.org", "https", "http", 443, "https://example.org:443"),
        ("https://example.org/", None, "http", 8443, "https://example.org:8443"),
        ("example.org", "a b", "http", None, "http://example.org/a%20b"),
    ],
)
def test_a_connection_is_the_url_that_it_means(
    host: str, schema: str | None, conn_type: str, port: int | None, url: str
) -> None:
    assert address(SimpleNamespace(host=host, schema=schema, conn_type=conn_type, port=port)) == url


def test_a_truncated_batch_breaks_the_contract_and_leaves_a_dead_letter() -> None:
    orders = source.rows(1, 100, seed=1)
    rows, dead = parse(source.body(orders, truncated=True).splitlines())
    assert (len(rows), len(dead)) == (80, 1)
    total = sum((row[2] for row in rows), Decimal(0))
    with pytest.raises(ContractError, match="80 rows and 1 dead letters, where 100"):
        check_contract(len(rows), total, len(dead), source.manifest(orders))
    whole, none = parse(source.body(orders).splitlines())
    assert whole == orders and not none


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        with postgres({"shared_buffers": "16MB"}) as found:
            with psycopg.connect(found.dsn, autocommit=True) as connection:
                connection.execute((DAGS / "tables.sql").read_bytes())
            yield found


def _fail() -> None:
    raise OSError("away")


def _refused(breaker: CircuitBreaker) -> None:
    with pytest.raises(CircuitOpenError):
        breaker.call(lambda: pytest.fail("called"))


@pytest.mark.service
def test_a_breaker_opens_lets_one_through_and_closes(database: Postgres) -> None:
    with (
        psycopg.connect(database.dsn, autocommit=True) as one,
        psycopg.connect(database.dsn, autocommit=True) as other,
    ):
        mine, theirs = (CircuitBreaker("s", each, failures=2, open_s=60) for each in (one, other))

        def pass_s(seconds: float) -> None:
            one.execute(
                "UPDATE circuit_breaker SET at = at - make_interval(secs => %s) WHERE name = 's'", (seconds,)
            )

        for breaker in (mine, theirs):
            with pytest.raises(OSError, match="away"):
                breaker.call(_fail)
        for breaker in (mine, theirs):  # both know that it is open
            _refused(breaker)
        pass_s(30)
        _refused(mine)
        pass_s(31)
        with pytest.raises(OSError, match="away"):  # the one trial
            mine.call(lambda: _refused(theirs) or _fail())
        _refused(theirs)
        pass_s(61)
        assert theirs.call(lambda: 5) == 5
        assert mine.call(lambda: 6) == 6


@pytest.mark.service
def test_a_breaker_forgets_failures_that_are_not_in_a_row(database: Postgres) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        breaker = CircuitBreaker("a name with 'quotes'", connection, failures=2, open_s=60)
        for _ in range(3):
            with pytest.raises(OSError, match="away"):
                breaker.call(_fail)
            assert breaker.call(lambda: 1) == 1


class _TimeOutOfTask(BaseException):
    """As Airflow's own: no `Exception`, so that no task swallows it."""


@pytest.mark.service
@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (_TimeOutOfTask(), True),
        (urllib.error.HTTPError("", 503, "away", Message(), None), True),
        (urllib.error.HTTPError("", 429, "slowly", Message(), None), True),
        (urllib.error.HTTPError("", 404, "no such batch", Message(), None), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_a_breaker_opens_by_the_sources_faults_alone(
    database: Postgres, error: BaseException, opens: bool
) -> None:
    def fail() -> None:
        raise error

    with psycopg.connect(database.dsn, autocommit=True) as connection:
        breaker = CircuitBreaker(f"{error!r}", connection, failures=2, open_s=60)
        for _ in range(2):
            with pytest.raises(type(error)):
                breaker.call(fail)
        if opens:
            _refused(breaker)
        else:
            assert breaker.call(lambda: 1) == 1


@pytest.mark.service
@pytest.mark.parametrize("locked", [True, False])
def test_two_that_replace_a_batch_at_once_double_it_unless_each_has_it_alone(
    database: Postgres, locked: bool
) -> None:
    def replace_batch(connection: psycopg.Connection, between: Callable[[], object] = lambda: None) -> None:
        with connection, connection.cursor() as cursor:
            if locked:
                alone(cursor, "orders 77", 30)
            cursor.execute("DELETE FROM orders_published WHERE batch = 77")
            between()
            cursor.execute("INSERT INTO orders_published VALUES (77, 'o', 'c', 1)")

    with psycopg.connect(database.dsn, autocommit=True) as watching, ThreadPoolExecutor(1) as pool:
        others: list[Future[None]] = []

        def another() -> None:
            """Begins while the first has deleted and not yet inserted; with a lock it waits, without one it ends."""
            others.append(pool.submit(replace_batch, psycopg.connect(database.dsn)))
            wait(others, 0.5 if locked else 60)

        replace_batch(psycopg.connect(database.dsn), another)
        others[0].result(60)
        (count,) = watching.execute("SELECT count(*) FROM orders_published WHERE batch = 77").fetchone() or (
            0,
        )
        watching.execute("DELETE FROM orders_published WHERE batch = 77")
    assert count == (1 if locked else 2)


@pytest.mark.service
def test_a_transaction_whose_client_is_gone_does_not_keep_the_others_out(database: Postgres) -> None:
    with psycopg.connect(database.dsn) as silent, psycopg.connect(database.dsn) as other:
        alone(silent.cursor(), "orders 78", 0.3)
        other.execute("SET lock_timeout = '5s'")
        alone(other.cursor(), "orders 78", 30)  # fails if it has to wait for longer
        with pytest.raises(psycopg.Error):
            silent.execute("SELECT 1")


# A frozen server and an alarm: with libpq's own wait the alarm is heard only when the server is awake again.
_WAITING = """
import signal, sys, time
import psycopg2
sys.path.insert(0, {dags!r})
import guards
if {bounded}:
    guards.bound_waits(1.0)
def ring(*_): raise TimeoutError("alarm")
signal.signal(signal.SIGALRM, ring)
connection = psycopg2.connect({dsn!r})
print("ready", flush=True)
sys.stdin.readline()
signal.setitimer(signal.ITIMER_REAL, {alarm})
begin = time.monotonic()
try:
    connection.cursor().execute("SELECT 1")
    what = "answered"
except Exception as error:
    what = type(error).__name__
print(what, time.monotonic() - begin, time.monotonic(), flush=True)
"""


@pytest.mark.service
@pytest.mark.parametrize(
    ("bounded", "alarm", "said"), [(True, 60, "WaitTimeoutError"), (False, 0.5, "TimeoutError")]
)
def test_a_wait_for_a_frozen_server_ends_when_it_is_bounded_and_no_alarm_ends_it(
    database: Postgres, bounded: bool, alarm: float, said: str
) -> None:
    python = environments.program("airflow", "python")
    code = _WAITING.format(dags=str(DAGS), bounded=bounded, dsn=database.dsn, alarm=alarm)
    child = subprocess.Popen(
        [str(python), "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin and child.stdout and child.stdout.readline() == "ready\n"
    with hang(database.node):
        child.stdin.write("\n")
        child.stdin.flush()
        time.sleep(5)
        thawed = time.monotonic()  # the clock is the machine's, so the child's too
    out, _ = child.communicate(timeout=60)
    what, seconds, ended = out.split()
    assert (what, float(seconds) >= 1, float(ended) < thawed) == (said, True, bounded), out


@pytest.mark.service
def test_the_freezing_script_stops_a_server_and_lets_it_go(database: Postgres) -> None:
    pid = getattr(database.node, "pid", 0)
    with faults.frozen(pid), pytest.raises(psycopg.Error):
        psycopg.connect(database.dsn, connect_timeout=2)
    with psycopg.connect(database.dsn, connect_timeout=30) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
