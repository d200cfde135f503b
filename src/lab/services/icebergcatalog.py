"""Iceberg REST catalog: attached by ICEBERG_REST_URI, or Apache Iceberg's own servlet started here.

It keeps its tables' metadata pointers in a JDBC database: PostgreSQL, or a SQLite file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from lab.errors import ServiceError
from lab.services import compose, http, jvm
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.s3 import S3
from lab.services.session import session

VARIABLE = "ICEBERG_REST_URI"
_INSTALL = "Run: lab setup cdc_lakehouse"
_WIRING = Path(__file__).with_name("icebergcatalog.xml")


@dataclass(frozen=True)
class IcebergCatalog:
    """A catalog that answers. warehouse: where new tables go; None if attached (the server knows)."""

    uri: str
    warehouse: str | None
    s3: S3 | None
    version: str
    node: Node

    def client(self) -> dict[str, str]:
        """Properties by which an Iceberg client reaches the catalog and its files."""
        return {"type": "rest", "uri": self.uri} | (self.s3.iceberg() if self.s3 else {})


@contextmanager
def iceberg_catalog(
    warehouse: str | None = None, s3: S3 | None = None, database: str | None = None, heap_mb: int = 256
) -> Iterator[IcebergCatalog]:
    """An Iceberg REST catalog for the block.

    warehouse: `file:///folder` (default: a temporary one) or `s3://bucket/prefix`, which needs `s3`.
    database: connection string of the PostgreSQL that holds the catalog (default: a SQLite file); neither
    applies when attached.
    """
    if (warehouse or "").startswith("s3://") and s3 is None:
        raise ValueError(f"warehouse {warehouse} needs the object store's endpoint and keys (s3=)")
    if uri := os.environ.get(VARIABLE):
        uri = uri.rstrip("/")
        attached("Iceberg catalog", VARIABLE, lambda: http.call("GET", f"{uri}/v1/config"))
        other = Attached("Iceberg catalog", VARIABLE)
        yield IcebergCatalog(uri, None, s3, "attached, version unknown", other)
    else:
        (port,) = free_ports(1)
        folder = session().folder / f"icebergcatalog-{port}"
        folder.mkdir()
        place = warehouse or (folder / "warehouse").as_uri()
        stored = {"warehouse": place} | _database(database, folder) | (s3.iceberg() if s3 else {})
        with _own(port, _properties(folder, stored), heap_mb) as node:
            yield IcebergCatalog(f"http://127.0.0.1:{port}", place, s3, version(), node)


def version() -> str:
    """Version of the catalog that set-up fetched."""
    return jvm.release("icebergcatalog", r"iceberg-core-([\d.]+)\.jar", _INSTALL)


def _own(port: int, catalog: Path, heap_mb: int) -> AbstractContextManager[Node]:
    if compose.chosen():
        variables = {"CATALOG_PORT": port, "CATALOG_PROPERTIES": catalog, "CATALOG_HEAP_MB": heap_mb}
        ready = partial(_answers, f"http://127.0.0.1:{port}")
        return compose.one("icebergcatalog", ready, variables)
    return running(_local(port, catalog, heap_mb))


def _properties(folder: Path, stored: Mapping[str, str]) -> Path:
    catalog = folder / "catalog.properties"
    catalog.touch(mode=0o600)  # may hold keys
    catalog.write_text("".join(f"{name}={value}\n" for name, value in stored.items()))
    return catalog


def _local(port: int, catalog: Path, heap_mb: int) -> Process:
    version()
    return Process(
        name="Iceberg catalog",
        command=jvm.java(
            "icebergcatalog",
            "org.eclipse.jetty.xml.XmlConfiguration",
            *(f"port={port}", f"catalog={catalog}", str(_WIRING)),
            heap_mb=heap_mb,
            options=["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"],
        ),
        ready=partial(_answers, f"http://127.0.0.1:{port}"),
        log=catalog.with_suffix(".log"),
        ports=[port],
        hint=_INSTALL,
    )


def _database(dsn: str | None, folder: Path) -> dict[str, str]:
    # Views need the second layout of the tables in which the catalog keeps its pointers.
    common = {"catalog-impl": "org.apache.iceberg.jdbc.JdbcCatalog", "jdbc.schema-version": "V1"}
    if dsn is None:
        return common | {"uri": f"jdbc:sqlite:{folder / 'catalog.db'}"}
    _reachable(dsn)
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    host, port = parts.get("host", "127.0.0.1"), parts.get("port", "5432")
    return common | {
        "uri": f"jdbc:postgresql://{host}:{port}/{parts.get('dbname', 'postgres')}",
        "jdbc.user": parts.get("user", "postgres"),
        "jdbc.password": parts.get("password", ""),
    }


def _reachable(dsn: str) -> None:
    # From here the reason is one sentence, from the JDBC driver a page.
    try:
        psycopg.connect(dsn, connect_timeout=5).close()
    except psycopg.Error as error:
        raise ServiceError(f"the Iceberg catalog's database does not answer: {error}") from None


def _answers(uri: str) -> None:
    """Ask for the catalog's namespaces, which asks its database too."""
    http.call("GET", f"{uri}/v1/namespaces", timeout_s=2)
