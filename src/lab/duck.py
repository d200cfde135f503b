"""DuckDB with extensions that set-up installed as packages: nothing is downloaded, nothing in the home folder is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lab.errors import SetupError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Loaded before the extension itself: Iceberg's manifests are Avro files, its catalog and stores answer over HTTP.
_BEFORE = {"iceberg": ("avro", "httpfs")}
_NO_NETWORK = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


@contextmanager
def connect(
    *extensions: str, database: str | Path = ":memory:", settings: Mapping[str, str] | None = None
) -> Iterator[DuckDBPyConnection]:
    """A connection for the block, with `extensions` (such as "tpch", "iceberg") loaded in the order they need.

    settings: DuckDB's own, such as {"threads": "1"}. SetupError for an extension that is not installed.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {**_NO_NETWORK, **(settings or {})}
    found = duckdb.connect(str(database), config=config)
    try:
        for name in _in_order(extensions):
            found.load_extension(str(_file(name)))
        yield found
    finally:
        found.close()


def attach_iceberg(connection: DuckDBPyConnection, name: str, uri: str) -> None:
    """Make the tables of an Iceberg REST catalog known as NAME.schema.table; needs the extension iceberg."""
    options = f"TYPE iceberg, ENDPOINT {_text(uri)}, AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none'"
    connection.execute(f'ATTACH {_text("")} AS "{name}" ({options})')


def use_store(
    connection: DuckDBPyConnection, endpoint: str, access_key: str, secret_key: str, region: str = "us-east-1"
) -> None:
    """Read and write s3://... at `endpoint`, addressed by path; needs the extension httpfs."""
    address = urlsplit(endpoint)
    connection.execute(
        f"CREATE OR REPLACE SECRET store (TYPE s3, KEY_ID {_text(access_key)}, SECRET {_text(secret_key)}, "
        f"REGION {_text(region)}, ENDPOINT {_text(address.netloc)}, "
        f"USE_SSL {address.scheme == 'https'}, URL_STYLE 'path')"
    )


def _in_order(extensions: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(one for name in extensions for one in (*_BEFORE.get(name, ()), name)))


def _file(name: str) -> Path:
    """The extension's file in its package."""
    import duckdb

    package = f"duckdb_extension_{name}"
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.exists():
            return file
    raise SetupError(
        f"DuckDB's extension {name} for version {duckdb.__version__} is not installed. "
        "Run: lab setup warehouse_bench"
    )


def _text(value: str) -> str:
    """An SQL literal: these statements take no parameters."""
    return "'" + value.replace("'", "''") + "'"
