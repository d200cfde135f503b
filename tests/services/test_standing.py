"""Servers that stay up between runs."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from lab.errors import ServiceError
from lab.services import standing

pytestmark = pytest.mark.service


def test_up_serves_until_down(build: Path) -> None:
    assert standing.status() == {}
    variables = standing.up(["postgres"])
    try:
        assert standing.status() == variables
        with psycopg.connect(variables["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(ServiceError, match="lab services down"):
            standing.up(["postgres"])
    finally:
        assert standing.down()
    assert standing.status() == {}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(variables["DATABASE_URL"], connect_timeout=2)
    assert not standing.down()
