"""PgBouncer before a real server: a pool of transactions, on either backend the same."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.services.pgbouncer import VARIABLE, PgBouncer, pgbouncer
from lab.services.postgres import USER, Postgres, postgres

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        with postgres() as found:
            yield found


@pytest.fixture(scope="module")
def pool(server: Postgres) -> Iterator[PgBouncer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with pgbouncer(server.dsn, ['odd "name"'], {"default_pool_size": "1"}) as found:
            yield found


def _connect(pool: PgBouncer, user: str = USER) -> psycopg.Connection:
    return psycopg.connect(pool.to("postgres", user), autocommit=True, prepare_threshold=None)


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row
    return row[0]


def test_transactions_of_several_clients_share_a_connection_of_the_server(pool: PgBouncer) -> None:
    with _connect(pool) as one, _connect(pool) as other:
        assert _one(one, "SELECT pg_backend_pid()") == _one(other, "SELECT pg_backend_pid()")
        one.execute("SET app.value = 'behind'")
        assert _one(other, "SELECT current_setting('app.value')") == "behind"
        with one.transaction():
            one.execute("SET LOCAL app.value = 'gone'")
        assert _one(other, "SELECT current_setting('app.value')") == "behind"


def test_who_is_not_named_is_kept_out_and_an_odd_name_gets_in(server: Postgres, pool: PgBouncer) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute('CREATE ROLE "odd ""name""" LOGIN')
    with _connect(pool, 'odd "name"') as connection:
        assert _one(connection, "SELECT session_user::text") == 'odd "name"'
    with pytest.raises(psycopg.OperationalError):
        _connect(pool, "stranger")


def test_it_says_its_version_and_is_used_but_not_hurt_when_attached(
    pool: PgBouncer, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool.version.startswith("1.")
    monkeypatch.setenv(VARIABLE, pool.to("postgres", USER))
    with pgbouncer(server.dsn, []) as attached:
        with _connect(attached) as connection:
            assert _one(connection, "SELECT 1") == 1
        with pytest.raises(NotAvailableError, match=VARIABLE):
            attached.node.kill()


def test_an_attached_pool_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ServiceError, match=VARIABLE), pgbouncer("host=127.0.0.1", []):
        pass
