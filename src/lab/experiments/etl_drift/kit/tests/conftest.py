"""A connection to the PostgreSQL that DATABASE_URL names, in a schema that is dropped at the end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest


@pytest.fixture
def connection() -> Iterator[psycopg.Connection]:
    if "DATABASE_URL" not in os.environ:
        pytest.skip("no DATABASE_URL")
    schema = f"etl_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as opened:
        opened.execute(f"CREATE SCHEMA {schema}")
        opened.execute(f"SET search_path = {schema}")
        try:
            yield opened
        finally:
            opened.execute(f"DROP SCHEMA {schema} CASCADE")
