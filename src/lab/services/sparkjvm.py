"""Spark's JVM behind a Python session: a process like any other, started and ended by us and not by PySpark.

PySpark would wait for its JVM without end, print into the notebook what the JVM prints, and keep it for
the next session, which then gets the first one's memory.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import ServiceError
from lab.services import jvm
from lab.services.process import Process, running

if TYPE_CHECKING:
    from pyspark import SparkContext

INSTALL = "Run: lab setup cdc_lakehouse"


def version() -> str:
    """Version of the Spark that set-up fetched."""
    try:
        import pyspark
    except ImportError:
        raise ServiceError(f"Spark is not installed. {INSTALL}") from None
    return pyspark.__version__


def spark_home() -> Path:
    """Folder of Spark's own programs, within its Python package."""
    version()
    import pyspark

    return Path(pyspark.__file__).parent


def environment() -> dict[str, str]:
    """Variables for Spark's programs: which Java and Spark; loopback only."""
    return {
        "JAVA_HOME": str(jvm.home()),
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


@contextmanager
def driver(settings: Mapping[str, str], folder: Path) -> Iterator[tuple[Process, SparkContext]]:
    """A Spark context in a new JVM, both ended with the block. folder: for what the JVM prints."""
    told = folder / "gateway"
    with running(_process(settings, folder, told)) as process:
        context = _context(process, settings, *_address(told))
        try:
            yield process, context
        finally:
            _forget(context)


def _process(settings: Mapping[str, str], folder: Path, told: Path) -> Process:
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    return Process(
        name="Spark's driver",
        command=[str(spark_home() / "bin" / "spark-submit"), *options, "pyspark-shell"],
        ready=partial(_address, told),
        log=folder / "driver.log",
        timeout_s=120,
        environment=environment() | {"_PYSPARK_DRIVER_CONN_INFO_PATH": str(told), "SPARK_CONNECT_MODE": "0"},
        hint=INSTALL,
        stdin=subprocess.PIPE,
    )


def _address(told: Path) -> tuple[int, str]:
    """Port and secret of the gateway, as the JVM wrote them: a number, a length, that many bytes."""
    content = told.read_bytes()
    port, length = struct.unpack(">ii", content[:8])
    return port, content[8 : 8 + length].decode()


def _context(process: Process, settings: Mapping[str, str], port: int, secret: str) -> SparkContext:
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    known = {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}
    with _set(known | {"PYSPARK_PYTHON": sys.executable}):
        try:
            gateway = launch_gateway()  # launches nothing: it connects to the one that is known
            gateway.proc = process
            return SparkContext(gateway=gateway, conf=_conf(settings, gateway.jvm))
        except (Py4JError, PySparkException, OSError):
            _forget(None)
            raise ServiceError(process.story("did not start")) from None  # its log says why


def _conf(settings: Mapping[str, str], machine: Any) -> Any:
    from pyspark import SparkConf

    return SparkConf(loadDefaults=False, _jvm=machine).setAll(list(settings.items()))


def _forget(context: SparkContext | None) -> None:
    """Stop Spark, and make PySpark forget the JVM, which is about to end."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    with suppress(Exception):
        if context is not None:
            context.stop()
        if SparkContext._gateway is not None:
            SparkContext._gateway.shutdown()
    SparkContext._active_spark_context = SparkContext._gateway = SparkContext._jvm = None
    SparkSession._instantiatedSession = SparkSession._activeSession = None


@contextmanager
def _set(values: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with `values` in it: PySpark takes them from nowhere else."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
