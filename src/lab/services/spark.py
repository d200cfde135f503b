"""Spark driven from Python: a session on this machine's cores, or on the cluster that SPARK_MASTER_URL names."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lab import paths
from lab.errors import ServiceError
from lab.services import sparkjvm
from lab.services.node import attached
from lab.services.session import session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

VARIABLE = "SPARK_MASTER_URL"
_DYING_S = 5
_LOG = Path(__file__).with_name("log4j2.properties").as_uri()

SETTINGS = {
    "spark.sql.shuffle.partitions": "2",  # for a small machine's cores and small tables; Spark's own is 200
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions,"
    "io.delta.sql.DeltaSparkSessionExtension",
    "spark.databricks.delta.snapshotPartitions": "2",  # as above; 50 make each small operation slow
    # Delta's tables live in the default catalog; Iceberg's have catalogs of their own beside it.
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
_LOOPBACK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


@contextmanager
def spark_session(
    app: str = "lab",
    catalogs: Mapping[str, Mapping[str, str]] | None = None,
    settings: Mapping[str, str] | None = None,
    memory_mb: int = 2048,
    master: str | None = None,
) -> Iterator[SparkSession]:
    """A Spark session for the block, in a JVM of its own that ends with the block.

    catalogs: Iceberg catalogs by name, each with its properties (`IcebergCatalog.client()`). settings: more of
    Spark's, they win. memory_mb: heap of the driver. master: such as `Cluster.url`; default SPARK_MASTER_URL,
    else all cores of this machine. One session at a time in one process; for a driver to be killed, run the
    block in `lab.services.workers.spawn`, whose `kill` ends Python and JVM at once.
    """
    sparkjvm.version()
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        raise ServiceError("this process has a Spark session already; end its block first")
    folder = session().folder / f"spark-{uuid.uuid4().hex[:6]}"
    folder.mkdir()
    own = _own(app, folder, memory_mb, _master(master))
    tables = {name: value for key, found in (catalogs or {}).items() for name, value in _catalog(key, found)}
    with sparkjvm.driver(own | tables | dict(settings or {}), folder) as (driver, context):
        try:
            yield SparkSession(context)
        except Exception as error:
            # All that Py4J has to say of a JVM that died is that the connection broke, or that a call failed without an
            # exception of Java's; both come before the process is gone.
            broken = isinstance(error, (Py4JError, OSError)) and not isinstance(error, Py4JJavaError)
            if driver.ended(within_s=_DYING_S if broken else 0):
                raise ServiceError(driver.story("has died")) from error
            raise


def driver_pid(spark: SparkSession) -> int:
    """Process id of the JVM behind `spark`."""
    return spark.sparkContext._gateway.proc.pid


def _own(app: str, folder: Path, memory_mb: int, master: str) -> dict[str, str]:
    place = {
        "spark.app.name": app,
        "spark.master": master,
        "spark.driver.memory": f"{memory_mb}m",
        "spark.jars": ",".join(map(str, _jars())),
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -Dlog4j2.configurationFile={_LOG}",
    }
    # Executors on other machines must reach the driver; those on this one need not leave it.
    here = master.startswith(("local", "spark://127.", "spark://localhost"))
    return SETTINGS | place | (_LOOPBACK if here else {})


def _catalog(name: str, properties: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    prefix = f"spark.sql.catalog.{name}"
    yield prefix, "org.apache.iceberg.spark.SparkCatalog"
    for key, value in properties.items():
        yield f"{prefix}.{key}", value


def _jars() -> list[Path]:
    found = sorted((paths.tools() / "spark").glob("*.jar"))
    if not found:
        raise ServiceError(f"Spark's jars are not installed. {sparkjvm.INSTALL}")
    return found


def _master(given: str | None) -> str:
    if given:
        return given
    if url := os.environ.get(VARIABLE):
        attached("Spark", VARIABLE, lambda: _listens(url))
        return url
    return "local[*]"


def _listens(url: str) -> None:
    """Connect to a standalone master (one of them is enough); other kinds of master Spark itself asks."""
    if not url.startswith("spark://"):
        return
    for address in url.removeprefix("spark://").split(","):
        parts = urlsplit(f"//{address}")
        with (
            suppress(OSError),
            socket.create_connection((parts.hostname or "", parts.port or 7077), timeout=5),
        ):
            return
    raise ServiceError(f"nothing listens at {url}")
