"""Redis, on either backend: values, a full memory, a kill, an address where nobody answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.services.redis import VARIABLE, Redis, client, redis

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with redis({"maxmemory": "3mb"}) as found:
            yield found


def test_a_value_comes_back_and_is_gone_after_a_kill(server: Redis) -> None:
    with client.Redis.from_url(server.url) as connection:
        connection.set("odd key \n", b"\x00\xff")
        assert connection.get("odd key \n") == b"\x00\xff"
        server.node.kill()
        with pytest.raises(client.ConnectionError):
            connection.ping()
        server.node.start()
        assert connection.get("odd key \n") is None


def test_a_full_memory_is_an_error_and_no_silent_loss(server: Redis) -> None:
    with client.Redis.from_url(server.url) as connection:
        with pytest.raises(client.ResponseError, match="maxmemory"):
            for number in range(100):
                connection.set(f"full-{number}", bytes(100_000))
        connection.flushdb()


def test_attaches_and_is_not_ours_to_kill(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, server.url)
    with redis() as found:
        assert found.version == server.version
        with pytest.raises(NotAvailableError, match=VARIABLE):
            found.node.kill()


def test_nobody_at_the_address_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "redis://127.0.0.1:1/0")
    with pytest.raises(ServiceError, match=f"correct {VARIABLE}"), redis():
        pass
