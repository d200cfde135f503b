"""Catalogs of Trino as properties: what each connector needs to reach the same tables as the other engines."""

from __future__ import annotations

from pathlib import Path

from lab.services.icebergcatalog import IcebergCatalog
from lab.services.s3 import S3


def iceberg(catalog: IcebergCatalog) -> dict[str, str]:
    """Tables of an Iceberg REST catalog."""
    return {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "rest",
        "iceberg.rest-catalog.uri": catalog.uri,
        # The coordinator keeps small files in memory, for metadata; where it is the worker too, it would keep
        # data files as well, which no worker of a cluster does.
        "fs.memory-cache.max-content-length": "64kB",
    } | _files(catalog.s3)


def hive(folder: Path, s3: S3 | None = None) -> dict[str, str]:
    """Plain files such as Parquet, declared by CREATE TABLE ... WITH (format = 'PARQUET', external_location = ...).

    folder: where the names of schemas and tables are kept, made if it is not there.
    """
    return {
        "connector.name": "hive",
        "hive.metastore": "file",
        "hive.metastore.catalog.dir": folder.as_uri(),
        "hive.non-managed-table-writes-enabled": "true",
        "hive.security": "allow-all",
    } | _files(s3)


def delta(folder: Path, s3: S3 | None = None) -> dict[str, str]:
    """Delta tables, declared by CALL NAME.system.register_table(schema_name, table_name, table_location).

    folder: as for `hive`. On local files Trino creates and reads Delta tables but does not change them.
    """
    return {
        "connector.name": "delta_lake",
        "hive.metastore": "file",
        "hive.metastore.catalog.dir": folder.as_uri(),
        "delta.register-table-procedure.enabled": "true",
    } | _files(s3)


def tpch() -> dict[str, str]:
    """TPC-H's tables, generated while they are read; scale factor 1 is schema `sf1`."""
    return {"connector.name": "tpch"}


def memory() -> dict[str, str]:
    """Tables that are gone with the server."""
    return {"connector.name": "memory"}


def _files(s3: S3 | None) -> dict[str, str]:
    if s3 is None:
        return {"fs.hadoop.enabled": "true"}
    return {
        "fs.native-s3.enabled": "true",
        "s3.endpoint": s3.endpoint,
        "s3.path-style-access": "true",
        "s3.region": s3.region,
        "s3.aws-access-key": s3.access_key,
        "s3.aws-secret-key": s3.secret_key,
    }
