"""What there is, managed or not. No plan shows an object that OpenTofu did not make, so it takes a list of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .s3 import Store
from .shown import Listed

ROLES = r"SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
DATABASES = "SELECT datname FROM pg_database WHERE datname NOT IN ('template0', 'template1') ORDER BY 1"


def of_environment(*places: str) -> Callable[[], Listed]:
    """What is in `places` (postgresql, s3; both if none is named): roles and databases of the server that libpq's variables
    name, buckets of the store that the AWS_ ones name. KeyError for another place.
    """
    lists = [LISTS[place] for place in places or LISTS]
    return lambda: [item for listed in lists for item in listed()]


def _server() -> Iterator[tuple[str, str, str]]:
    import psycopg

    with psycopg.connect(autocommit=True, connect_timeout=10, application_name="driftwatch") as connection:
        for kind, query in (("postgresql_role", ROLES), ("postgresql_database", DATABASES)):
            for (name,) in connection.execute(query).fetchall():
                yield kind, "name", str(name)


def _store() -> Iterator[tuple[str, str, str]]:
    for name in Store.of_environment().buckets():
        yield "aws_s3_bucket", "bucket", name


LISTS = {"postgresql": _server, "s3": _store}
